"""Floods by nobody in particular: counted by network, refused cheaply; others, and colleagues, go on (#40, ASVS 2.4.1)."""

import logging
import threading
import time

import pytest
from django.test import Client

from bihuan.kernel.access import strangers
from bihuan.kernel.access.models import Attempt
from bihuan.kernel.access.strangers import SHUT, STRANGERS
from bihuan.kernel.testing.overlap import together

pytestmark = pytest.mark.both
NOBODY = "/u/no-such-token/"


@pytest.fixture(autouse=True)
def nobody_shut():
    strangers._shut.clear()
    strangers._pages.clear()
    yield
    strangers._shut.clear()
    strangers._pages.clear()


@pytest.fixture
def sender(db):
    """Somebody whose network has one look left."""
    Attempt.objects.create(key="public:10.0.0.9", count=STRANGERS - 1, until="2999-01-01T00:00Z")
    return Client(REMOTE_ADDR="10.0.0.9")


def shut(sender, path=NOBODY):
    sender.get(path)
    return sender.get(path)


@pytest.mark.parametrize("path", [NOBODY, "/verify/no-such-token/"])
def test_strangers_of_one_network_are_limited_and_told_when_to_come_back(sender, path, django_assert_num_queries):
    assert sender.get(path).status_code == 404
    refused = sender.get(path)
    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= 900
    with django_assert_num_queries(0):  # a flood costs the others nothing in the database
        assert sender.get(path).status_code == 429
    assert Client(REMOTE_ADDR="10.0.0.8").get(path).status_code == 404


def test_a_flood_is_refused_with_the_page_that_is_there_already(sender, monkeypatch):
    shut(sender)
    first = sender.get(NOBODY)
    monkeypatch.setattr("bihuan.kernel.access.answers.render", None)  # a second page could not be made
    again = sender.get("/u/another/")
    assert (again.status_code, again.content) == (429, first.content)
    assert again.content.decode().count("从这个网络来的查询太多，请 3 分钟后再试。")
    times = ("X-Request-ID", "Retry-After", "Content-Length")
    assert {name: value for name, value in again.items() if name not in times} == {
        name: value for name, value in first.items() if name not in times
    }
    assert 0 < int(again["Retry-After"]) <= SHUT + 1
    assert "default-src" in again["Content-Security-Policy"]
    assert again["Cache-Control"] == "no-store, private"
    assert again.resolver_match.url_name == sender.get(NOBODY).resolver_match.url_name


def test_the_kept_page_says_nothing_of_whoever_it_was_made_for(sender):
    shut(sender)
    for page in (sender.get("/u/SOMEBODYS-TOKEN/?q=SECRET").content.decode(), sender.get(NOBODY).content.decode()):
        assert '"X-CSRFToken": ""' in page
        assert "SOMEBODYS" not in page and "SECRET" not in page


def test_each_is_refused_in_their_own_language_and_told_the_minutes_that_are_left(sender, monkeypatch):
    shut(sender), sender.get(NOBODY)
    english = [sender.get(NOBODY, headers={"Accept-Language": "en"}).content.decode() for _time in range(2)]
    assert english[0] == english[1]
    assert "3 minutes" in english[0]
    now = time.monotonic()
    monkeypatch.setattr(strangers.time, "monotonic", lambda: now + SHUT - 50)
    assert "请 1 分钟后再试" in sender.get(NOBODY).content.decode()
    assert int(sender.get(NOBODY)["Retry-After"]) <= 51


def test_when_the_time_is_over_the_network_is_counted_again(sender, monkeypatch):
    shut(sender), sender.get(NOBODY)
    Attempt.objects.all().delete()
    now = time.monotonic()
    monkeypatch.setattr(strangers.time, "monotonic", lambda: now + SHUT + 1)
    assert sender.get(NOBODY).status_code == 404


def test_colleagues_in_a_shut_network_and_other_pages_go_on(sender, browser, engineer):
    shut(sender), sender.get(NOBODY)
    assert sender.get("/login/").status_code == 200
    assert sender.get("/no/such/page/").status_code == 404
    browser.sign_in(engineer)
    assert browser.get(NOBODY, REMOTE_ADDR="10.0.0.9").status_code == 404


def test_a_head_or_a_fragment_is_refused_as_such_and_not_with_the_kept_page(sender):
    shut(sender), sender.get(NOBODY)
    assert sender.head(NOBODY).status_code == 429
    fragment = sender.get(NOBODY, headers={"HX-Request": "true"})
    assert (fragment.status_code, fragment["HX-Fragment"]) == (429, "refusal")
    assert "<html" in sender.get(NOBODY).content.decode()


def test_a_flood_does_not_fill_the_log_and_says_how_large_it_is(sender, caplog):
    with caplog.at_level(logging.WARNING, "bihuan.access"):
        shut(sender)
        for _time in range(98):
            sender.get(NOBODY)
        said = [record.getMessage() for record in caplog.records if record.name == "bihuan.access"]
        assert [line for line in said if line.startswith("flood")] == [f"flood from=10.0.0.9 refused {number} times" for number in (1, 10)]
        assert len([line for line in said if line.startswith("refused 429")]) == 2, "those for which a page was made"
        sender.get(NOBODY)
        assert "flood from=10.0.0.9 refused 100 times" in [record.getMessage() for record in caplog.records]
    assert len([record for record in caplog.records if record.name == "django.request" and "Too Many" in record.getMessage()]) == 2


@pytest.mark.django_db
def test_only_so_many_networks_are_remembered(monkeypatch):
    monkeypatch.setattr(strangers, "PLACES", 2)
    for number in range(3):
        Attempt.objects.create(key=f"public:10.0.0.{number}", count=STRANGERS, until="2999-01-01T00:00Z")
        assert Client(REMOTE_ADDR=f"10.0.0.{number}").get(NOBODY).status_code == 429
    assert list(strangers._shut) == ["10.0.0.2"]


def test_while_one_network_floods_the_others_are_served(committed):
    """Check #40 scaled down: four senders of one network as fast as they can, twenty genuine ones beside them."""
    ended, flooded = threading.Event(), []

    def send(index):
        if index < 4:
            client, answers = Client(REMOTE_ADDR="10.0.0.9"), []
            while not ended.is_set() and len(answers) < 2000:
                answers.append(client.get(NOBODY).status_code)
            flooded.extend(answers)
            return answers
        try:
            return [Client(REMOTE_ADDR=f"10.0.{place}.1").get(NOBODY).status_code for place in range(1, 21)]
        finally:
            ended.set()

    Attempt.objects.create(key="public:10.0.0.9", count=STRANGERS - 20, until="2999-01-01T00:00Z")
    for _round in range(3):
        ended.clear()
        genuine = together(5, send, limit=0.05).results[4]
        assert genuine == [404] * 20
    assert set(flooded) == {404, 429}
    assert flooded.count(404) == 20
    assert flooded.count(429) > 100
