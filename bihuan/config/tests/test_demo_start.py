"""`bihuan demo`: the first start makes a company, the second is there at once, and no other data is ever mixed in."""

import json
from pathlib import Path

import pytest
from django.db import connection

from .program import Server, bihuan, inside

pytestmark = pytest.mark.skipif(connection.vendor != "sqlite", reason="the demo is always SQLite; the other run tries it")

OTHER_BRANCH = "Branch.objects.create(code='X', name='一家别的公司')"
COUNT = "print(Branch.objects.count(), Branch.objects.filter(code='X').count())"


@pytest.fixture(scope="module")
def first_start(tmp_path_factory) -> tuple[Path, str]:
    """A home after its first start, and what that said. The shell names a database that is not the demo's."""
    home = tmp_path_factory.mktemp("demo")
    with Server("demo", home=home, DATABASE_URL="postgres://nobody@127.0.0.1:1/nothing") as server:
        assert server.first_answer(patience=600)[0] in {200, 302}
        return home, server.stop()


def welcome(home: Path) -> str:
    return json.loads((home / "demo.json").read_text())["welcome"]


def test_the_first_start_says_who_may_sign_in_and_where(first_start):
    home, said = first_start
    assert "bihuan-demo" in welcome(home)
    assert welcome(home) in said
    assert "http://127.0.0.1:" in said


def test_the_second_start_is_there_in_three_seconds_with_the_same_company_and_welcome(first_start):
    home, _said = first_start
    before = inside(home, COUNT)
    with Server("demo", home=home) as second:
        status, _seconds = second.first_answer()
        work = second.work()
        said = second.stop()
    assert status in {200, 302}
    assert 0.1 < work <= 3  # of processor time: on an idle machine the same as by the clock
    assert inside(home, COUNT) == before
    assert welcome(home) in said
    assert f"http://127.0.0.1:{second.port}" in said


def test_the_demo_leaves_other_data_alone(installed):
    inside(installed, OTHER_BRANCH)
    answer = bihuan("demo", "--port", "0", home=installed)
    assert answer.returncode == 1
    assert "BIHUAN_HOME" in answer.stderr
    assert inside(installed, COUNT) == "1 1\n"


def test_a_reader_of_english_is_welcomed_in_english_by_the_same_company(first_start):
    home, _said = first_start
    before = inside(home, COUNT)
    with Server("demo", home=home, LANG="en_US.UTF-8") as server:
        server.first_answer()
        said = server.stop()
    assert "Open http://127.0.0.1:" in said
    assert inside(home, COUNT) == before
