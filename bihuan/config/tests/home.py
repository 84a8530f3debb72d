"""Gives every test run a home of its own, before the settings are read: a developer's data and secrets are never touched.

Loaded as the first of all plugins (``-p`` in pyproject.toml), because pytest-django reads the settings before any conftest.py.
Each worker of a parallel run passes here too, and gets its own.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

for _name in [name for name in os.environ if name.startswith("BIHUAN_") or name in {"DATABASE_OWNER_URL", "DATABASE_REPLICA_URL"}]:
    del os.environ[_name]  # what the developer's shell says about a server is not about the tests

_memory = Path("/dev/shm")  # noqa: S108 -- mkdtemp makes the name; thousands of commits need no disk here
_roomy = _memory.is_dir() and shutil.disk_usage(_memory).free > 2**30
HOME = Path(tempfile.mkdtemp(prefix="bihuan-test-", dir=_memory if _roomy else None))
(HOME / "static").mkdir()  # WhiteNoise warns where it is missing, and here a warning is an error
os.environ |= {"BIHUAN_HOME": str(HOME), "BIHUAN_MODE": "test"}
_maker = os.getpid()


@atexit.register
def _leave_nothing() -> None:
    if os.getpid() == _maker:  # a process that a test forked ends here too
        shutil.rmtree(HOME, ignore_errors=True)
