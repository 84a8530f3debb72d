"""The demo company, built once for all its tests, thinned out, and gone afterwards."""

import datetime as dt
import io

import pytest
from django.db import transaction
from django.utils import timezone


@pytest.fixture(scope="package")
def demo(django_db_setup, django_db_blocker, tmp_path_factory):
    """What building it said. The company is in the database until the last of these tests is over."""
    from django.conf import settings

    from bihuan.demo.build import build

    files, settings.FILES_ROOT = settings.FILES_ROOT, tmp_path_factory.mktemp("files")
    with django_db_blocker.unblock(), transaction.atomic():
        out = io.StringIO()
        build(out, thin=3)
        yield out.getvalue()
        transaction.set_rollback(True)
    settings.FILES_ROOT = files


@pytest.fixture
def now(demo) -> dt.datetime:
    return timezone.now()
