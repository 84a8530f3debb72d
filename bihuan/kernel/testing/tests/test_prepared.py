"""A prepared query gives what the plain one gives, in every thread, whatever the values; and refuses what it cannot do."""

import time
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Count
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bihuan.kernel.access.getters import Getter
from bihuan.kernel.access.refusals import NotFound
from bihuan.kernel.journal.models import Word
from bihuan.kernel.lists.models import Document
from bihuan.kernel.notify.models import Notice
from bihuan.kernel.prepared import Prepared, insert, update
from bihuan.kernel.testing.overlap import together
from bihuan.organisation.models import Appointment, Branch, Person
from bihuan.service.tests.company import Company

pytestmark = pytest.mark.both
IN_FORCE = Prepared(Appointment.objects.held_by)


def test_the_rows_are_those_of_the_plain_query(company: Company):
    now = timezone.now()
    for person in Person.objects.all():
        for at in (now, now - timedelta(days=9000)):
            plain = list(Appointment.objects.held_by(person.pk, at))
            assert IN_FORCE(person.pk, at) == plain
    assert IN_FORCE(company.engineer.pk, now), "somebody holds a role, or nothing was compared"


def test_what_is_brought_along_costs_no_further_statement(company: Company):
    IN_FORCE(company.engineer.pk, timezone.now())
    with CaptureQueriesContext(connection) as told:
        [one] = IN_FORCE(company.engineer.pk, timezone.now())
        assert (one.person.name, one.branch.code) == (company.engineer.name, company.engineer.home_branch.code)
    assert len(told) == 1


def test_a_text_is_a_value_and_never_sql(company: Company):
    by_code = Prepared(lambda code: Branch.objects.filter(code=code))
    assert [branch.code for branch in by_code("HD")] == ["HD"]
    assert by_code("HD' OR '1'='1") == by_code("%s") == by_code("") == []


def test_a_value_that_does_not_reach_the_sql_as_it_is_is_refused(db):
    with pytest.raises(TypeError, match="value 0"):
        Prepared(lambda part: Branch.objects.filter(code__contains=part))("H")
    with pytest.raises(TypeError, match="bool"):
        Prepared(lambda active: Branch.objects.filter(is_active=active))(True)


@pytest.mark.parametrize(
    "lookup", [{"code": "HD"}, {"code": "absent"}, {"pk": 1}, {"pk": "1"}, {"pk": "x"}, {"pk": 2**80}, {"name": "总部"}]
)
def test_a_getter_finds_by_id_and_key_what_it_shows(company: Company, lookup: dict):
    getter: Getter = Getter(Branch, branch="id", key="code")
    for actor in (company.by("desk"), company.by("lead"), company.by("engineer"), None):
        try:
            plain = getter.all(actor).filter(**lookup).order_by("pk").first()
        except (ValueError, OverflowError):
            plain = None
        for _again in range(2):
            try:
                found = getter.one(actor, **lookup)
            except NotFound:
                found = None
            assert found == plain


def test_threads_do_not_mix_their_values(committed_company: Company):
    company = committed_company
    people = list(Person.objects.all())
    plain = {person.pk: [one.pk for one in Appointment.objects.held_by(person.pk, timezone.now())] for person in people}

    def ask(number: int) -> bool:
        person = people[number % len(people)]
        return all([one.pk for one in IN_FORCE(person.pk, timezone.now())] == plain[person.pk] for _time in range(30))

    assert company.engineer in people
    assert together(8, ask).results == [True] * 8


def test_threads_that_ask_while_another_compiles_get_their_rows(committed_company: Company):
    person, now = committed_company.engineer.pk, timezone.now()
    plain = list(Appointment.objects.held_by(person, now))

    def ask(index: int, query: Prepared) -> list[Appointment]:
        time.sleep(index * 0.0006)  # compiling takes some milliseconds; so some come in the middle of it
        return query(person, now)

    for _round in range(10):
        assert together(8, ask, fresh=lambda: Prepared(Appointment.objects.held_by)).results == [plain] * 8


