"""What a person types stands on their pages and nowhere else: not in a log line, not in a counter, not on an error page (#95)."""

import io
import logging

import pytest
from django.db import DatabaseError, connection
from django.test import Client

from bihuan.kernel.watch.logs import JsonLine

pytestmark = pytest.mark.django_db
NAME, PHONE, ADDRESS = "奎木狼ZQX", "13777731773", "西牛贺洲7731号ZQX"
MARKS = (NAME, PHONE, ADDRESS, NAME.encode("unicode-escape").decode(), ADDRESS.encode("unicode-escape").decode(), "ZQX")


@pytest.fixture
def told(settings):
    """All that production would print."""
    out = io.StringIO()
    handler, root, request = logging.StreamHandler(out), logging.getLogger(), logging.getLogger("bihuan.request")
    handler.setFormatter(JsonLine())
    level = request.level
    root.addHandler(handler)
    request.setLevel(logging.INFO)
    settings.METRICS_TOKEN = "token-of-this-test"
    yield out
    root.removeHandler(handler)
    request.setLevel(level)


def visit(client):
    """The mark into forms, searches, addresses and the API."""
    call = {"caller_name": NAME, "caller_phone": PHONE, "fault": ADDRESS, "address": ADDRESS}
    for path in ("/requests/new/", "/customers/new/", "/reset/", "/login/", "/u/" + NAME + "/", "/api/v1/requests"):
        yield client.post(path, call | {"name": NAME, "username": NAME, "password": PHONE})
    for path in (
        "/search/",
        "/lists/customers/",
        "/requests/lookup/",
        f"/r/{NAME}/",
        f"/verify/{NAME}/",
        f"/nowhere/{PHONE}/",
        f"/lists/{NAME}/",
    ):
        yield client.get(path, {"q": PHONE, "find": NAME, "caller_phone": PHONE})
    yield client.get("/", headers={"Host": f"{NAME.encode().hex()}.example", "Referer": f"http://x/{PHONE}"})


def leaks(text):
    return [mark for mark in MARKS if mark in text]


def test_marks_stand_in_no_line_and_no_counter(company, told):
    client = Client(raise_request_exception=False)
    list(visit(client))
    client.force_login(company.people["desk"])
    answers = list(visit(client))
    assert any(NAME in answer.content.decode() for answer in answers), "nothing was typed in: the test would prove nothing"
    text = client.get("/metrics", headers={"Authorization": "Bearer token-of-this-test"}).content.decode()
    assert 'route="search"' in text
    assert "ZQX" not in text and PHONE not in text
    assert told.getvalue().count("\n") > 20
    assert [line for line in told.getvalue().splitlines() if leaks(line)] == []


def test_marks_stand_in_no_failure_and_on_no_error_page(company, told):
    """A database quotes the value that it refuses; Django would print it, and every local variable on a page."""

    def quoting(execute, sql, params, many, context):
        if "customers" in sql or "lists_document" in sql:
            raise DatabaseError(f"duplicate key value: ({NAME}, {PHONE}, {ADDRESS}) already exists")
        return execute(sql, params, many, context)

    client = Client(raise_request_exception=False)
    client.force_login(company.people["desk"])
    with connection.execute_wrapper(quoting):
        answers = [client.get("/lists/customers/", {"q": NAME}), client.get("/search/", {"q": PHONE})]
    failed = [answer for answer in answers if answer.status_code == 500]
    assert failed
    for answer in failed:
        assert leaks(answer.content.decode()) == []
    assert "DatabaseError" in told.getvalue() and '"stack"' in told.getvalue()
    assert [line for line in told.getvalue().splitlines() if leaks(line)] == []
