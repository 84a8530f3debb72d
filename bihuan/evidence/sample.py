"""The honest sample: who chose nothing but a number and a seed chose no record (acceptance part 8).

The population is all records of one form entered in the period in the branches looked at. Each number is given the
SHA-256 of ``seed|number`` (UTF-8, in hexadecimal); the sample is those with the smallest, in that order. Anyone repeats
it with the standard library; a later record changes the population's hash, which is kept with the draw.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from bihuan.kernel import journal
from bihuan.kernel.access.actors import Actor
from bihuan.kernel.access.getters import getter_for
from bihuan.kernel.access.refusals import Invalid, NotFound
from bihuan.kernel.procedures.declare import Procedure
from bihuan.kernel.procedures.registry import all_procedures
from bihuan.kernel.tables.pages import page_of

from .access import Scope, require_reader, scope_of
from .models import Draw
from .period import Period

MOST = 200


def drawn(numbers: Iterable[str], size: int, seed: str) -> list[str]:
    """The sample: the *size* numbers whose SHA-256 of ``seed|number`` is smallest, smallest first."""
    return sorted(numbers, key=lambda number: (hashlib.sha256(f"{seed}|{number}".encode()).hexdigest(), number))[:size]


def fingerprint(numbers: Iterable[str]) -> str:
    """The SHA-256 of the numbers in order, one a line: which population it was."""
    return hashlib.sha256("\n".join(sorted(numbers)).encode()).hexdigest()


def population(actor: Actor, procedure: Procedure, branches: list[int], period: Period) -> list[str]:
    """The numbers of that form's records entered in the period, in those branches, that *actor* may see."""
    rows = getter_for(procedure.record).all(actor).filter(branch_id__in=branches, created_at__gte=period.begins, created_at__lt=period.ends)
    return list(rows.order_by().values_list("number", flat=True))


def draw(actor: Actor, *, form: str, size: int, seed: str, scope: Scope, period: Period, at: datetime) -> Draw:
    """Draw a sample and record it, with a journal entry. Raises Invalid when there is nothing to draw from, or too much is asked."""
    procedure = next((found for found in all_procedures() if found.form == form), None)
    if procedure is None:
        raise Invalid(_("请选择表单。"), field="form")
    if not 1 <= size <= MOST:
        raise Invalid(_("请填写 1 到 {most} 之间的数量。").format(most=MOST), field="size")
    if not seed.strip():
        raise Invalid(_("请填写种子，例如今天的日期或当场掷出的数字。"), field="seed")
    numbers = population(actor, procedure, scope.ids, period)
    if not numbers:
        raise Invalid(_("这一期间没有 {form}，请换一个期间或表单。").format(form=form), field="form")
    made = Draw(
        form=form, first_month=period.first, last_month=period.last, branches=sorted(scope.ids), branch_name=scope.chosen.name if scope.chosen else "",
        size=size, seed=seed.strip(), population=len(numbers), population_sha256=fingerprint(numbers), numbers=drawn(numbers, size, seed.strip()),
        drawn_by_id=actor.person_id, drawn_by=actor.name, drawn_at=at,
    )  # fmt: skip
    with journal.unit():
        made.save(force_insert=True)
        said = {
            "form": form, "from": period.first, "to": period.last, "branches": made.branches, "size": size, "seed": made.seed,
            "population": made.population, "population_sha256": made.population_sha256, "numbers": made.numbers,
        }  # fmt: skip
        journal.append_plain(actor, "evidence.sample", made.number, at=at, data=said)
    return made


def one(actor: Actor, key: int) -> Draw:
    """That draw, for who may see all the branches it was drawn from. Raises NotFound, alike for absent and foreign ones."""
    found = Draw.objects.filter(pk=key).first()
    if found is None:
        raise NotFound
    require_reader(actor, found.branches)
    return found


def all_of(actor: Actor, limit: int = 50) -> list[Draw]:
    """The latest draws from branches that *actor* may see."""
    mine = set(scope_of(actor).ids)
    return [found for found in Draw.objects.order_by("-pk")[: limit * 4] if set(found.branches) <= mine][:limit]


def shown(actor: Actor, made: Draw) -> list[tuple[str, str, str]]:
    """The drawn records in the order drawn: number, what it is, where it stands; only the number of one that *actor* may not see any more."""
    procedure = next(found for found in all_procedures() if found.form == made.form)
    records = {record.number: record for record in getter_for(procedure.record).all(actor).filter(number__in=made.numbers)}
    return [
        (number, page_of(record).title(record), str(procedure.status(record.status).label))
        if (record := records.get(number))
        else (number, "", "")
        for number in made.numbers
    ]


def again(actor: Actor, made: Draw) -> dict[str, Any]:
    """The same draw from the records as they are now: whether the population and the sample are still the same."""
    procedure = next(found for found in all_procedures() if found.form == made.form)
    numbers = population(actor, procedure, made.branches, Period(made.first_month, made.last_month))
    return {
        "population": len(numbers),
        "same_population": fingerprint(numbers) == made.population_sha256,
        "same_sample": drawn(numbers, made.size, made.seed) == made.numbers,
    }
