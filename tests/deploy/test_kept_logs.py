"""What says who came and what went wrong is kept for at least 180 days, by the samples and by the program itself (#99)."""

import datetime as dt
import logging
import re

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from bihuan import worker
from bihuan.config.tests.program import ROOT
from bihuan.kernel.access.models import Attempt
from bihuan.kernel.journal.models import Entry
from bihuan.service.tests.company import PASSWORD

from .test_samples import DEPLOY, MANUAL, UNITS, unit

HALF_A_YEAR = dt.timedelta(days=180)
SECONDS = {"s": 1, "min": 60, "h": 3600, "day": 86400, "d": 86400, "week": 604800, "month": 2629800, "year": 31557600}
BYTES = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
LINES_A_DAY, BYTES_A_LINE = 70_500, 1_000  # docs/capacity.md, a maker with 300 engineers; as journald keeps a line, with its fields


def span(text):
    """A time span as systemd and Caddy write it: ``200day``, ``4800h``."""
    found = re.fullmatch(r"(\d+)\s*([a-z]*?)s?", text) or re.fullmatch(r"(\d+)(s)", text)
    return dt.timedelta(seconds=int(found[1]) * SECONDS[found[2] or "s"])


def size(text):
    number, unit_of = re.fullmatch(r"(\d+)([KMGT]?)(?:iB)?", text).groups()
    return int(number) * BYTES[unit_of]


def test_journald_keeps_lines_for_half_a_year_and_has_the_room_for_it():
    told = unit(DEPLOY / "journald.conf")["Journal"]
    assert told["Storage"] == "persistent"
    assert span(told["MaxRetentionSec"]) >= HALF_A_YEAR
    assert size(told["SystemMaxUse"]) >= LINES_A_DAY * BYTES_A_LINE * HALF_A_YEAR.days
    assert span(told["RateLimitIntervalSec"]) == dt.timedelta(0), "journald would leave out lines"


def test_services_say_what_they_have_to_say_to_journald():
    for path in UNITS:
        assert not {"StandardOutput", "StandardError", "LogLevelMax", "LogNamespace"} & set(unit(path)["Service"]), path.name


def test_logrotate_keeps_the_lines_of_the_proxy_for_half_a_year():
    text = (DEPLOY / "logrotate.conf").read_text(encoding="utf-8")
    (place, said) = re.search(r"^(/\S+) \{(.*?)^\}", text, re.DOTALL | re.MULTILINE).groups()
    words = dict(line.strip().partition(" ")[::2] for line in said.splitlines() if line.strip())
    assert "daily" in words and not {"size", "maxsize", "weekly", "hourly"} & set(words)
    assert int(words["rotate"]) >= HALF_A_YEAR.days <= int(words["maxage"])
    mode, *_owner = words["create"].split()
    assert int(mode, 8) & 0o007 == 0, "not everybody reads who came"
    for name in ("nginx.conf", "nginx-balancer.conf"):
        logs = re.findall(r"^\s*(?:access|error)_log (\S+)", (DEPLOY / name).read_text(encoding="utf-8"), re.MULTILINE)
        assert logs and {log.rpartition("/")[0] + "/*.log" for log in logs} == {place}, name


def test_caddy_keeps_its_lines_for_half_a_year():
    text = (DEPLOY / "Caddyfile").read_text(encoding="utf-8")
    told = dict(re.findall(r"^\s*(roll_\w+) (\S+)$", text, re.MULTILINE))
    assert span(told["roll_keep_for"]) >= HALF_A_YEAR
    assert int(told["roll_keep"]) * size(told["roll_size"]) >= LINES_A_DAY * BYTES_A_LINE * HALF_A_YEAR.days


@pytest.mark.parametrize("name", ["nginx.conf", "nginx-balancer.conf"])
def test_nginx_writes_no_query_down(name):
    text = (DEPLOY / name).read_text(encoding="utf-8")
    (written,) = re.findall(r"^log_format bihuan '(.*)';$", text, re.MULTILINE)
    assert not set(re.findall(r"\$\w+", written)) & {"$request", "$request_uri", "$args", "$query_string", "$http_referer"}
    for server in text.split("server {")[1:]:
        assert "access_log /var/log/bihuan/access.log bihuan;" in server
        assert re.search(r"error_log \S+ crit;", server), "its lesser lines quote the whole address"


def test_caddy_writes_no_query_down():
    text = (DEPLOY / "Caddyfile").read_text(encoding="utf-8")
    (cut,) = re.findall(r'request>uri regexp "(.*)" ""', text)
    assert re.sub(cut, "", "/search/?q=13800005678") == "/search/"
    assert "request>headers delete" in text


def test_machines_wait_for_the_right_time():
    for path in UNITS:
        assert "time-sync.target" in unit(path)["Unit"]["After"].split()
        assert "time-sync.target" in unit(path)["Unit"]["Wants"].split()


def test_the_manual_tells_it():
    watching = MANUAL.partition("## Watching")[2]
    assert "180 days" in watching and "NTP" in watching
    assert {"deploy/journald.conf", "deploy/logrotate.conf"} <= set(re.findall(r"deploy/[\w.-]+", watching))


JOBS = (worker.tidy, worker.sweep_parts, worker.remind_of_calendars, worker.raise_alarms, worker.verify_journal)
DOOR = {"signin", "signin.failed", "signin.locked", "signout"}


@pytest.mark.both
@pytest.mark.django_db
def test_who_came_who_was_refused_and_who_was_locked_out_is_kept_by_the_program_whatever_the_worker_clears_away(company):
    """The counters of misses lapse; what was written of them does not. Years later it still stands in the journal, which nobody can empty."""
    browser = Client()
    browser.post("/login/", {"username": "desk", "password": PASSWORD})
    browser.post("/logout/")
    for _miss in range(11):
        browser.post("/login/", {"username": "lead", "password": "wrong"})
    told = Entry.objects.filter(action__in=DOOR)
    assert set(told.values_list("action", flat=True)) == DOOR
    before, counted = list(told.order_by("pk").values()), Attempt.objects.count()
    assert counted
    with time_machine.travel(timezone.now() + dt.timedelta(days=900), tick=False):
        for job in JOBS:
            job()
        worker.round_of_work()
    assert Attempt.objects.count() == 0, "the worker cleared away what it does"
    assert list(told.order_by("pk").values())[: len(before)] == before


def test_each_line_says_its_time_in_utc_and_where_it_came_from():
    from bihuan.kernel.watch.logs import JsonLine

    line = JsonLine().format(logging.LogRecord("bihuan.access", logging.WARNING, "", 1, "refused", (), None))
    assert re.search(r'"time": "\d{4}-\d\d-\d\dT[\d:.]+Z"', line)
    assert '"logger": "bihuan.access"' in line
    assert (ROOT / "deploy" / "bihuan.env").read_text(encoding="utf-8").count("BIHUAN_LOG=json") == 1
