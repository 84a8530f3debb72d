"""Checking the signatures of orders and records costs the same few statements, however many there are."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bihuan.kernel.signing.models import Signature
from bihuan.kernel.signing.verify import check_signatures
from bihuan.service.tests.company import Company

pytestmark = pytest.mark.both


def statements() -> int:
    with CaptureQueriesContext(connection) as told:
        assert list(check_signatures(read_files=False)) == []
    return len(told)


def test_three_visits_cost_no_more_statements_than_one(company: Company):
    company.signed()
    one, signatures = statements(), Signature.objects.count()
    company.signed()
    company.signed()
    assert Signature.objects.count() == 3 * signatures >= 6
    assert statements() == one
