"""Searching on both databases: what is in is found, what is foreign is not, and the index does the work."""

from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bihuan.kernel.access.actors import Actor, Grant, system
from bihuan.kernel.lists import search
from bihuan.kernel.lists.models import Document
from bihuan.kernel.lists.paging import newest_found, order_by

pytestmark = [pytest.mark.django_db, pytest.mark.both]
PERSON, BRANCH = "organisation.Person", "organisation.Branch"
ALL = Actor("总部", 1, (Grant("service_desk", 1, everywhere=True),))
EAST = Actor("华东", 2, (Grant("branch_lead", 3, everywhere=False),))


def put(*texts, record_id=1, branch=3, record_type=PERSON, **more):
    search.index(record_type, record_id, branch, texts, **more)


def hits(text, actor=ALL, **more):
    return [record_id for _type, record_id in search.find(actor, text, **more)]


@pytest.mark.parametrize("word", ["早上", "上开", "高压", "轴承异响", "响很", "大声"])
def test_two_characters_are_found_wherever_they_stand(word):
    put("早上开机就报高压，轴承异响很大声")
    assert hits(word) == [1]


@pytest.mark.parametrize("word", ["压高", "异轴", "响轴", "机高压", "油"])
def test_characters_in_another_order_are_not_found(word):
    put("早上开机就报高压，轴承异响很大声")
    assert hits(word) == []


def test_all_words_must_occur_and_the_last_may_be_unfinished():
    put("KX-160 螺杆机 漏油", "SN22A0457")
    assert hits("漏油 SN22") == [1]
    assert hits("SN22 漏油") == []
    assert hits("漏油 SN23") == []


@pytest.mark.parametrize("asked", ["BX-HD-2026-000417", "bx-hd-2026", "bxhd2026000417", "000417", "417", "HD-2026-0004"])
def test_a_record_is_found_by_its_number_or_a_part_of_it(asked):
    put("BX-HD-2026-000417")
    assert hits(asked) == [1]


@pytest.mark.parametrize("stored", ["13800005678", "138 0000 5678", "138-0000-5678", "１３８００００５６７８"])
@pytest.mark.parametrize("asked", ["13800005678", "138-0000-5678", "１３８００００５６７８", "1380000"])
def test_a_phone_number_is_found_however_it_is_written(stored, asked):
    put(stored)
    assert hits(asked) == [1]


def test_two_numbers_in_different_places_are_found_together():
    put("2026 年的订单", "型号 160")
    assert hits("160 2026") == [1]


def test_a_company_is_found_by_its_initials():
    put("苏州华东精密机械有限公司", initials=["苏州华东精密机械有限公司"])
    assert hits("hdjm") == [1]
    assert hits("szhd") == [1]
    assert hits("dhjm") == []


NAMES = [
    *("𠮷野家", "㐂寿堂", "欧阳·阿不都", "王工😀", "e\u0301cole", "１３８００００", "مرحبا بالعالم", "张\u200b三\u200d丰"),
    *("\u202e李四\u202c", "Öztürk", "ไทยภาษา", "a'b\"c", "x:*&|!", "AND OR NOT", "NEAR(a b)", "^start", "col : val", "\\", "%_"),
    *("'; DROP TABLE lists_document; --", "{{7*7}}"),
]


@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_name_is_found_by_itself(name):
    put(name)
    assert hits(name) == ([1] if search.is_enough(name) else [])


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(min_size=1, max_size=40))
@example("0 0:")
@example("𠮷 㐂")
def test_any_name_is_found_by_itself_and_by_its_full_width_form(db, name):
    put(name)
    expected = [1] if search.is_enough(name) else []
    assert hits(name) == expected
    wide = "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in name)
    assert hits(wide) == expected


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=60))
def test_any_query_is_answered(db, text):
    put("早上开机就报高压")
    assert hits(text) in ([], [1])


def test_the_newest_comes_first_and_the_next_page_goes_on_where_the_first_ended():
    for number in range(1, 8):
        put("漏油", record_id=number)
    assert hits("漏油", limit=3) == [7, 6, 5]
    assert hits("漏油", limit=3, before=(PERSON, 5)) == [4, 3, 2]
    assert hits("漏油", limit=3, before=(PERSON, 1)) == []


