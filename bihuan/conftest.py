"""What tests of every context may ask for."""

import pytest


@pytest.fixture
def company(db):
    """The small company of service/tests/company.py, in the database."""
    from bihuan.service.tests.company import Company

    return Company()


@pytest.fixture
def committed(transactional_db):
    """Real commits, as several threads or a live server need them."""
    yield
    from bihuan.kernel.testing.committed import lift_triggers

    lift_triggers()


@pytest.fixture
def committed_company(committed):
    """The small company, really committed."""
    from bihuan.service.tests.company import Company

    return Company()