def _notices(count: int) -> list[Notice]:
    facts = {"text": "'; DROP TABLE x; -- 华东 %s", "n": 1, "none": None}
    return [
        Notice(key=f"k{n}", kind="x", record_type="t", record_id=n, record_number="号", branch_id=1, to_people=[n], facts=facts)
        for n in range(count)
    ]


@pytest.mark.parametrize("count", [1, 3, 100])
def test_rows_written_are_those_that_bulk_create_writes(db, count):
    insert(_notices(count))
    here = list(Notice.objects.order_by("pk").values())
    Notice.objects.all().delete()
    Notice.objects.bulk_create(_notices(count))
    plain = list(Notice.objects.order_by("pk").values())
    assert len(here) == count
    for row in (*here, *plain):
        assert abs(row.pop("created_at") - timezone.now()) < timedelta(minutes=1)
        assert row.pop("id")
    assert here == plain


def test_rows_written_know_their_ids_and_can_be_saved_again(db):
    rows = _notices(3)
    with CaptureQueriesContext(connection) as told:
        insert(rows)
    assert len(told) == 1
    for row in rows:
        assert Notice.objects.get(pk=row.pk).key == row.key
        row.attempts = 7
        row.save()
    assert list(Notice.objects.values_list("attempts", flat=True)) == [7, 7, 7]


def test_a_key_that_is_taken_is_refused_as_ever(db):
    insert(_notices(1))
    with pytest.raises(IntegrityError), transaction.atomic():
        insert(_notices(1))
    assert Notice.objects.count() == 1


def test_a_row_whose_key_is_not_drawn_keeps_its_own(db):
    insert([Word(commitment="word:x", salt="s", text="t", name="n", record_type="r")])
    assert Word.objects.get().pk == "word:x"


def test_a_row_written_over_another_keeps_its_id(db):
    for words in (["one"], ["two", "three"]):
        insert([Document(record_type="t", record_id=7, words=words)], over=("record_type", "record_id"))
        insert([Document(record_type="t", record_id=8, words=["other"])], over=("record_type", "record_id"))
    [first, second] = Document.objects.order_by("record_id").values_list("pk", "record_id")
    assert (first[1], second[1]) == (7, 8)
    again = Document(record_type="t", record_id=7, words=["four"])
    insert([again], over=("record_type", "record_id"))
    assert again.pk == first[0]


def test_an_update_writes_the_fields_named_and_no_others(db):
    one, other = rows = _notices(2)
    insert(rows)
    one.attempts, one.facts, one.handed_out_at, one.kind = 3, {"text": "新的 %s"}, None, "not named"
    with CaptureQueriesContext(connection) as told:
        assert update(one, ("attempts", "facts", "handed_out_at"))
    assert len(told) == 1
    found = Notice.objects.get(pk=one.pk)
    assert (found.attempts, found.facts, found.handed_out_at, found.kind) == (3, {"text": "新的 %s"}, None, "x")
    assert Notice.objects.get(pk=other.pk).attempts == 0


def test_an_update_tells_whether_the_row_still_held_what_was_read(db):
    [row] = _notices(1)
    insert([row])
    row.attempts = 5
    assert not update(row, ("attempts",), kind="y")
    assert Notice.objects.get().attempts == 0
    assert update(row, ("attempts",), kind="x")
    assert Notice.objects.get().attempts == 5
    row.pk += 1
    assert not update(row, ("attempts",))


def test_what_is_annotated_and_what_is_absent_come_as_in_the_plain_query(company: Company):
    def make(username: str):
        return Person.objects.filter(username=username).annotate(roles=Count("appointments")).select_related("home_branch", "department")

    for person in Person.objects.all():
        [plain], [found] = list(make(person.username)), Prepared(make)(person.username)
        assert (found.roles, found.home_branch, found.department) == (plain.roles, plain.home_branch, plain.department)
        assert found.__dict__.keys() == plain.__dict__.keys()
    assert Person.objects.filter(department=None).exists()
