"""A dead worker tells nobody that it is dead: the web processes look after it, and send that one message themselves (#80)."""

from __future__ import annotations

import logging
import threading

from django.db import close_old_connections

from bihuan.kernel.notify.deliver import hand_out, send_mails

from .alarms import raise_alarms
from .beat import is_late

log = logging.getLogger(__name__)
PAUSE = 300.0  # seconds between two looks


def look(was_late: bool) -> bool:
    """Whether the worker is late. At the second look in a row alarms are raised, handed out and mailed from here.

    One look is not enough: after a machine has slept, the worker needs a moment, too.
    """
    late = is_late()
    if late and was_late and raise_alarms():
        hand_out()
        send_mails()
    return late


def run(stop: threading.Event) -> None:
    """Look every five minutes until *stop* is set."""
    late = False
    while not stop.wait(PAUSE):
        close_old_connections()
        try:
            late = look(late)
        except Exception:
            log.exception("watchdog failed, will try again")


def run_in_thread() -> threading.Event:
    """Start the look-out in a web process; set the returned event to stop it."""
    stop = threading.Event()
    threading.Thread(target=run, args=(stop,), name="bihuan-watchdog", daemon=True).start()
    return stop