def test_very_many_hits_still_come_newest_first():
    Document.objects.bulk_create(
        Document(record_type=PERSON, record_id=number, words=search.encoder.document(["漏油"], marks=["torganisation§person", "b3"]))
        for number in range(1, 701)
    )
    assert hits("漏油", limit=3) == [700, 699, 698]
    assert hits("漏油", limit=2, before=(PERSON, 650)) == [649, 648]
    assert hits("漏油", limit=2, before=(PERSON, 3)) == [2, 1]


def test_a_changed_record_is_found_by_what_it_says_now_and_keeps_its_place():
    put("漏油", record_id=1)
    put("漏油", record_id=2)
    put("异响 漏油", record_id=1)
    assert hits("异响") == [1]
    assert hits("漏油") == [2, 1]
    put("高压", record_id=1)
    assert hits("异响") == []


def test_a_removed_record_is_not_found():
    put("漏油")
    search.remove(PERSON, 1)
    assert hits("漏油") == []


def test_what_was_rolled_back_is_not_found():
    from django.db import transaction

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        put("漏油")
        1 / 0  # noqa: B018
    assert hits("漏油") == []


def test_a_branch_finds_its_own_and_nobodys_but_not_anothers():
    put("漏油", record_id=1, branch=3)
    put("漏油", record_id=2, branch=4)
    put("漏油", record_id=3, branch=None)
    put("漏油", record_id=4, branch=[4, 3])
    assert hits("漏油", EAST) == [4, 3, 1]
    assert hits("漏油", ALL) == [4, 3, 2, 1]


def test_branch_three_does_not_see_branch_thirty():
    put("漏油", branch=30)
    assert hits("漏油", EAST) == []


@pytest.mark.parametrize("nobody", [None, Actor("无角色", 9)])
def test_who_holds_no_role_finds_nothing(nobody):
    put("漏油", branch=None)
    assert hits("漏油", nobody) == []


def test_the_system_finds_everything():
    put("漏油")
    assert hits("漏油", system("夜间任务")) == [1]


def test_a_search_may_be_narrowed_to_types():
    put("漏油", record_id=1)
    put("漏油", record_id=2, record_type=BRANCH)
    assert hits("漏油", types=[PERSON]) == [1]
    assert search.find(ALL, "漏油", types=[PERSON, BRANCH]) == [(BRANCH, 2), (PERSON, 1)]
    assert hits("漏油", types=[]) == []


def test_one_character_finds_nothing_by_itself_but_narrows_a_longer_search():
    put("水泵漏油", record_id=1)
    put("阀门漏油", record_id=2)
    assert hits("泵") == []
    assert hits("漏油 泵") == [1]
    assert hits("漏油 门") == [2]


def test_each_act_is_one_statement(django_assert_num_queries):
    with django_assert_num_queries(1):
        put("漏油")
    with django_assert_num_queries(1):
        search.index_new(PERSON, 2, 3, ["异响"])
    with django_assert_num_queries(1):
        put("高压")
    with django_assert_num_queries(1):
        hits("漏油", EAST, types=[PERSON])
    with django_assert_num_queries(1):
        search.remove(PERSON, 1)


def test_the_getter_has_the_last_word(east, south, person, east_lead, desk, django_assert_num_queries):
    near, far = person(east, "王漏油"), person(south, "赵漏油")
    for one in (near, far):  # wrongly indexed as everybody's
        search.index(PERSON, one.pk, None, [one.name])
    assert search.find_records(east_lead, "漏油") == [near]
    assert search.find_records(desk, "漏油") == [far, near]
    with django_assert_num_queries(2):
        search.find_records(desk, "漏油")


def test_hidden_hits_do_not_push_out_older_ones_that_may_be_seen(east, south, person, east_lead):
    near = person(east, "王漏油")
    search.index(PERSON, near.pk, None, [near.name])
    for _number in range(6):
        far = person(south, "赵漏油")
        search.index(PERSON, far.pk, None, [far.name])
    assert search.find_records(east_lead, "漏油", limit=3) == [near]


def test_a_type_without_getter_is_not_shown(desk):
    put("漏油", record_type="organisation.Deputy", branch=None)
    assert search.find_records(desk, "漏油") == []


def test_matching_narrows_a_queryset(east, person, desk):
    near, other = person(east, "王漏油"), person(east, "赵异响")
    for one in (near, other):
        search.index(PERSON, one.pk, east.pk, [one.name])
    people = apps.get_model(PERSON).objects
    assert list(people.filter(pk__in=search.matching(desk, PERSON, "漏油"))) == [near]
    assert list(people.filter(pk__in=search.matching(desk, PERSON, "油"))) == []
    assert list(people.filter(pk__in=search.matching(None, PERSON, "漏油"))) == []
    assert list(people.filter(pk__in=search.matching(desk, BRANCH, "漏油"))) == []


