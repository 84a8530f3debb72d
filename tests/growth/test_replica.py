"""A real server with a real streaming copy: lists are read from the copy, and nobody sees a state from before their own write."""

import ast
import http.cookiejar
import re
import time
import urllib.error
import urllib.parse
import urllib.request

import psycopg
import pytest
from django.db import connection

from bihuan.service.tests.company import PASSWORD
from tests.faults.installation import Installation

from .cluster import pair

pytestmark = pytest.mark.skipif(connection.vendor != "postgresql", reason="a streaming copy is PostgreSQL's")


class Browser:
    """Somebody signed in: ``get`` and ``post`` with cookies and the form's token."""

    def __init__(self, port, user):
        self.root = f"http://127.0.0.1:{port}"
        self.jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))
        self.post("/login/", username=user, password=PASSWORD)

    def get(self, path):
        return self.opener.open(self.root + path, timeout=20).read().decode()

    def post(self, path, form="", **fields):
        """*form*: the page that has the form, if not the address itself."""
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.get(form or path))[1]
        data = urllib.parse.urlencode({"csrfmiddlewaretoken": token, **fields}).encode()
        request = urllib.request.Request(self.root + path, data, {"Origin": self.root, "Referer": self.root + path})  # noqa: S310 (our own)
        return self.opener.open(request, timeout=20).read().decode()

    def forget_the_write(self):
        self.jar.clear("127.0.0.1", "/", "written")


def until(true, patience=20):
    end = time.monotonic() + patience
    while not true():
        assert time.monotonic() < end
        time.sleep(0.1)


def caught_up(primary, copy):
    (place,) = primary.execute("SELECT pg_current_wal_lsn()::text").fetchone()
    until(lambda: copy.execute("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", [place]).fetchone()[0])


def test_lists_are_read_from_the_copy_and_never_from_before_ones_own_write(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    with pair() as servers:
        with psycopg.connect(servers.primary.replace("/bihuan", "/postgres"), autocommit=True) as admin:
            admin.execute("CREATE DATABASE bihuan")
        place = Installation(home, servers.primary)
        place.settle()
        assert found(home, servers.primary, servers.primary) == ["bihuan.E021"], "a server that follows nobody is no copy"
        assert found(home, servers.primary, "postgres://nobody@127.0.0.1:1/nothing") == ["bihuan.W008"]
        assert found(home, servers.primary, servers.copy) == []
        with (
            psycopg.connect(servers.primary, autocommit=True) as primary,
            place.serving(DATABASE_REPLICA_URL=servers.copy) as server,
        ):
            server.first_answer("/login/")
            with psycopg.connect(servers.copy, autocommit=True) as copy:
                caught_up(primary, copy)
                writer, reader = Browser(server.port, "lead"), Browser(server.port, "other_lead")
                reader.forget_the_write()
                copy.execute("SELECT pg_wal_replay_pause()")

                primary.execute("UPDATE customers_customer SET name = '改过的名称', short_name = ''")
                assert "改过的名称" not in reader.get("/customers/"), "the list is the copy's, which stands still"
                assert "改过的名称" not in reader.get("/lists/customers/export.csv"), "so is the export"
                number = primary.execute("SELECT number FROM customers_customer ORDER BY id LIMIT 1").fetchone()[0]
                assert "改过的名称" in writer.get(f"/customers/{number}/"), "a record's page is the primary's"

                answer = writer.post("/lists/customers/views/save/", form="/customers/", name="我的视图", query="")
                assert "我的视图" in answer, "the list that follows a write shows it"
                assert "改过的名称" in answer, "and all else that was there"
                assert "改过的名称" not in reader.get("/customers/"), "others go on reading the copy"

                copy.execute("SELECT pg_wal_replay_resume()")
                caught_up(primary, copy)
                assert "改过的名称" in reader.get("/customers/")
                primary.execute("UPDATE customers_customer SET name = '又改了'")
                caught_up(primary, copy)
                before = reads(copy)
                assert "又改了" in writer.get("/customers/")
                until(lambda: reads(copy) > before)
            servers.stop_copy()
            assert "又改了" in reader.get("/customers/"), "without the copy the primary answers"
        said = server.stop()
    assert "reading from the primary" in said


def found(home, primary, copy):
    """What the checks say of a copy."""
    place = Installation(home, primary)
    place.settings["DATABASE_REPLICA_URL"] = copy
    return ast.literal_eval(
        place.run("from bihuan.config.checks import copy_follows; print([m.id for m in copy_follows(None, databases=['default'])])")
    )


def reads(copy):
    """How many rows of the list the copy has read; it counts with a moment's delay."""
    copy.execute("SELECT pg_stat_clear_snapshot()")
    return copy.execute(
        "SELECT seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_user_tables WHERE relname = 'customers_customer'"
    ).fetchone()[0]
