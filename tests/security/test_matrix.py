"""Every route × every role × {own, foreign, absent}: the answer is the written one (#1, #11); changes are asked for properly (#29)."""

import re
from importlib.util import find_spec

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import Resolver404

from bihuan.kernel.lists.declare import registry
from bihuan.kernel.lists.imports import importers
from bihuan.kernel.procedures.registry import all_procedures
from bihuan.kernel.testing.routes import route_of, routes
from bihuan.kernel.testing.verdicts import ELSEWHERE, JOURNAL, verdicts
from bihuan.organisation.roles import ROLES

from .answers import same_for_all
from .tables import TECHNICAL, changed, contents
from .world import ABSENT, EVERYBODY, PERSONAL, PLACES, ROLE, World, outcome, untouched

VERDICTS = verdicts()
ADDRESSES = [verdict.address for verdict in VERDICTS]
BY_ADDRESS = dict(zip(ADDRESSES, VERDICTS, strict=True))
UNSAFE = [verdict for verdict in VERDICTS if "POST" in verdict.methods]
KEYED = [verdict.address for verdict in VERDICTS if verdict.scope in {"branch", "person", "office"}]
pytestmark = pytest.mark.django_db  # the world is built once; each test is a savepoint inside it
every_address = pytest.mark.parametrize("address", ADDRESSES)


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    """Built once; every call is taken back after it, and all of it in the end."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield World()
        transaction.set_rollback(True)


def example(verdict):
    """An address of that line, for the resolver."""
    return verdict.address.format(**{kind: ABSENT.get(kind, 1) for kind in verdict.keys})


def test_every_route_has_a_verdict_and_every_verdict_a_route():
    there = set(routes(outside=ELSEWHERE))
    judged, nowhere = set(), []
    for verdict in VERDICTS:
        try:
            judged.add(route_of(example(verdict)))
        except Resolver404:
            nowhere.append(verdict.address)
    assert sorted(route.pattern for route in there - judged) == [], "routes without a verdict: add a line to kernel/testing/verdicts.py"
    assert nowhere == [], "verdicts without a route"
    assert len(set(ADDRESSES)) == len(ADDRESSES)


def test_the_api_has_a_table_and_a_test_of_its_own():
    assert any(route.pattern.startswith(ELSEWHERE) for route in routes())
    assert find_spec("bihuan.kernel.testing.api_verdicts")
    assert find_spec("bihuan.api.tests.test_matrix")


def test_every_step_of_every_procedure_has_a_line_of_its_own():
    kinds = {"BX": "request", "PG": "order", "FW": "record", "BH": "nonconformity", "RZ": "review", "GR": "person_request"}
    procedures = all_procedures()
    assert {procedure.form for procedure in procedures} == set(kinds)
    steps = {f"/r/{{{kinds[procedure.form]}}}/steps/{step.name}/" for procedure in procedures for step in procedure.steps}
    lines = {
        address for address in ADDRESSES if address.startswith("/r/") and "/steps/" in address and not address.endswith("/no-such-step/")
    }
    assert lines == steps


def test_every_declared_list_and_every_import_has_lines_of_its_own():
    for code in registry:
        assert {f"/lists/{code}/", f"/lists/{code}/export.xlsx", f"/lists/{code}/export.csv"} <= set(ADDRESSES), code
    for kind in importers:
        assert {f"/imports/{kind}/", f"/imports/{kind}/template.xlsx"} <= set(ADDRESSES), kind


def test_all_words_of_the_table_are_known():
    for verdict in VERDICTS:
        assert verdict.methods, verdict.address
        assert verdict.scope in {"none", "open", "branch", "person", "office"}, verdict.address
        assert verdict.kind in {"page", "step", "fragment", "print", "file", "export", "public"}, verdict.address
        assert verdict.who <= {"anybody", "signed-in", "with-a-role", "@assignee", "all:administrator", "all:after_sales_head", *ROLES}, (
            verdict.address
        )
        assert bool(verdict.keys) == (verdict.scope != "none"), verdict.address
        assert (verdict.kind == "public") == ("anybody" in verdict.who), verdict.address


def calls(verdict):
    """Who asks what: everybody for every place. At the own place by each method, elsewhere by turns: one method each, all in the end."""
    if all(status == "404" for status in verdict.answers.values()):
        return [(verdict.methods[at % len(verdict.methods)], who, "own") for at, who in enumerate(EVERYBODY)]
    own = [(method, who, "own") for method in verdict.methods for who in EVERYBODY]
    if not verdict.keys:
        return own
    turns = [(at + turn, who, place) for turn, place in enumerate(PLACES[1:]) for at, who in enumerate(EVERYBODY)]
    return own + [(verdict.methods[turn % len(verdict.methods)], who, place) for turn, who, place in turns]


@every_address
def test_the_answer_is_the_written_one_for_everybody_and_every_place(world, address):
    verdict = BY_ADDRESS[address]
    wrong = []
    for method, who, place in calls(verdict):
        answer = world.ask(who, method, world.address(verdict, place, who))
        written = world.expected(verdict, method, place, who)
        if outcome(answer) not in written:
            wrong.append(f"{method} {who} {place}: {outcome(answer)}, not {sorted(written, key=str)}")
    assert wrong == []


def test_a_method_without_a_verdict_is_refused(world):
    taken = []
    for turn, verdict in enumerate(VERDICTS):
        who = somebody(world, verdict)
        for method in {"GET", "POST", ("PUT", "PATCH", "DELETE")[turn % 3]} - set(verdict.methods):
            status = world.ask(who, method, world.address(verdict, "own", who)).status_code
            if status != 405:
                taken.append((method, verdict.address, status))
    assert taken == []


def test_foreign_and_absent_are_told_in_the_same_words_with_the_same_work(world):
    differ = []
    for verdict in VERDICTS:
        if verdict.scope not in {"branch", "person", "office"}:
            continue
        for method in verdict.methods:
            (foreign, more), (absent, less) = (told(world, verdict, method, place) for place in PLACES[1:])
            more -= verdict.keys == ["photo"]  # one statement finds whose file it is; nobody guesses the 192 bits of its address
            if foreign != absent or foreign[0] not in {verdict.gone, 403} or more != less:
                differ.append((method, verdict.address, foreign[0], absent[0], more, less))
    assert differ == []


def told(world, verdict, method, place):
    """What the lead of the east is told, and in how many statements: time would tell, too."""
    asked = world.address(verdict, place, "lead")
    with CaptureQueriesContext(connection) as statements:
        answer = world.ask("lead", method, asked)
    return same_for_all(answer, asked), len(statements)


def somebody(world, verdict):
    """One who may."""
    return next(key for key in ROLE if world.may(verdict, "own", key) and (not verdict.keys or world.sees(verdict, "own", key)))


WRITES = re.compile(r"\b(?:INSERT(?: OR \w+)? INTO|UPDATE|DELETE FROM) \"(\w+)\"", re.I)  # several in one: WITH … AS (INSERT …) UPDATE …


def test_looking_changes_nothing(world):
    wrong = []
    for verdict in VERDICTS:
        if "GET" not in verdict.methods:
            continue
        who = somebody(world, verdict)
        with CaptureQueriesContext(connection) as statements:
            answer = world.ask(who, "GET", world.address(verdict, "own", who))
        written = {table for entry in statements for table in WRITES.findall(entry["sql"])} - TECHNICAL
        told = JOURNAL & verdict.leaves <= written  # a print, an export that the journal does not know of is as wrong
        if answer.status_code not in verdict.allowed("GET", signed_in=True) or not written <= verdict.leaves or not told:
            wrong.append((verdict.address, who, answer.status_code, written))
    assert wrong == []


@pytest.fixture
def strict(world):
    """A browser whose every form is checked, signed in as one who may."""

    def as_(who):
        client = Client(enforce_csrf_checks=True, raise_request_exception=False)
        client.cookies = world.cookies_of(who)
        return client

    return as_


def test_a_change_without_the_forms_token_is_refused(world, strict):
    before, taken = contents(), []
    for verdict in UNSAFE:
        who = somebody(world, verdict)
        with untouched():
            if strict(who).post(world.address(verdict, "own", who)).status_code != 403:
                taken.append(verdict.address)
    assert taken == []
    assert changed(before) == set()


def test_a_change_sent_as_text_by_another_program_is_refused(world, strict):
    taken = []
    for verdict in UNSAFE:
        who = somebody(world, verdict)
        for kind in ("text/plain", "application/json"):
            with untouched():
                if strict(who).post(world.address(verdict, "own", who), '{"step": "accept"}', content_type=kind).status_code != 403:
                    taken.append(verdict.address)
    assert taken == []


def test_a_change_from_another_origin_is_refused_even_with_the_token(world, strict):
    taken, passed = [], 0
    for verdict in UNSAFE:
        who = somebody(world, verdict)
        client, address = strict(who), world.address(verdict, "own", who)
        token = client.get("/reset/").context["csrf_token"]
        client.cookies["csrftoken"] = client.cookies["csrftoken"].value
        for origin, refused in (("https://elsewhere.example", True), ("null", True), ("http://testserver", False)):
            with untouched():
                status = client.post(address, {"csrfmiddlewaretoken": str(token)}, headers={"Origin": origin}).status_code
            if refused and status != 403:
                taken.append((verdict.address, origin))
            passed += not refused and status in verdict.allowed("POST", signed_in=True)
    assert taken == []
    assert passed == len(UNSAFE), "with the right origin and token each is heard"


def test_a_fragment_does_not_show_the_sign_in_page_inside_another(world):
    for verdict in VERDICTS:
        if "anybody" in verdict.who:
            continue
        for method in verdict.methods:
            answer = world.ask("nobody", method, world.address(verdict, "own", "nobody"), headers={"HX-Request": "true"})
            assert (answer.status_code, answer.content) == (401, b""), verdict.address
            assert answer["HX-Redirect"].startswith("/login/?next="), verdict.address


def test_the_own_places_really_belong_to_whom_the_table_says(world):
    assert set(world.belongings["lead"]) == PERSONAL
    assert world.jobs["own"].request.branch.code == "HD"
    assert world.jobs["foreign"].request.branch.code == "HB"
