"""Places to restore into: an empty folder, and on PostgreSQL an empty database."""

import secrets
from collections.abc import Iterator

import pytest
from django.db import connection

from bihuan.config.tests.conftest import empty_installation, installed  # noqa: F401  (fixtures)
from bihuan.operations import postgres


@pytest.fixture
def own_files(settings, tmp_path):
    """Attachments and home of this test alone."""
    settings.HOME = tmp_path / "here"
    settings.FILES_ROOT = settings.HOME / "files"
    settings.FILES_ROOT.mkdir(parents=True)
    (settings.HOME / "secret.key").write_text("a-secret-of-this-test-" * 4)
    return settings.HOME


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """The address of an empty database; nothing on SQLite, where a folder is enough."""
    if connection.vendor != "postgresql":
        yield ""
        return
    there = connection.settings_dict
    with postgres.passing_database(there, f"bihuan_restore_{secrets.token_hex(4)}") as made:
        yield postgres.url_of(made)


@pytest.fixture
def backups(tmp_path):
    return tmp_path / "backups"
