"""The key that signs checkpoints. It lies outside the database: in a file that only its owner reads, or in the environment."""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import os
import secrets
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from .verify_export import Key

BEGINS = "PRIVATE+KEY+"


def path() -> Path:
    return Path(settings.HOME) / "checkpoint.key"


class Signer:
    """A private key in the C2SP form ``PRIVATE+KEY+name+hash+base64(0x01 ‖ 32 bytes)``. Raises ImproperlyConfigured for anything else."""

    def __init__(self, text: str) -> None:
        name, _, rest = text.strip().removeprefix(BEGINS).partition("+")
        mark, _, data = rest.partition("+")
        try:
            said = base64.b64decode(data, validate=True)
        except binascii.Error:
            said = b""
        if not text.strip().startswith(BEGINS) or not name or len(said) != 33 or said[0] != 1:
            raise ImproperlyConfigured(f"BIHUAN_CHECKPOINT_KEY is not a key of the form {BEGINS}name+hash+…")
        self._private = Ed25519PrivateKey.from_private_bytes(said[1:])
        self.key = Key(name, self._private.public_key().public_bytes_raw())
        if self.key.mark.hex() != mark:
            raise ImproperlyConfigured("BIHUAN_CHECKPOINT_KEY does not fit its own hash; was it copied whole?")

    def note(self, text: bytes) -> str:
        """*text* as a signed note."""
        signed = base64.b64encode(self.key.mark + self._private.sign(text)).decode()
        return f"{text.decode()}\n— {self.key.name} {signed}\n"


def new_key(name: str) -> str:
    """A fresh private key for *name*, as it is kept."""
    private = Ed25519PrivateKey.generate()
    key = Key(name, private.public_key().public_bytes_raw())
    return BEGINS + "+".join([name, key.mark.hex(), base64.b64encode(b"\x01" + private.private_bytes_raw()).decode()])


def signer() -> Signer:
    """The key in use: BIHUAN_CHECKPOINT_KEY, else the file, which is made the first time. Raises ImproperlyConfigured."""
    return Signer(settings.CHECKPOINT_KEY or _from_file(path()))


def exists() -> bool:
    return bool(settings.CHECKPOINT_KEY) or path().exists()


def _from_file(file: Path) -> str:
    """The key in *file*. Made whole beside it and then linked, so that two who start at once take the same one."""
    if not file.exists():
        made = file.with_name(f".checkpoint.key.{os.getpid()}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(new_key(f"{urlsplit(settings.ORIGIN).netloc}/journal") + "\n")
            out.flush()
            os.fsync(out.fileno())
        with contextlib.suppress(FileExistsError):
            file.hardlink_to(made)
        made.unlink()
    return file.read_text(encoding="utf-8")


def holds(public: bytes, message: bytes, signature: bytes) -> bool:
    """As ``verify_export.ed25519_holds``, by the library: the same verdict, some hundred times faster."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def fingerprint(key: Key) -> str:
    """Sixteen digits of the key, to be read out over the telephone."""
    digits = hashlib.sha256(str(key).encode()).hexdigest()[:16]
    return " ".join(digits[at : at + 4] for at in range(0, 16, 4))
