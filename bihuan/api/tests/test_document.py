"""The OpenAPI document and the page made from it."""

import json
import re

import pytest
from django import forms

from bihuan.api.asking import schema_of, type_of
from bihuan.api.body import Misfits, Sent, misfit, refuse_misfits
from bihuan.api.reference import Reference
from bihuan.kernel.testing.api_verdicts import verdicts


@pytest.fixture
def document(client, db):
    return client.get("/api/v1/openapi.json").json()


def test_the_document_has_every_operation(document):
    written = {f"{method.upper()} {path.removeprefix('/api/v1')}" for path, methods in document["paths"].items() for method in methods}

    assert written == set(verdicts())
    assert document["openapi"].startswith("3.1")


def test_every_operation_says_how_it_refuses_and_who_may_come_in(document):
    for methods in document["paths"].values():
        for operation in methods.values():
            assert (
                operation["responses"]["default"]["content"]["application/problem+json"]["schema"]["$ref"] == "#/components/schemas/Problem"
            )
            assert {"Bearer": []} in operation["security"]
            assert operation["summary"] and operation["tags"]


def test_every_reference_within_the_document_leads_somewhere(document):
    named = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(document)))

    assert named
    assert named <= set(document["components"]["schemas"])
    names = [operation["operationId"] for methods in document["paths"].values() for operation in methods.values()]
    assert len(names) == len(set(names))


def test_a_write_names_its_fields_its_key_and_its_clause(document):
    assign = document["paths"]["/api/v1/requests/{key}/steps/assign"]["post"]
    register = document["paths"]["/api/v1/requests"]["post"]

    body = assign["requestBody"]["content"]["application/json"]["schema"]
    assert body["required"] == ["engineer"]
    assert set(body["properties"]) == {"engineer", "at", "device_at"}
    assert "AS-5.2.1" in assign["description"]
    needed = [next(p["required"] for p in operation["parameters"] if p["name"] == "Idempotency-Key") for operation in (assign, register)]
    assert needed == [False, True]
    assert register["requestBody"]["content"]["application/json"]["schema"]["properties"]["unit"]["type"] == "string"


def test_an_approval_asks_for_the_password(document):
    approve = document["paths"]["/api/v1/orders/{key}/steps/approve"]["post"]

    assert approve["requestBody"]["content"]["application/json"]["schema"]["required"] == ["password"]


def test_the_page_lists_every_operation_and_asks_no_other_host(client, db):
    page = client.get("/api/v1/docs").content.decode()

    for operation in verdicts():
        method, path = operation.split()
        assert f"<code>{method} /api/v1{path}</code>" in page
    assert "<script" not in page and "style=" not in page
    assert re.findall(r'(?:src|href)="(?!/|#)[^"]*"', page) == []
    for code in ("conflict", "not-found", "idempotency-key-reused"):
        assert f'id="{code}"' in page


def test_the_root_says_where_to_read_on(client, db):
    assert client.get("/api/v1/").json() == {"openapi": "/api/v1/openapi.json", "docs": "/api/v1/docs"}


# fields as data


class Listed(forms.CharField):
    def to_python(self, value):
        return value


@pytest.mark.parametrize(
    ("field", "schema_type", "word", "fits", "not_"),
    [
        (forms.CharField(max_length=5), "string", "string", ["a", ""], [1, True, [], {}]),
        (forms.IntegerField(), "integer", "integer", [1, -2], ["1", 1.5, True, []]),
        (forms.DecimalField(), "number", "number", [1, 1.5, "1.5"], [True, [], {}]),
        (forms.BooleanField(), "boolean", "boolean", [True, False], [1, "true", []]),
        (forms.ChoiceField(choices=[("a", "甲")]), "string", "choice", ["a", 1], [True, ["a"], {}]),
        (forms.TypedMultipleChoiceField(choices=[(1, "甲")], coerce=int), "array", "choices", [[1], ["1"], []], ["1", [True], [[1]], [{}]]),
        (
            forms.DateTimeField(),
            "string",
            "date-time",
            ["2026-11-22T09:30:00+08:00", "2026-11-22 09:30Z"],
            ["2026-11-22", 5, "2026-11-22T09:30", "x" * 50],
        ),
        (forms.JSONField(), None, "json", [{}, [], "a", 1, True], []),
        (Listed(), "array", "array", ["a", [{"a": 1}], []], [1, [1], ["a"], {}]),
        (Reference("equipment.Unit", key="serial"), "string", "reference", ["22A"], [1, True, []]),
        (Reference("customers.Site", key="pk"), "integer", "reference", [1], ["1", True, []]),
    ],
)
def test_a_field_is_described_and_checked_by_its_type(field, schema_type, word, fits, not_):
    assert schema_of(field).get("type") == schema_type
    assert type_of(field) == word
    assert [value for value in fits if misfit(field, value)] == []
    assert [value for value in not_ if not misfit(field, value)] == []
    assert misfit(field, None) == ""


def test_a_file_must_come_as_multipart():
    assert misfit(forms.FileField(), "x")
    assert type_of(forms.FileField()) == "string"


def test_multipart_numbers_come_as_text():
    assert misfit(forms.IntegerField(), "5", strict=False) == ""
    assert misfit(forms.DateTimeField(), "2026-11-22T09:30", strict=False)


def test_all_misfits_are_told_at_once():
    sent = Sent({"a": 1, "b": 2, "c": "x"})
    with pytest.raises(Misfits) as refused:
        refuse_misfits(sent, {"a": forms.CharField(), "c": forms.CharField()})
    assert set(refused.value.fields) == {"a", "b"}
