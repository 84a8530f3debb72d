"""The seeds of authenticators, sealed with a key that lies outside the database (ASVS 11.2.2, 14.2): who copies the tables alone cannot make codes.

The first key seals, every key opens. A new key is laid on top by ``bihuan manage renew_seed_key``, which seals all anew.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


def path() -> Path:
    return Path(settings.HOME) / "seed.key"


def exists() -> bool:
    return bool(settings.SEED_KEYS) or path().exists()


def seal(seed: str) -> str:
    """*seed* as the database keeps it."""
    return _keys().encrypt(seed.encode()).decode()


def unseal(sealed: str) -> str:
    """The seed. Raises ImproperlyConfigured when no key of ours fits: a wrong or missing key must not look like a wrong code."""
    try:
        return _keys().decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise ImproperlyConfigured("No key in BIHUAN_SEED_KEYS or seed.key opens the seeds of the authenticators.") from None


def sealed_anew(sealed: str) -> str:
    """The same seed under the first key. Raises ImproperlyConfigured as above."""
    return seal(unseal(sealed))


def add_key() -> None:
    """Lay a new key on top of those in the file. Raises ImproperlyConfigured when the keys come from the environment."""
    if settings.SEED_KEYS:
        raise ImproperlyConfigured(
            "Put the new key first in BIHUAN_SEED_KEYS; the old ones stay behind it until everything is sealed anew."
        )
    _write([Fernet.generate_key().decode(), *_in_file()]).replace(path())


def forget_old_keys() -> None:
    """Keep only the first key of the file."""
    if not settings.SEED_KEYS:
        _write(_in_file()[:1]).replace(path())


def _keys() -> MultiFernet:
    try:
        return MultiFernet([Fernet(key) for key in settings.SEED_KEYS or _in_file()])
    except ValueError:
        raise ImproperlyConfigured("BIHUAN_SEED_KEYS or seed.key holds something that is no key (32 bytes, base64url).") from None


def _in_file() -> list[str]:
    """The keys in the file, made the first time: whole beside it and then linked, so that two who start at once take the same one."""
    if not path().exists():
        made = _write([Fernet.generate_key().decode()])
        with contextlib.suppress(FileExistsError):
            path().hardlink_to(made)
        made.unlink()
    return path().read_text(encoding="ascii").split()


def _write(keys: list[str]) -> Path:
    """A new file beside the one in use, which only its owner reads."""
    made = path().with_name(f".seed.key.{os.getpid()}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write("\n".join(keys) + "\n")
        out.flush()
        os.fsync(out.fileno())
    return made
