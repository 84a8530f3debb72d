"""Every print is registered and journalled, and its paper can be told current or outdated."""

from dataclasses import replace

import pytest
from django.conf import settings
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from ...access.actors import Actor, system
from ...journal.models import Entry
from ...proof.seal import seal
from ..forms import Cell, Cells
from ..models import PrintRun
from ..render import fingerprint, render
from ..runs import is_current, print_of, print_record, prints_of
from .papers import Record, a_form, words

pytestmark = pytest.mark.django_db
ZHOU = Actor(name="周敏", person_id=5)


@pytest.fixture
def record() -> Record:
    return Record()


def test_a_print_is_registered_with_form_version_person_and_time(record):
    before = timezone.now()
    print_record(a_form(revision=3), record, by=ZHOU)
    run = PrintRun.objects.get()
    assert (run.record_type, run.record_id, run.record_number, run.record_version) == ("tests.Record", 417, "BX-HD-2026-000417", 7)
    assert (run.form_code, run.form_revision, run.printed_by_id, run.printed_by_name) == ("BX", 3, 5, "周敏")
    assert before <= run.printed_at <= timezone.now()


def test_a_print_is_an_entry_in_the_journal_of_the_records_branch(record):
    print_record(a_form(), record, by=ZHOU)
    entry, run = Entry.objects.get(), PrintRun.objects.get()
    assert (entry.action, entry.actor_name, entry.record_number, entry.chain) == ("print", "周敏", record.number, record.branch_id)
    assert entry.said["data"] == {"print": run.pk, "form": "BX", "revision": 1, "version": 7, "sha256": run.sha256}


def test_the_token_stays_out_of_the_journal(record):
    print_record(a_form(), record, by=ZHOU)
    assert PrintRun.objects.get().token not in Entry.objects.get().body


def test_the_paper_names_who_printed_it_and_the_version(record):
    text = words(print_record(a_form(), record, by=ZHOU))
    assert "周敏打印于" in text
    assert "记录版本7" in text


def test_the_paper_is_the_form_with_a_link_that_carries_its_token(record):
    form = a_form()
    pdf = print_record(form, record, by=ZHOU)
    run = PrintRun.objects.get()
    link = f"{settings.ORIGIN}/verify/{run.token}/"
    assert pdf == render(replace(form, record_url=link, printed_by="周敏", printed_at=run.printed_at, record_version=7))


def test_the_paper_names_the_last_entry_of_its_record_and_the_last_checkpoint(record):
    print_record(a_form(), record, by=ZHOU)
    seal()
    entry = Entry.objects.get()
    text = words(print_record(a_form(), record, by=ZHOU))
    assert f"日志{entry.chain}/{entry.seq}：{entry.hash[:16]}" in text
    assert "校验点" in text and "（1条）" in text


def test_the_registered_hash_is_the_forms_fingerprint(record):
    print_record(a_form(), record, by=ZHOU)
    assert PrintRun.objects.get().sha256 == fingerprint(a_form(record_version=7))


def test_two_prints_of_one_version_have_one_hash_and_two_tokens(record):
    for _ in range(2):
        print_record(a_form(), record, by=ZHOU)
    one, other = prints_of(record)
    assert one.sha256 == other.sha256
    assert one.token != other.token
    assert one.pk > other.pk


def test_a_paper_is_current_until_the_record_changes(record):
    print_record(a_form(), record, by=ZHOU)
    token = PrintRun.objects.get().token
    assert is_current(token, record)
    record.version += 1
    assert not is_current(token, record)


def test_a_second_print_makes_the_new_version_current_and_leaves_the_old_outdated(record):
    print_record(a_form(), record, by=ZHOU)
    record.version += 1
    print_record(a_form(), record, by=ZHOU)
    new, old = prints_of(record)
    assert (is_current(new.token, record), is_current(old.token, record)) == (True, False)


@pytest.mark.parametrize("token", ["", "invented", "x" * 5000, "\x00", "😀"])
def test_an_invented_token_is_no_print(record, token):
    print_record(a_form(), record, by=ZHOU)
    assert print_of(token, record) is None
    assert not is_current(token, record)


def test_a_token_says_nothing_of_another_record(record):
    print_record(a_form(), record, by=ZHOU)
    token = PrintRun.objects.get().token
    assert print_of(token, Record(pk=418)) is None
    assert not is_current(token, Record(pk=418))


def test_the_system_prints_under_its_own_name(record):
    print_record(a_form(), record, by=system("月度汇总"))
    run = PrintRun.objects.get()
    assert (run.printed_by_id, run.printed_by_name) == (None, "月度汇总")


def test_a_print_that_fails_is_not_registered(record):
    with pytest.raises(ValueError):
        print_record(a_form(Cells([[Cell("甲")] * 5])), record, by=ZHOU)
    assert not PrintRun.objects.exists()
    assert not Entry.objects.exists()


def test_the_register_and_the_journal_stand_or_fall_together(record):
    record.version = 7.5  # the register would take it, the journal does not
    with pytest.raises(TypeError, match="canonical"), transaction.atomic():
        print_record(a_form(), record, by=ZHOU)
    assert not PrintRun.objects.exists()
    assert not Entry.objects.exists()


def test_no_two_prints_share_a_token(record):
    print_record(a_form(), record, by=ZHOU)
    run = PrintRun.objects.get()
    run.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        run.save(force_insert=True)


def test_the_register_is_only_ever_added_to(record):
    print_record(a_form(), record, by=ZHOU)
    with pytest.raises(DatabaseError), transaction.atomic():
        PrintRun.objects.update(record_version=99)
    with pytest.raises(DatabaseError), transaction.atomic():
        PrintRun.objects.all().delete()
