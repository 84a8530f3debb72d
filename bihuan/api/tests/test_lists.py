"""Lists: what they show, how they are narrowed, ordered and walked, and what they refuse (#8, #26)."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bihuan.api import listing
from bihuan.api.declare import all_resources, resource_named
from bihuan.api.urls import api as ninja
from bihuan.kernel.journal.models import Entry
from bihuan.kernel.lists import search
from bihuan.service.models import ServiceRequest


def numbers(answer):
    assert answer.status_code == 200, answer.content.decode()
    return [row["number"] for row in answer.json()["items"]]


def walk(caller, path, **query):
    """All rows, page after page."""
    found, cursor = [], None
    while True:
        answer = caller.get(path, **query | ({"cursor": cursor} if cursor else {}))
        assert answer.status_code == 200, answer.content.decode()
        found += answer.json()["items"]
        cursor = answer.json()["next"]
        if not cursor:
            return found


def test_a_branch_sees_its_own_and_headquarters_sees_all(api, company):
    mine, foreign = company.registered(), company.registered(unit=company.other_unit)

    assert numbers(api("lead").get("requests")) == [mine.number]
    assert numbers(api("other_lead").get("requests")) == [foreign.number]
    assert numbers(api("desk").get("requests")) == [foreign.number, mine.number]


def test_pages_show_every_row_once_while_new_ones_come_in(api, company):
    kept = [company.registered().number for _n in range(7)]
    lead = api("lead")
    first = lead.get("requests", limit=3).json()

    company.registered()
    rest = walk(lead, "requests", limit=3, cursor=first["next"])

    assert [row["number"] for row in first["items"] + rest] == kept[::-1]


@pytest.mark.parametrize("sort", ["", "id", "-id", "called_at", "-called_at", "next_due_at", "-next_due_at", "number", "-number"])
def test_every_order_walks_through_all_rows_once_empty_values_last(api, company, sort):
    for n in range(5):
        request = company.registered(at=timezone.now() - dt.timedelta(minutes=n % 3))
        if n % 2:
            ServiceRequest.objects.filter(pk=request.pk).update(next_due_at=None)

    rows = walk(api("lead"), "requests", limit=2, **({"sort": sort} if sort else {}))

    assert len({row["number"] for row in rows}) == len(rows) == 5
    if "next_due" in sort:
        due = [row["next_due_at"] for row in rows]
        filled = [moment for moment in due if moment]
        assert due == [*sorted(filled, reverse=sort.startswith("-")), None, None]


def test_open_records_come_by_their_next_deadline(api, company):
    late, soon = company.registered(), company.registered(at=timezone.now() - dt.timedelta(minutes=20))
    cancelled = company.registered()
    api("desk").post(f"requests/{cancelled.number}/steps/cancel", {"reason": "误报"})

    assert numbers(api("lead").get("requests", open="true")) == [soon.number, late.number]
    assert numbers(api("lead").get("requests", open="false")) == [cancelled.number]


@pytest.mark.parametrize("restricted", [False, True])
def test_open_records_are_read_from_their_partial_index(company, restricted):
    """Deep pages too: the place bounds the walk along the index, nothing is sorted."""
    company.registered()
    resource, actor = resource_named("requests"), company.by("lead" if restricted else "desk")
    asked = listing._understood(resource, actor, _query("open=true"))
    rows = resource.getter.all(actor).filter(asked.condition)
    place = (timezone.now(), 5)
    with CaptureQueriesContext(connection) as ran:
        listing._walk(rows, asked.order, place, 50)
    plan = _plan(ran.captured_queries[0]["sql"])
    assert ("request_open_by_deadline" if restricted else "request_open_all") in plan, plan
    assert "TEMP B-TREE" not in plan and "Sort" not in plan, plan


def _query(text):
    from django.http import QueryDict

    return QueryDict(text)


def _plan(statement):
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")
            cursor.execute(f"EXPLAIN {statement}")
        else:
            cursor.execute(f"EXPLAIN QUERY PLAN {statement}")
        return "\n".join(str(row[-1]) for row in cursor.fetchall())


def test_filters_narrow(api, company):
    assigned, other = company.assigned(), company.registered(unit=company.machine("22A0999", "华东二厂", company.jiangsu, company.east))
    lead = api("lead")

    assert numbers(lead.get("requests", status="assigned")) == [assigned.number]
    assert numbers(lead.get("requests", status=["assigned", "forwarded"])) == [other.number, assigned.number]
    assert numbers(lead.get("requests", engineer="engineer")) == [assigned.number]
    assert numbers(lead.get("requests", unit="22A0999")) == [other.number]
    assert numbers(lead.get("requests", customer="KH-22A0999")) == [other.number]
    assert numbers(lead.get("requests", branch="HD")) == [other.number, assigned.number]
    assert numbers(lead.get("requests", overseas="true")) == []


def test_words_are_found_through_the_index(api, company):
    request = company.registered(fault="压缩机异响，油温偏高")
    company.registered(fault="显示屏不亮")
    search.index("equipment.Unit", company.unit.pk, company.east.pk, [company.unit.serial])

    assert numbers(api("lead").get("requests", q="异响")) == [request.number]
    assert numbers(api("other_lead").get("requests", q="异响")) == []
    assert [row["serial"] for row in api("lead").get("units", q=company.unit.serial).json()["items"]] == [company.unit.serial]
    assert [row["username"] for row in api("lead").get("people", q="建国").json()["items"]] == ["lead"]


def test_one_character_finds_nothing_and_says_why(api, company):
    answer = api("lead").get("requests", q="压")

    assert answer.status_code == 400
    assert "两个字" in answer.json()["detail"]


def test_changes_can_be_followed(api, company):
    quiet, busy = company.registered(), company.registered()
    lead = api("lead")
    mark = lead.get("requests").json()["latest_change"]
    assert mark == Entry.objects.order_by("-pk").first().pk
    assert numbers(lead.get("requests", changed_since=mark)) == []

    lead.post(f"requests/{busy.number}/steps/assign", {"engineer": company.engineer.pk})

    assert numbers(lead.get("requests", changed_since=mark)) == [busy.number]
    assert quiet.number in numbers(lead.get("requests", changed_since=0))


def test_deadlines_go_with_their_record_to_another_branch(api, company):
    request = company.registered()
    assert {row["record"] for row in api("lead").get("deadlines").json()["items"]} == {request.number}

    answer = api("desk").post(f"requests/{request.number}/steps/reroute", {"branch": company.north.pk, "reason": "区域有误"})

    assert answer.status_code == 200
    assert api("lead").get("deadlines").json()["items"] == []
    assert {row["clock"] for row in api("other_lead").get("deadlines").json()["items"]} == {"forwarding", "first_contact"}


def test_deadlines_can_be_narrowed_to_the_overdue(api, company):
    late, fresh = company.registered(at=timezone.now() - dt.timedelta(hours=2)), company.registered()
    rows = api("lead").get("deadlines", overdue="true").json()["items"]

    assert {(row["record"], row["clock"]) for row in rows} == {(late.number, "first_contact")}
    assert {row["record"] for row in api("lead").get("deadlines", record=fresh.number).json()["items"]} == {fresh.number}


LISTS = [resource.name for resource in all_resources()]
HOSTILE = [
    "x", "", "'; DROP TABLE x; --", '"', "\\", "%", "_", "a__b", "status__in", "_connector", "{}", "[]", "{{7*7}}", "{0.__class__}", "null", "-1", "0",
    "9" * 30, "1e9", "NaN", "ⅷ", "٣", "true'", "\u202e", "𠮷", "W10", "W251bGwsMV0", "W251bGwsIjEiXQ", "bnVsbA", "e30", "Zm9v", "=", "A" * 300, "A" * 3000,
    "WyIyMDI2LTAxLTAxIiwxXQ", "WyI5OTk5OS0wMS0wMSIsMV0", "W3siYSI6MX0sMV0", "W1tbW11dXV0", "WyJcdTAwMDAiLDFd", "WyJcdWQ4MDAiLDFd", "W3RydWUsMV0",
]  # fmt: skip


@pytest.mark.parametrize("name", LISTS)
def test_hostile_parameters_are_refused_or_find_nothing(api, company, name):
    company.registered()
    desk, resource = api("desk"), resource_named(name)
    names = listing.names_of(resource)
    for parameter in [*names, "status__in", "branch_id__gt", "_connector", "order_by", "fields", "x" * 500]:
        for value in HOSTILE:
            answer = desk.get(name, **{parameter: value})
            assert answer.status_code in {200, 400}, (parameter, value, answer.content.decode())
            if parameter not in names:
                assert answer.status_code == 400
            assert "SELECT" not in answer.content.decode()


NOT_OFFERED = [
    "status=%00",
    "q=%00%00",
    "sort=%ED%A0%80",
    "limit=101",
    "limit=0",
    "limit=1&limit=2",
    "cursor=a&cursor=b",
    "open=1",
    "open=maybe",
    "sort=branch__code",
    "sort=-",
    "sort=password",
    "page=2",
    "offset=3",
    "branch=XX",
    "engineer=other_engineer",
    "status=unheard_of",
    "changed_since=-1",
    "changed_since=abc",
    "cursor=",
    "cursor=%FF",
]


@pytest.mark.parametrize("query", [*NOT_OFFERED, f"cursor={'A' * 2001}"])
def test_what_the_list_does_not_offer_is_refused_by_name(api, company, query):
    answer = api("lead").client.get(f"/api/v1/requests?{query}", headers=api("lead").headers)

    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["errors"][0]["field"]


def test_a_refusal_names_what_may_be_asked(api, company):
    answer = api("lead").get("requests", stauts="assigned")

    assert answer.json()["errors"][0]["field"] == "stauts"
    assert "status" in answer.json()["detail"]


def test_a_foreign_and_an_absent_name_in_a_filter_are_told_alike(api, company):
    foreign = api("lead").get("requests", unit=company.other_unit.serial).json()
    absent = api("lead").get("requests", unit="NIRGENDS").json()

    assert foreign["status"] == 400
    assert foreign | {"instance": ""} == absent | {"instance": ""}


def test_a_cursor_of_another_order_is_refused_or_read_as_a_place(api, company):
    for _n in range(3):
        company.registered()
    cursor = api("lead").get("requests", limit=1, sort="called_at").json()["next"]

    assert api("lead").get("requests", sort="id", cursor=cursor).status_code in {200, 400}
    assert api("lead").get("requests", sort="called_at", cursor=cursor).status_code == 200


def test_no_list_counts_its_rows(api, company):
    company.registered()
    for name in LISTS:
        with CaptureQueriesContext(connection) as ran:
            api("desk").get(name)
        assert [query["sql"] for query in ran if "COUNT(" in query["sql"].upper()] == []


def test_every_list_answers_in_its_declared_shape(api, company):
    company.reviewed()
    document = ninja.get_openapi_schema()
    for resource in all_resources():
        answer = api("desk").get(resource.name).json()
        shape = document["paths"][f"/api/v1/{resource.name}"]["get"]["responses"][200]["content"]["application/json"]["schema"]["$ref"]
        assert set(answer) == set(document["components"]["schemas"][shape.rsplit("/", 1)[1]]["properties"])
