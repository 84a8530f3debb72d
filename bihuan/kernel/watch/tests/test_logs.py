"""One JSON object for each request and each failure, and in none of them what people typed (#95, #99)."""

import datetime as dt
import io
import json
import logging
import re

import pytest
from django.test import Client

from bihuan.kernel.journal.models import Entry
from bihuan.kernel.watch.logs import JsonLine
from bihuan.kernel.watch.trace import begin
from bihuan.service.tests.company import Company

pytestmark = pytest.mark.django_db
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture
def lines():
    """What production would print, as text."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(JsonLine())
    root, request = logging.getLogger(), logging.getLogger("bihuan.request")
    level = request.level
    root.addHandler(handler)
    request.setLevel(logging.INFO)
    yield out
    root.removeHandler(handler)
    request.setLevel(level)


def objects(lines):
    return [json.loads(line) for line in lines.getvalue().splitlines()]


def test_a_request_is_one_line_with_the_number_that_the_answer_and_the_journal_tell(lines):
    company, client = Company(), Client()
    client.force_login(company.admin)
    answer = client.post("/account/language/", {"language": "en", "next": "/"})
    (line,) = [one for one in objects(lines) if one["logger"] == "bihuan.request"]
    assert dt.datetime.fromisoformat(line["time"]).utcoffset() == dt.timedelta(0)
    assert line["request"] == answer["X-Request-ID"]
    assert (line["route"], line["method"], line["status"]) == ("set_language", "POST", 302)
    assert line["person"] == company.admin.pk
    assert line["ms"] > 0 and line["statements"] > 0
    assert set(line) == {"time", "level", "logger", "what", "request", "route", "method", "status", "ms", "statements", "person"}


def test_the_journal_keeps_the_number_of_the_answer(lines):
    company, client = Company(), Client()
    client.force_login(company.desk)
    unit = company.unit
    answer = client.post(
        f"/units/{unit.serial}/edit/", {"serial": unit.serial, "model": unit.model_id, "site": unit.site_id, "place": "车间"}
    )
    assert answer.status_code == 302
    assert json.loads(Entry.objects.latest("pk").body)["request"] == answer["X-Request-ID"]


def test_nobody_writes_a_line_of_the_log_by_what_they_send(lines):
    sent = '/x%0a{"level":"error"}%1b[31m%e2%80%a8/'
    Client().get(sent, headers={"User-Agent": "a\x1b[2J", "X-Request-ID": "mine\nyours"})
    logging.getLogger("bihuan.test").warning("said %s", 'a\n{"b":1}\x1b[31m\u2028\x85')
    lone = logging.LogRecord("bihuan.test", logging.WARNING, __file__, 1, "said %s", ("a lone surrogate \ud800",), None)
    text = lines.getvalue() + JsonLine().format(lone)  # pytest's own log could not carry it from process to process
    assert len(text.splitlines()) == len(objects(lines)) + 1
    assert re.fullmatch(r"[\x20-\x7e\n]*", text)
    assert "mine" not in text


def test_a_failure_is_told_by_kind_and_stack_without_its_text(lines):
    def fail(phone):
        raise ValueError(f"{phone} is taken")

    try:
        fail("13877731773")
    except ValueError:
        logging.getLogger("bihuan.test").exception("failed")
    (line,) = objects(lines)
    assert line["error"] == ["builtins.ValueError"]
    assert line["stack"][-1].endswith(" fail") and __file__ in line["stack"][-1]
    assert "13877731773" not in lines.getvalue()


def test_a_trace_is_believed_only_from_our_own_proxy(rf, settings, lines):
    settings.TRACE = True
    assert begin(rf.get("/", headers={"traceparent": TRACE})) is None
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    for said in ("", "x", TRACE + "\n", TRACE.replace("4bf9", "4BF9"), f"00-{'0' * 32}-00f067aa0ba902b7-01", "ff" + TRACE[2:]):
        assert begin(rf.get("/", headers={"traceparent": said})) is None
    answer = Client().get("/login/", headers={"traceparent": TRACE})
    assert answer["traceparent"].startswith(TRACE[:36]) and answer["traceparent"] != TRACE
    assert objects(lines)[-1]["trace"] == TRACE[3:35]
    settings.TRACE = False
    assert begin(rf.get("/", headers={"traceparent": TRACE})) is None
