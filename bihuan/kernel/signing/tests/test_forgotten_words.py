"""#96 and #41 together: words deleted on request leave a signature intact; deleted or changed otherwise they are named."""

import hashlib
import itertools

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bihuan.kernel import journal
from bihuan.kernel.journal.canonical import canonical
from bihuan.kernel.journal.models import Word
from bihuan.kernel.journal.words import FORGET
from bihuan.kernel.signing.models import Signature
from bihuan.kernel.signing.seal import seal
from bihuan.kernel.signing.show import signature_line
from bihuan.kernel.signing.sign import content_of
from bihuan.kernel.signing.verify import verify
from bihuan.privacy.marks import Marks
from bihuan.privacy.sweep import remains

pytestmark = pytest.mark.django_db
PLACES = ("signer_name", "remarks", "strokes", "work_done", "parts")


@pytest.fixture
def signature(record, drawn):
    return drawn(record, meaning="received_with_remarks", remarks="噪声仍偏大")


def told(signature):
    return verify(Signature.objects.get(pk=signature.pk))


def words_of(signature):
    return {word.name: word for word in signature.words.values()}


def forget(record, words, by):
    with transaction.atomic():
        Word.objects.filter(pk__in=[word.pk for word in words]).delete()
        journal.append(by, FORGET, record, at=timezone.now(), data={"words": [word.pk for word in words]}, reason="本人要求")


def test_all_that_may_tell_of_a_person_is_kept_apart(signature):
    assert set(words_of(signature)) == {*PLACES, "file_name"}
    for text in ("王工", "噪声", "更换油滤", "油滤", "[[20,60"):
        assert text not in "".join(str(getattr(signature, field.attname)) for field in Signature._meta.concrete_fields)


@pytest.mark.parametrize("count", range(1, len(PLACES) + 1))
def test_whatever_is_forgotten_the_signature_stands(signature, record, zhang, count):
    for names in itertools.combinations(PLACES, count):
        with transaction.atomic():
            forget(record, [words_of(signature)[name] for name in names], zhang)
            assert told(signature) == [], names
            line = signature_line(Signature.objects.get(pk=signature.pk))
            assert (line.verdict, line.name) == ("intact", "【已删除】" if "signer_name" in names else "王工")
            transaction.set_rollback(True)


@pytest.mark.parametrize("name", PLACES)
def test_words_that_vanish_without_an_entry_are_named(signature, name):
    words_of(signature)[name].delete()
    assert any(name in problem and "已不在" in problem for problem in told(signature))


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_after_any_forgetting_any_change_of_what_is_left_is_named(signature, record, zhang, data):
    gone = data.draw(st.sets(st.sampled_from(PLACES), max_size=4))
    name = data.draw(st.sampled_from(sorted(set(PLACES) - gone)))
    with transaction.atomic():
        forget(record, [words_of(signature)[one] for one in gone], zhang)
        word = Word.objects.get(pk=words_of(signature)[name].pk)
        column = data.draw(st.sampled_from(["text", "salt"]))
        value = getattr(word, column)
        place = data.draw(st.integers(0, len(value) - 1))
        Word.objects.filter(pk=word.pk).update(**{column: value[:place] + ("0" if value[place] != "0" else "1") + value[place + 1 :]})
        assert any(name in problem for problem in told(signature)), (gone, name)
        transaction.set_rollback(True)


def test_the_salt_differs_though_the_words_are_the_same(sheet, drawn):
    one, other = words_of(drawn(sheet())), words_of(drawn(sheet()))
    assert one["signer_name"].text == other["signer_name"].text
    assert one["signer_name"].pk != other["signer_name"].pk


@pytest.fixture
def old(record, photo, zhang):
    """A signature as it was kept before schema 2: the words themselves in its columns."""
    content = content_of(record)
    signature = Signature(
        meaning="received", method="drawn", signer_name="王工", signer_capacity="客户", strokes="[[[20,60],[90,20]]]", content=canonical(content),
        record_type=content["record"]["type"], record_id=record.pk, record_number=record.number, record_version=content["record"]["version"],
        signed_at=timezone.now(), recorded_at=timezone.now(),
    )  # fmt: skip
    signature.content_hash = hashlib.sha256(signature.content.encode()).hexdigest()
    seal(signature)
    signature.save()
    with transaction.atomic():
        journal.append(zhang, "sign", record, at=timezone.now(), data={"seal": signature.seal})
    return signature


def test_a_signature_of_before_verifies_as_ever(old, record):
    assert told(old) == []
    assert signature_line(Signature.objects.get(pk=old.pk)).name == "王工"
    type(record).objects.filter(pk=record.pk).update(name="更换油虑")
    assert any("work_done" in problem for problem in told(old))


def test_a_signature_of_before_is_told_of_as_what_remains(old, record):
    assert list(remains(Marks(["王工"], [], []), [record])) == ["signing.Signature 有 1 行写于旧版本，不可改动，仍含此人的信息。"]
    assert list(remains(Marks(["王工"], [], []), [])) == []
