"""The worker: sweeps deadlines, hands out notices, sends mails, seals and checks the journal. Any number may run; every piece of work is a row, done once."""

import logging
import math
import threading
import time
from collections.abc import Callable

from django.db import close_old_connections

from bihuan.evidence.conformance import nightly, pulse
from bihuan.kernel.access.idempotency import forget_old_keys
from bihuan.kernel.access.reset import send_resets
from bihuan.kernel.access.sessions import tidy
from bihuan.kernel.deadlines.sweep import sweep
from bihuan.kernel.files.partial import sweep as sweep_parts
from bihuan.kernel.notify.deliver import hand_out, send_mails
from bihuan.kernel.proof.deliver import deliver
from bihuan.kernel.proof.seal import seal_due
from bihuan.kernel.shelf.settle import forget_settled, remind
from bihuan.operations.alarms import raise_alarms
from bihuan.operations.beat import beat
from bihuan.operations.nightly import nightly as back_up
from bihuan.operations.nightly import tidy_files, verify_journal
from bihuan.organisation.reminders import remind_of_calendars
from bihuan.privacy.again import settle
from bihuan.quality.public import open_reviews

log = logging.getLogger(__name__)
jobs_log = logging.getLogger("bihuan.jobs")
PAUSE = 2.0  # seconds between rounds
HOUR = 3600.0  # seconds
NIGHT_WATCH = 60.0  # seconds between two looks at whether the nightly backup is due
FIRST_WATCH = 10.0  # seconds after the start to the first: a night that was missed is made up soon, once those who wait are served
QUIETLY = (pulse, nightly)  # the evidence: a small piece each round, counted as nothing done


def round_of_work() -> int:
    """One round; how much was done. A part that fails is logged and does not keep the others from working."""
    return _each(beat, sweep, hand_out, send_mails, send_resets, seal_due, deliver, *QUIETLY)


def _each(*jobs: Callable[[], int | None]) -> int:
    done = 0
    for job in jobs:
        began = time.monotonic()
        try:
            did = job() or 0
            done += did
            if did:
                took = round((time.monotonic() - began) * 1000, 1)
                jobs_log.info("job", extra={"fields": {"job": job.__name__, "done": did, "ms": took}})
        except Exception:
            log.exception("worker: %s failed, will try again", job.__name__)
    return done


def run(stop: threading.Event) -> None:
    """Work until *stop* is set; once an hour what is over is cleared away, administrators are reminded and alarms raised."""
    threading.Thread(target=_nights, args=(stop,), name="bihuan-nightly", daemon=True).start()
    tidied = -math.inf  # not 0: a machine that has just been switched on is less than an hour old itself
    while not stop.is_set():
        close_old_connections()
        started = time.monotonic()
        if started - tidied > HOUR:
            tidied = started
            _each(tidy, forget_old_keys, sweep_parts, remind, forget_settled, settle, remind_of_calendars, raise_alarms)
        began = time.time()
        if done := round_of_work():
            log.info("worker: %d done in a round of %.3f s begun at %.3f", done, time.time() - began, began)
        else:
            stop.wait(max(0.0, PAUSE - (time.monotonic() - started)))


def _nights(stop: threading.Event) -> None:
    """Backup, verification, tidying and the month's reviews beside the other work: they may take long, and deadlines do not wait for them."""
    wait = FIRST_WATCH
    while not stop.wait(wait):
        close_old_connections()
        _each(open_reviews, back_up, verify_journal, tidy_files)
        wait = NIGHT_WATCH


def run_in_thread() -> threading.Event:
    """Start a worker beside the web server of a single machine; set the returned event to stop it."""
    stop = threading.Event()
    threading.Thread(target=run, args=(stop,), name="bihuan-worker", daemon=True).start()
    return stop