def test_the_database_answers_from_the_index():
    put("漏油")
    asked = search.query("漏油", types=[PERSON], branches=[3])
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
        explain = "EXPLAIN QUERY PLAN " if connection.vendor == "sqlite" else "EXPLAIN "
        cursor.execute(explain + search._IDS[connection.vendor], [asked])
        plan = " ".join(str(row) for row in cursor.fetchall())
    assert ("VIRTUAL TABLE INDEX" in plan and "SCAN d" not in plan) or "lists_document_words" in plan


class _Editor:
    """What a migration's function needs of a schema editor, inside the test's transaction."""

    connection = connection

    def execute(self, statement, params=None):
        with connection.cursor() as cursor:
            cursor.execute(statement)


def test_documents_of_before_the_marks_in_pairs_are_found_after_the_upgrade(monkeypatch):
    monkeypatch.setattr(search, "marks", lambda kind, branch: [search._type_mark(kind), *search._branch_marks(branch)])
    put("轴承异响", record_id=1, branch=3)
    put("轴承异响", record_id=2, branch=[3, 4])
    put("轴承异响", record_id=3, branch=4)
    put("轴承异响", record_id=4, branch=None, record_type=BRANCH)
    assert hits("异响", EAST, types=[PERSON]) == []
    import_module("bihuan.kernel.lists.migrations.0003_marks_in_pairs").forwards(apps, _Editor())
    assert hits("异响", EAST, types=[PERSON]) == [2, 1]
    assert hits("异响", EAST, types=[PERSON, BRANCH]) == [4, 2, 1]
    assert hits("异响", EAST) == [4, 2, 1] and hits("异响", types=[PERSON]) == [3, 2, 1]
    monkeypatch.undo()
    before = {one.record_id: one.words for one in Document.objects.all()} if connection.vendor == "sqlite" else {}
    for number, branch in ((1, 3), (2, [3, 4]), (3, 4)):
        put("轴承异响", record_id=number, branch=branch)
    if before:  # written anew they are what the upgrade made of them
        assert {one.record_id: one.words for one in Document.objects.all()} == before


def test_many_types_and_branches_are_searched_too():
    put("轴承异响", record_id=1, branch=3)
    put("轴承异响", record_id=2, branch=90)
    many = Actor("大区", 3, tuple(Grant("branch_lead", number, everywhere=False) for number in range(1, 80)))
    assert hits("异响", many, types=[PERSON]) == [1]


@pytest.mark.parametrize("size", [1, 2, 5, 11, 40])
@pytest.mark.parametrize("before", [None, 31, 2])
def test_the_newest_finds_are_the_first_of_all_finds(east, person, size, before):
    people = [person(east, f"王异响{number}" if number % 3 else f"李{number}") for number in range(40)]
    for one in people:
        put(one.name, record_id=one.pk, branch=east.pk)
    actor = Actor("华东", 2, (Grant("branch_lead", east.pk, everywhere=False),))
    place = None if before is None else (None, people[0].pk + before)
    order = order_by(type(people[0]), "-pk")
    for rows in (everybody(), everybody().filter(name__endswith="7"), everybody().filter(pk__lt=people[9].pk)):
        every = rows.filter(pk__in=search.matching(actor, PERSON, "异响"))
        every = order.apply(every if place is None else every.filter(order.after(place)))[:size]
        found = newest_found(rows, actor, "异响", order, place, size)
        if found is not None:
            assert [one.pk for one in found] == [one.pk for one in every]
    found = newest_found(everybody(), actor, "异响", order, place, size)
    assert found is not None, "nothing narrows them down, so the newest finds are enough"
    assert newest_found(everybody(), actor, "异响", order_by(type(people[0]), "name"), None, size) is None


def test_finds_that_are_filtered_away_make_it_look_at_all(east, person):
    people = [person(east, f"王异响{number}") for number in range(30)]
    for one in people:
        put(one.name, record_id=one.pk, branch=east.pk)
    rows = everybody().filter(pk__lte=people[2].pk)  # the oldest, beyond the 4 × 2 that are looked at
    assert newest_found(rows, ALL, "异响", order_by(type(people[0]), "-pk"), None, 2) is None


def everybody():
    return apps.get_model(PERSON).objects.all()
