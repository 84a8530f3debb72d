"""Asking the company's LDAP directory whether a password is right: over an encrypted, verified line, as the person, with a time limit."""

from __future__ import annotations

import logging
import re
import secrets
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.models import Q

from . import directory

log = logging.getLogger("bihuan.access")
CONNECTS, ANSWERS = 5, 10  # seconds
WRONG, NO_SUCH = 49, 32  # result codes: invalid credentials, no such object
LASTING = ("entryUUID", "objectGUID")  # what a directory never gives to somebody else
BARE = re.compile(r"[\w.@-]+")  # what may stand in a name that is no DN, as in {name}@example.com


class Unreachable(Exception):
    """The directory does not answer, or not as it should: no word about the password."""


def offered() -> bool:
    return bool(settings.LDAP_URL)


def account_meant(username: str) -> str:
    """The account that *username* means: itself, or that of the person who has this name in the directory."""
    people = get_user_model()._default_manager.filter(Q(username=username) | Q(directory_name=directory.plain(username) or username))
    names = list(people.values_list("username", flat=True)[:2])
    return names[0] if names and username not in names else username


def person_with(username: str, password: str) -> Any:
    """The linked person whose account is *username*, if the directory takes *password*. Raises Unreachable.

    For an account that is not linked it asks after somebody invented: the answer takes as long, and no password of a
    stranger, no miss of theirs, gets to the directory.
    """
    linked = get_user_model()._default_manager.filter(username=username, is_active=True).exclude(directory_name="").first()
    if linked is None:
        _mark(f"nobody-{secrets.token_hex(6)}", secrets.token_urlsafe(12))
        return None
    return linked if holds(linked, password) else None


def holds(person: Any, password: str) -> bool:
    """Whether *password* is that of *person* in the directory, and they are who they were there at their first time. Raises Unreachable."""
    mark = _mark(person.directory_name, password)
    if mark is None:
        return False
    bound = directory.person_of(person.directory_name, mark)
    return bound is not None and bound.pk == person.pk


def _mark(name: str, password: str) -> str | None:
    """The lasting mark of the entry *name*, if *password* opens it. An empty password opens everything in LDAP, and nothing here."""
    from ldap3.core.exceptions import LDAPException

    if not password or "\0" in password:
        return None
    try:
        where = _entry(name)
        if where is None:  # as much work as for somebody who is there
            return _opened(f"cn=nobody,{settings.LDAP_BASE}", secrets.token_urlsafe(12), "") and None
        return _opened(where[0], password, where[1])
    except (LDAPException, OSError) as problem:
        log.warning("the directory does not answer: %s", type(problem).__name__)
        raise Unreachable from problem


def _entry(name: str) -> tuple[str, str] | None:
    """Where *name* is to be opened, and its lasting mark. By the template; else searched for, and there must be exactly one."""
    from ldap3 import SUBTREE
    from ldap3.utils.conv import escape_filter_chars
    from ldap3.utils.dn import escape_rdn

    if settings.LDAP_BIND:
        is_dn = "={name}" in settings.LDAP_BIND
        safe = escape_rdn(name) if is_dn else name if BARE.fullmatch(name) else "nobody"
        return settings.LDAP_BIND.replace("{name}", safe), directory.mark_of("ldap", name)
    with _connection(settings.LDAP_SEARCHER, settings.LDAP_SEARCHER_PASSWORD) as line:
        if line.result["result"]:
            raise _refused("the account that searches is refused")
        found = line.search(
            settings.LDAP_BASE, f"({settings.LDAP_ATTRIBUTE}={escape_filter_chars(name)})", SUBTREE, attributes=list(LASTING), size_limit=2
        )
        entries = [one for one in line.response or [] if one.get("type") == "searchResEntry"] if found else []
    if len(entries) != 1:
        return None
    lasting = [raw for kind in LASTING for raw in entries[0]["raw_attributes"].get(kind, [])]
    return entries[0]["dn"], directory.mark_of("ldap", lasting[0].hex() if lasting else entries[0]["dn"].lower())


def _opened(dn: str, password: str, mark: str) -> str | None:
    with _connection(dn, password) as line:
        if line.result["result"] in (WRONG, NO_SUCH):
            return None
        if line.result["result"]:
            raise _refused(f"result {line.result['result']}")
        return mark


def _refused(what: str) -> Exception:
    from ldap3.core.exceptions import LDAPOperationResult

    log.error("the directory refuses to work with us: %s", what)
    return LDAPOperationResult(description=what)


@contextmanager
def _connection(dn: str, password: str) -> Iterator[Any]:
    """A line to the directory on which *dn* has tried to sign in; ``result`` says whether it could."""
    import ldap3

    class Tls(ldap3.Tls):
        def wrap_socket(self, connection: Any, do_handshake: bool = False) -> None:
            """Encrypt the line; the standard library checks the server's certificate and name, newer and stricter than ldap3 would."""
            context = ssl.create_default_context(cafile=settings.LDAP_CA or None)
            connection.socket = context.wrap_socket(connection.socket, server_hostname=connection.server.host)

    server = ldap3.Server(settings.LDAP_URL, tls=Tls(validate=ssl.CERT_REQUIRED), connect_timeout=CONNECTS, get_info=ldap3.NONE)
    line = ldap3.Connection(
        server, dn or None, password or None, authentication=ldap3.SIMPLE if dn else ldap3.ANONYMOUS,
        receive_timeout=ANSWERS, read_only=True, auto_referrals=False, check_names=False,
    )  # fmt: skip
    try:
        line.open(read_server_info=False)
        if not server.ssl and not settings.LDAP_PLAIN and not line.start_tls(read_server_info=False):
            raise _refused("no encryption")
        line.bind(read_server_info=False)
        yield line
    finally:
        line.unbind()
        if line.socket is not None:  # which the library leaves open when it could not connect
            line.socket.close()
