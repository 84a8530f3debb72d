"""Homes for the program under test."""

import shutil
from pathlib import Path

import pytest

from .program import bihuan


@pytest.fixture(scope="session")
def empty_installation(tmp_path_factory) -> Path:
    """A home with a database of this version and nothing in it. To be copied."""
    home = tmp_path_factory.mktemp("installation")
    answer = bihuan("manage", "migrate", home=home)
    assert answer.returncode == 0, answer.stderr
    return home


@pytest.fixture
def installed(empty_installation, tmp_path) -> Path:
    """A home of the test's own, with a database of this version."""
    return shutil.copytree(empty_installation, tmp_path / "home")
