"""An honest sample: reproducible from its seed, recorded, and of nobody's choosing."""

import hashlib

import pytest
from django.utils import timezone

from bihuan.evidence import sample
from bihuan.evidence.access import scope_of
from bihuan.evidence.models import Draw
from bihuan.kernel.access.refusals import Invalid, NotFound
from bihuan.kernel.journal.models import Entry


def draw(company, period, who="auditor", **more):
    actor = company.by(who)
    asked = {"form": "BX", "size": 2, "seed": "20261122", "scope": scope_of(actor, more.pop("branch", "")), "period": period}
    return sample.draw(actor, at=timezone.now(), **(asked | more))


def test_the_draw_is_the_documented_one():
    numbers = [f"BX-HD-2026-{n:06d}" for n in range(1, 21)]
    by_hand = sorted((hashlib.sha256(f"7|{number}".encode()).hexdigest(), number) for number in numbers)
    assert sample.drawn(reversed(numbers), 5, "7") == [number for _hash, number in by_hand[:5]]
    assert sample.drawn(numbers, 5, "8") != sample.drawn(numbers, 5, "7")
    assert sample.drawn(["BX-HD-2026-000001", "BX-HD-2026-000002", "BX-HD-2026-000003"], 1, "种子") == ["BX-HD-2026-000001"]


def test_the_same_seed_draws_the_same_records_and_the_journal_says_who_drew_them(company, period):
    numbers = {company.registered().number for _n in range(6)}

    first, second = draw(company, period), draw(company, period)

    assert first.numbers == second.numbers
    assert set(first.numbers) <= numbers
    assert (len(first.numbers), first.population) == (2, 6)
    said = Entry.objects.filter(action="evidence.sample").latest("pk").said
    assert (said["actor"]["name"], said["data"]["seed"], said["data"]["numbers"]) == ("沈思", "20261122", second.numbers)


def test_a_later_record_shows_as_a_changed_population(company, period):
    company.registered()
    made = draw(company, period)
    assert sample.again(company.by("auditor"), made) == {"population": 1, "same_population": True, "same_sample": True}
    company.registered()
    again = sample.again(company.by("auditor"), made)
    assert (again["population"], again["same_population"]) == (2, False)


def test_a_branch_lead_draws_from_his_branch_only_and_sees_no_draw_of_others(company, period):
    company.registered()
    company.registered(unit=company.other_unit)
    everywhere = draw(company, period, size=5)
    own = draw(company, period, who="lead", size=5)

    assert [number[:5] for number in own.numbers] == ["BX-HD"]
    assert sorted(number[:5] for number in everywhere.numbers) == ["BX-HB", "BX-HD"]
    assert sample.one(company.by("lead"), own.pk) == own
    with pytest.raises(NotFound):
        sample.one(company.by("lead"), everywhere.pk)
    assert sample.all_of(company.by("lead")) == [own]


@pytest.mark.parametrize(
    ("given", "field"), [({"size": 0}, "size"), ({"size": 201}, "size"), ({"seed": " "}, "seed"), ({"form": "XX"}, "form")]
)
def test_what_cannot_be_drawn_is_refused_with_its_field(company, period, given, field):
    company.registered()
    with pytest.raises(Invalid) as refusal:
        draw(company, period, **given)
    assert refusal.value.field == field
    assert not Draw.objects.exists()


def test_an_empty_population_is_refused(company, period):
    with pytest.raises(Invalid, match="这一期间没有 BX"):
        draw(company, period)
