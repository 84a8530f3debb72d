"""What the whole suite shares: fast passwords, the browser where there is one, the file of real dialogues where it lies.

The run's own home is made earlier, by bihuan/config/tests/home.py.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bihuan.config.tests import home
from bihuan.kernel.testing import outbound
from bihuan.kernel.testing.alone import Hall

HERE = Path(__file__).resolve().parent
DIALOGUES = HERE.parent / "shared" / "data" / "after_sales_dialogues.csv"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_notices: set[str] = set()
_hall = Hall(HERE / "conftest.py", HERE / "pyproject.toml")


def _chromium() -> str | None:
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)


def pytest_configure(config: pytest.Config) -> None:
    from django.conf import settings
    from hypothesis import settings as hypothesis

    handle, os.environ[outbound.NOTES] = tempfile.mkstemp(prefix="bihuan-outbound-")
    os.close(handle)
    outbound.watch()
    settings.MIDDLEWARE = ["bihuan.kernel.testing.marked.Middleware", *settings.MIDDLEWARE]
    settings.RATE = 0  # a suite asks faster than people do
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # Argon2 is slow by design
    hypothesis.register_profile("bihuan", deadline=None, print_blob=True)  # a busy machine is no failure
    hypothesis.load_profile("bihuan")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright's synchronous interface runs a loop of its own


def pytest_unconfigure() -> None:
    Path(os.environ.pop(outbound.NOTES)).unlink(missing_ok=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    with _hall.entered(alone=item.get_closest_marker("alone") is not None):
        return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    from bihuan.kernel.testing import marked

    marked.listen()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """Whoever swallowed the refusal of a connection to another machine is told of it here (#28); whoever named the caller, too (#95)."""
    from bihuan.kernel.testing import marked

    yield
    if tried := outbound.noted():
        pytest.fail(f"spoke to another machine: {', '.join(tried)}")
    named, meant = marked.found(), item.get_closest_marker("told")
    if named and not (meant and meant.args):  # without its reason the mark excuses nothing
        pytest.fail("names the caller in " + "\n".join(named))
    if nextitem is None and (left := marked.found_at_the_end([home.HOME])):
        pytest.fail("after the last test the caller is named in " + "\n".join(left))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if _chromium():
        return
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.skip(reason="browser tests skipped: no Chromium found (apt-get install chromium, or set CHROMIUM)"))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped and isinstance(report.longrepr, tuple):
        _notices.add(report.longrepr[2].removeprefix("Skipped: "))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line for each reason to skip, however many tests it concerns."""
    for notice in sorted(_notices):
        terminalreporter.write_line(f"note: {notice}")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """A browser that has just been closed may leave the live server a session of PostgreSQL, which would keep the database from being dropped."""
    from django.db import connection

    from bihuan.kernel.testing.committed import empty_by_deleting

    if connection.vendor == "postgresql":
        with django_db_blocker.unblock():
            empty_by_deleting()
    yield
    if connection.vendor == "postgresql":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium for Playwright: ``playwright.chromium.launch(executable_path=chromium)``."""
    return _chromium() or pytest.skip("browser tests skipped: no Chromium found (apt-get install chromium, or set CHROMIUM)")


@pytest.fixture
def dialogues_file() -> Path:
    """Real after-sales dialogues, delivered beside the repository and not part of it."""
    if not DIALOGUES.exists():
        pytest.skip(f"dialogues skipped: {DIALOGUES.name} is not beside the repository (../shared/data/)")
    return DIALOGUES
