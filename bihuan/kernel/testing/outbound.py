"""Nobody in the suite speaks to another machine (#28): connections, datagrams and questions for names that leave this one are refused and told.

Python's own audit events are listened to, so whatever library asks is seen, but libraries written in C that open sockets by
themselves (libpq, Chromium) are not. Processes that tests start are watched too, by ``started/sitecustomize.py``.
"""

from __future__ import annotations

import ipaddress
import os
import sys
from pathlib import Path
from typing import Any

NOTES = "OUTBOUND_SEEN"  # the environment's name for the file in which every process of one test run writes what it saw
OURS = {"", "localhost", "localhost.localdomain", "0.0.0.0", "::"}  # noqa: S104  (to listen or to ask, not to be reached)
STARTED = Path(__file__).parent / "started"


class Outbound(AssertionError):
    """A connection to another machine was tried."""


def leaves(host: Any) -> bool:
    """Whether *host*, a name or an address, is another machine's."""
    name = host.decode() if isinstance(host, bytes) else str(host or "")
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return name.lower() not in OURS and not name.lower().endswith(".localhost")
    return not (address.is_loopback or address.is_unspecified)


def watch() -> None:
    """From now on refuse and note, in this process, for good: an audit hook cannot be taken away."""
    sys.addaudithook(_heard)


def _heard(event: str, arguments: tuple[Any, ...]) -> None:
    if event in {"socket.connect", "socket.sendto"}:
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else ""  # a path: a socket of this machine
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        return
    if leaves(host):
        if place := os.environ.get(NOTES):
            with Path(place).open("a", encoding="utf-8") as notes:
                notes.write(f"{event} {host}\n")
        raise Outbound(f"{event} {host}: nothing here speaks to another machine.")


def noted() -> list[str]:
    """What was tried since the last time, by this process and those it started."""
    notes = Path(os.environ[NOTES])
    said = notes.read_text(encoding="utf-8").splitlines()
    if said:
        notes.write_text("", encoding="utf-8")
    return said
