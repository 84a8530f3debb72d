"""The guard on the caller's name, tried by naming them on purpose (#95)."""

import logging
import os
import subprocess
import sys
from urllib.parse import quote

import pytest
from django.core import mail
from django.core.cache import cache
from django.http import HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.test import RequestFactory
from django.utils import timezone

from bihuan.kernel import journal
from bihuan.kernel.access.actors import system
from bihuan.kernel.testing import marked, outbound

PAGE = f'<p>{marked.NAME} {marked.WRITTEN}</p><a href="tel:{marked.PHONE}">{marked.PHONE}</a>'


@pytest.fixture(autouse=True)
def nothing_left():
    """What these tests say is taken out by them; the suite's own look at the end finds nothing."""
    marked.found()
    yield
    marked.found()
    cache.clear()


def answered(response, path="/r/BX-1/"):
    request = RequestFactory().get(path)
    request.resolver_match = None
    response.headers.setdefault("Cache-Control", "no-store, private")
    return marked.named(marked.answered(request, response))


@pytest.mark.parametrize("mark", marked.MARKS)
def test_a_log_line_that_names_the_caller_is_told(mark):
    logging.getLogger("bihuan.somewhere").warning("called by %s", mark)
    (told,) = marked.found()
    assert told.startswith("a log line") and "bihuan.somewhere" in told
    assert marked.found() == []


def test_what_is_not_printed_is_not_told():
    logging.getLogger("django.db.backends").debug(marked.PHONE)
    try:
        raise ValueError(marked.PHONE)
    except ValueError:
        logging.getLogger("bihuan.somewhere").exception("failed")
    assert marked.found() == []


@pytest.mark.django_db
def test_the_journal_s_clear_text_is_read(company):
    with journal.unit():
        journal.append_plain(system("试验"), "probe", "x", at=timezone.now(), data={"phone": marked.PHONE})
    (told,) = marked.found()
    assert told.startswith("the journal")


def test_a_mail_s_subject_is_read_and_its_body_is_not():
    mail.send_mail("BX-1", marked.NAME, None, ["a@example.com"])
    assert marked.found() == []
    mail.send_mail(f"{marked.NAME}来电", "", None, ["a@example.com"])
    (told,) = marked.found()
    assert told.startswith("a mail's subject")
    mail.outbox.clear()


def test_the_cache_is_read():
    cache.set("last", {"caller": marked.NAME})
    (told,) = marked.found()
    assert told.startswith("the cache")


@pytest.mark.parametrize("mark", marked.MARKS)
def test_an_address_that_the_program_makes_is_read(mark):
    for written in (mark, quote(mark)):
        for answer in (
            HttpResponseRedirect(f"/search/?q={written}"),
            HttpResponse(f'{PAGE}<a href="/search/?q={written}">'),
            HttpResponse(f'{PAGE}<button hx-get="/lookup/?q={written}">'),
            HttpResponse(f'{{"next": "/api/v1/requests?q={written}"}}', content_type="application/json"),
        ):
            (told,) = answered(answer)
            assert told.startswith("an address")


def test_a_page_that_names_the_caller_for_people_is_none_of_it():
    assert answered(HttpResponse(PAGE)) == []
    assert answered(StreamingHttpResponse([PAGE.encode()])) == []
    asked = f"/search/?q={quote(marked.NAME)}"
    assert answered(HttpResponse(f'{PAGE}<a href="{asked}&amp;page=2">'), asked) == [], "the address that was asked for had it already"


@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_failure_names_nobody(status):
    (told,) = answered(HttpResponse(PAGE, status=status))
    assert told.startswith(f"the answer {status}")


def test_a_page_that_a_browser_keeps_names_nobody():
    (told,) = answered(HttpResponse(PAGE, headers={"Cache-Control": "max-age=60"}))
    assert told.startswith("an answer that is kept")


def test_files_are_read_but_for_databases_and_attachments(tmp_path):
    for name in ("bihuan.log", "bihuan.sqlite3-wal", "files/1/photo"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"… {marked.ADDRESS} …")
    (told,) = marked.found_at_the_end([tmp_path])
    assert told.startswith(str(tmp_path / "bihuan.log"))


LOUD = """
import logging
import pytest
from bihuan.config.tests.home import HOME
from bihuan.kernel.testing.marked import NAME
def test_loud():
    logging.getLogger("bihuan.somewhere").info(NAME)
@pytest.mark.told("to be seen")
def test_on_purpose():
    logging.getLogger("bihuan.somewhere").info(NAME)
def test_leaves_something():
    (HOME / "left.log").write_text(NAME)
"""


def test_a_test_that_names_the_caller_fails_at_its_end(tmp_path):
    (tmp_path / "test_loud.py").write_text(LOUD)
    root = outbound.STARTED.parents[3]
    options = ["-c", root / "pyproject.toml", "--rootdir", root, "-p", "conftest"]
    command = [sys.executable, "-m", "pytest", *options, tmp_path / "test_loud.py"]
    done = subprocess.run(command, cwd=root, env=os.environ | {"PYTHONPATH": str(root)}, capture_output=True, text=True)
    assert "3 passed, 2 errors" in done.stdout
    assert "ERROR at teardown of test_loud" in done.stdout and "names the caller in a log line" in done.stdout
    assert "ERROR at teardown of test_leaves_something" in done.stdout and "left.log" in done.stdout
