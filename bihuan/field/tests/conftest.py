import pytest


@pytest.fixture
def phone(client, company):
    """The engineer's phone, signed in."""
    client.force_login(company.engineer)
    return client


@pytest.fixture
def colleagues_phone(client, company):
    """The phone of a colleague of the same branch."""
    client.force_login(company.colleague)
    return client
