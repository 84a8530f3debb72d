"""The company's own directory, asked in place of a password: by OpenID Connect (provider.py) or by LDAP (ldap.py), never both.

It says who somebody is and no more. An administrator has written beside a person the name they have there; nobody is
taken on by signing in, and roles are Bihuan's. Whoever is linked has no password here: who left the directory is out.
"""

from __future__ import annotations

import hashlib
import unicodedata
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction

from .told import tell


def offered() -> bool:
    """Whether a directory is configured."""
    return bool(settings.OIDC_ISSUER or settings.LDAP_URL)


def linked(person: Any) -> bool:
    """Whether *person* signs in through the directory."""
    return offered() and bool(person.directory_name)


def plain(name: str) -> str:
    """*name* as it is kept and compared: without capitals. Nothing for one whose letters only look like others."""
    return name.strip().lower() if unicodedata.is_normalized("NFKC", name) and name.isprintable() else ""


def mark_of(*facts: str) -> str:
    """What never changes about somebody in the directory, as a hash of equal length."""
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()


def person_of(name: str, mark: str) -> Any:
    """The person linked to *mark*; at the first time the one whose *name* the administrator wrote down, from then on by *mark* alone.

    So a name that the directory gives to somebody else later opens nothing. None for unknown people and leavers.
    """
    people = get_user_model()._default_manager.filter(is_active=True).exclude(directory_name="")
    if known := people.filter(directory_mark=mark).first():
        return known
    first = people.filter(directory_name=plain(name), directory_mark="").first() if plain(name) else None
    return first if first is not None and _bound(first, mark) else None


def _bound(person: Any, mark: str) -> bool:
    """Whether *person* could be bound to *mark*: nobody else is, and they were not bound meanwhile."""
    rows = get_user_model()._default_manager.filter(pk=person.pk, directory_name=person.directory_name, directory_mark="")
    try:
        with transaction.atomic():
            if not rows.update(directory_mark=mark):
                return False
            tell("signin.directory-bound", person, name=person.directory_name)
    except IntegrityError:
        return False
    person.directory_mark = mark
    return True
