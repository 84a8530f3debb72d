"""Read the environment, loudly: a setting that cannot be understood stops the start with a sentence."""

import os
import secrets
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured


def text(name: str, default: str = "") -> str:
    """The value of *name*; ``NAME_FILE`` may name a file that holds it (for secrets)."""
    if file := os.environ.get(f"{name}_FILE"):
        return Path(file).read_text(encoding="utf-8").strip()
    return os.environ.get(name, default)


def flag(name: str, *, default: bool = False) -> bool:
    """A yes/no setting. Raises ImproperlyConfigured on anything but 1/0, true/false, yes/no."""
    value = text(name).strip().lower()
    if value == "":
        return default
    if value in {"1", "true", "yes"}:
        return True
    if value in {"0", "false", "no"}:
        return False
    raise ImproperlyConfigured(f"{name}={value!r} is neither yes nor no; write {name}=1 or {name}=0.")


def number(name: str, default: int) -> int:
    """A whole number. Raises ImproperlyConfigured on anything else."""
    value = text(name, str(default))
    try:
        return int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name}={value!r} is not a whole number.") from None


def choice(name: str, allowed: tuple[str, ...], default: str) -> str:
    """One of *allowed*. Raises ImproperlyConfigured on anything else."""
    value = text(name) or default
    if value not in allowed:
        raise ImproperlyConfigured(f"{name}={value!r} is not one of {', '.join(allowed)}.")
    return value


def names(name: str, default: str = "") -> list[str]:
    """A comma-separated list."""
    return [part.strip() for part in text(name, default).split(",") if part.strip()]


def secret_file(path: Path) -> str:
    """A secret made once and kept in a file that only its owner can read."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(64))
    return path.read_text().strip()


SQLITE_OPTIONS = {
    # Measured: without IMMEDIATE 36-43 % of read-then-write transactions die with "database is locked".
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
        "PRAGMA cache_size=-20000; PRAGMA mmap_size=33554432; PRAGMA recursive_triggers=ON; PRAGMA wal_autocheckpoint=16000;"
    ),
}

# Measured at 100,000 requests: planning a list's nine joins 8 ms → 1 ms with these, and half the time of most answers saved by
# letting the server keep the plans. A pooler in front must be in session mode.
POSTGRES_OPTIONS = {"server_side_binding": True, "prepare_threshold": 3, "options": "-c join_collapse_limit=4"}


def database(url: str, sqlite_file: Path) -> dict:
    """Django's settings for ``postgres://user:password@host:port/name?sslmode=…`` or, when empty, for *sqlite_file*."""
    if not url:
        return {
            "ENGINE": "bihuan.config.sqlite",
            "NAME": str(sqlite_file),
            "OPTIONS": SQLITE_OPTIONS,
            "TEST": {"NAME": str(sqlite_file.with_name("test.sqlite3"))},
        }
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured(f"DATABASE_URL begins with {parts.scheme!r}; use postgres://… or leave it empty for SQLite.")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": POSTGRES_OPTIONS | dict(parse_qsl(parts.query)),
    }


def replica() -> dict[str, dict]:
    """The copy that may be read (``DATABASE_REPLICA_URL``) as Django's settings, which let nothing be written; none is {}."""
    if not (url := text("DATABASE_REPLICA_URL")):
        return {}
    if not text("DATABASE_URL"):
        raise ImproperlyConfigured("DATABASE_REPLICA_URL needs DATABASE_URL: a copy follows a PostgreSQL server, SQLite has none.")
    found = database(url, Path())
    found["OPTIONS"] |= {"connect_timeout": "3", "options": f"{POSTGRES_OPTIONS['options']} -c default_transaction_read_only=on"}
    return {"replica": found | {"TEST": {"MIRROR": "default"}}}


def object_storage() -> dict[str, dict]:
    """Where attachments are kept (``BIHUAN_FILES_S3``: the bucket) as Django's settings; {} when on this machine's disk."""
    if not (bucket := text("BIHUAN_FILES_S3")):
        return {}
    if not (find_spec("storages") and find_spec("boto3")):
        raise ImproperlyConfigured("BIHUAN_FILES_S3 needs two more packages: pip install 'bihuan[s3]'.")
    options = {
        "bucket_name": bucket,
        "location": text("BIHUAN_FILES_S3_PREFIX"),
        "endpoint_url": text("BIHUAN_FILES_S3_ENDPOINT") or None,
        "region_name": text("BIHUAN_FILES_S3_REGION") or None,
        "access_key": text("BIHUAN_FILES_S3_KEY") or None,  # none: the machine's own role
        "secret_key": text("BIHUAN_FILES_S3_SECRET") or None,
        "default_acl": None,
        "file_overwrite": True,  # the same name is the same content
    }
    return {"attachments": {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}}
