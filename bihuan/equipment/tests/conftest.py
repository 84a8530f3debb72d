"""Browsers for the people of the small company."""

import pytest
from django.test import Client


@pytest.fixture
def browse(company):
    """A browser of their own for whoever is named."""

    def as_(key):
        client = Client()
        client.force_login(company.people[key])
        return client

    return as_
