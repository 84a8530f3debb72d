"""The API alone under the tests' roots, and people who call it."""

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def api_urls(settings):
    settings.ROOT_URLCONF = "bihuan.api.tests.urls"


@pytest.fixture
def api(company):
    """``api("lead")`` calls as that person of the company; ``api()`` as nobody."""
    from .callers import Caller

    return lambda name="", **headers: Caller(company.people[name] if name else None, **headers)


@pytest.fixture
def committed(transactional_db) -> Iterator[None]:
    """For tests whose transactions are real: afterwards the append-only tables are let go, so that they can be emptied."""
    from bihuan.kernel.testing.committed import lift_triggers

    yield
    lift_triggers()
