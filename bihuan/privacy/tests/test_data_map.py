"""docs/privacy.md has a verdict on every column that can hold a text, a file or an address; what it calls free is bound as a commitment."""

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models

from bihuan.kernel.lists.models import WordsField
from bihuan.privacy.forget import CHILDREN, texts_of
from bihuan.service.models import DispatchOrder, ServiceRecord, ServiceRequest

MAP = (Path(__file__).resolve().parents[3] / "docs" / "privacy.md").read_text(encoding="utf-8")
HOLDING = (
    models.CharField,
    models.TextField,
    models.JSONField,
    models.BinaryField,
    models.GenericIPAddressField,
    models.FileField,
    WordsField,
)
NOT_OURS = {"contenttypes", "auth", "sessions"}


def mapped():
    rows = re.findall(r"^\| (\w+\.\w+): ([\w ]+?) \|", MAP, re.MULTILINE)
    return [f"{table}.{column}" for table, columns in rows for column in columns.split()]


def columns():
    return {
        f"{model._meta.label}.{one.name}"
        for model in apps.get_models()
        if model._meta.app_label not in NOT_OURS
        for one in model._meta.concrete_fields
        if isinstance(one, HOLDING)
    }


def test_every_column_has_one_verdict():
    assert sorted(columns() - set(mapped())) == []
    assert sorted(set(mapped()) - columns()) == []
    assert len(mapped()) == len(set(mapped()))


@pytest.mark.parametrize("model", [ServiceRequest, DispatchOrder, ServiceRecord])
def test_what_people_write_into_a_record_is_bound_as_a_commitment(model):
    written = {one.name for one in texts_of(model)}
    assert written <= {*model.free_fields, *model.personal_fields}


def test_the_lines_that_belong_to_a_record_are_looked_through():
    for lines in CHILDREN.values():
        for child, _owner, names in lines:
            written = {
                one.name for one in child._meta.concrete_fields if isinstance(one, models.CharField | models.TextField) and not one.choices
            }
            assert written - {"by_name"} == set(names)
