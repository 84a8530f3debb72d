"""What somebody who reviews the journal of a month wants to look at first (QM-7, #51): one range of one chain.

An anomaly is no deviation: the procedure may well have been kept. It is where a question is worth asking.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bihuan.kernel.journal.models import Chain, Entry
from bihuan.kernel.procedures.registry import all_procedures
from bihuan.kernel.tables.show import label
from bihuan.organisation.history import ACTS
from bihuan.organisation.models import Branch

from .months import shifted, starts
from .organisation_wide import WATCHED, words_for

NEAR = 40  # entries of a chain that may stand between two of one transaction
ORGANISATION = 0  # the chain of what belongs to no branch


class Oddity(models.TextChoices):
    NIGHT = "night", gettext_lazy("夜间录入")
    BACK_DATED = "back_dated", gettext_lazy("事后补录")
    CORRECTIONS = "corrections", gettext_lazy("一人多次更正")
    EXCEPTION = "exception", gettext_lazy("例外办理")
    RIGHTS = "rights", gettext_lazy("权限变更")
    RULES = "rules", gettext_lazy("规则变更")
    TRANSFER = "transfer", gettext_lazy("成批导入导出")
    ERASED = "erased", gettext_lazy("删除个人信息")


OF_A_BRANCH = (Oddity.NIGHT, Oddity.BACK_DATED, Oddity.CORRECTIONS, Oddity.EXCEPTION)
OF_THE_ORGANISATION = (Oddity.RIGHTS, Oddity.RULES, Oddity.TRANSFER, Oddity.ERASED, Oddity.NIGHT, Oddity.BACK_DATED)


@dataclass(frozen=True)
class Thresholds:
    """From where on something is worth a question. ``night`` in hours of the branch's own clock, its end not included."""

    night: tuple[int, int] = (22, 6)
    behind: dt.timedelta = dt.timedelta(hours=24)  # entered this much after it is said to have happened
    corrections: int = 5  # by one person in a month
    correcting: frozenset[str] = frozenset({"PG.amend", "FW.send_back"})
    exceptions: frozenset[str] = frozenset({"PG.release_by_phone", "FW.send_back"})

    def at_night(self, local: dt.datetime) -> bool:
        begins, ends = self.night
        return local.hour >= begins or local.hour < ends

    def kept(self) -> dict[str, Any]:
        """As a review keeps them beside its figures. ``behind`` in hours."""
        return {
            "night": list(self.night),
            "behind": int(self.behind.total_seconds() // 3600),
            "corrections": self.corrections,
            "correcting": sorted(self.correcting),
            "exceptions": sorted(self.exceptions),
        }


DEFAULT = Thresholds()


@dataclass(frozen=True)
class Anomaly:
    """One entry and why it is worth looking at. ``figure``: hours behind, or how many corrections."""

    kind: Oddity
    entry: Entry
    figure: int | None = None


def anomalies(branch: Branch, month: dt.date, limits: Thresholds = DEFAULT) -> list[Anomaly]:
    """Those of *branch* among the steps that people entered in *month*, in the order of entry. 2 + 2 × log2(length of the chain) statements."""
    return found_in(entries_of(branch.pk, month), branch.zone, limits)


def found_in(entries: Sequence[Entry], zone: dt.tzinfo, limits: Thresholds = DEFAULT) -> list[Anomaly]:
    """What *entries* show, a month's of one chain. Nothing is asked of the database."""
    corrections = Counter(entry.actor_id for entry in entries if entry.action in limits.correcting)
    return [one for entry in entries for one in _of(entry, zone, limits, corrections)]


def _of(entry: Entry, zone: dt.tzinfo, limits: Thresholds, corrections: Counter[int | None]) -> Iterable[Anomaly]:
    behind = entry.recorded_at - entry.happened_at
    if entry.chain == ORGANISATION:
        yield Anomaly(Oddity(WATCHED[entry.action]), entry)
    if entry.actor_id is not None and limits.at_night(entry.recorded_at.astimezone(zone)):
        yield Anomaly(Oddity.NIGHT, entry)
    if behind >= limits.behind:
        yield Anomaly(Oddity.BACK_DATED, entry, int(behind.total_seconds() // 3600))
    if entry.action in limits.correcting and corrections[entry.actor_id] >= limits.corrections:
        yield Anomaly(Oddity.CORRECTIONS, entry, corrections[entry.actor_id])
    if entry.action in limits.exceptions:
        yield Anomaly(Oddity.EXCEPTION, entry)


def entries_of(chain: int, month: dt.date, *, whole: bool = False) -> list[Entry]:
    """What a review of *month* reads: of a branch the steps that people entered, of the organisation what ``WATCHED`` names, whoever did it.

    A range of the chain's numbers, widened because one transaction's clock runs before its number is given. *whole*: with bodies.
    """
    begins, ends = starts(month), starts(shifted(month, 1))
    last = Chain.objects.filter(pk=chain).values_list("seq", flat=True).first() or 0
    from_seq, to_seq = _first_since(chain, begins, last) - NEAR, _first_since(chain, ends, last) + NEAR
    rows = Entry.objects.filter(chain=chain, seq__gte=from_seq, seq__lt=to_seq).order_by("seq")
    if chain == ORGANISATION:
        rows = rows.filter(action__in=WATCHED)
    forms = {procedure.form for procedure in all_procedures()}
    return [
        entry
        for entry in (rows if whole else rows.defer("body"))
        if begins <= entry.recorded_at < ends
        and (chain == ORGANISATION or (entry.actor_id is not None and entry.action.partition(".")[0] in forms))
    ]


def _first_since(chain: int, moment: dt.datetime, last: int) -> int:
    """The number of the first entry recorded at or after *moment*, by halving over the unique key (chain, seq)."""
    low, high = 1, last + 1
    while low < high:
        middle = (low + high) // 2
        at = Entry.objects.filter(chain=chain, seq=middle).values_list("recorded_at", flat=True).first()
        if at is not None and at >= moment:
            high = middle
        else:
            low = middle + 1
    return low


def sentence(kind: str, figure: int | None = None) -> str:
    """Why an entry is worth a question."""
    match kind:
        case Oddity.BACK_DATED:
            return _("发生后 {n} 小时才录入").format(n=figure)
        case Oddity.CORRECTIONS:
            return _("同一人本月更正 {n} 次").format(n=figure)
        case Oddity.EXCEPTION:
            return _("走了例外办理的路径")
        case _kind:
            return str(Oddity(kind).label)


def act(action: str) -> str:
    """What people call what an entry tells of."""
    return words_for(action) or str(ACTS.get(action) or label(action))


def limits_text(kept: dict[str, Any]) -> str:
    """From where on something is listed, as ``Thresholds.kept`` has it."""
    return _("夜间 {begins}–{ends} 时；晚录 {hours} 小时以上；同一人一月更正 {n} 次以上").format(
        begins=kept["night"][0], ends=kept["night"][1], hours=kept["behind"], n=kept["corrections"]
    )
