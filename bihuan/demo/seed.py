"""Many requests with their whole history, for benches: copies of a dozen real lives, reproducible by their seed.

Each copy has rows of its own everywhere: request, orders, records, carry lists, contact lines, deadlines, journal entries
chained per branch, search documents. Two things are simpler than in life: times within a copy are shifted as they
are, so that working-time limits may fall on a day off; and customers' signatures are not copied.
"""

from __future__ import annotations

import datetime as dt
import json
import random
import time
from collections import defaultdict
from functools import lru_cache
from typing import Any, TextIO

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bihuan.evidence.tally import fold
from bihuan.kernel.access.refusals import NotAllowed
from bihuan.kernel.deadlines.sweep import sweep
from bihuan.kernel.lists import encoder
from bihuan.kernel.lists.models import Document
from bihuan.kernel.lists.search import marks
from bihuan.kernel.notify.models import Notice
from bihuan.kernel.numbering.models import Counter

from . import pour
from .clock import as_of
from .lives import KINDS, OPEN, START, Life
from .mould import MAIN, Cast
from .seed_world import Owner, Place, World, lay_world

BATCH = 2000
YEARS = 3
COMMON, RARE = "异响", "渗漏"  # in one fault of twenty; in one of two thousand
FORMS = {"service.ServiceRequest": "BX", "service.DispatchOrder": "PG", "service.ServiceRecord": "FW"}
PARTS = (
    "主机",
    "冷凝器",
    "油泵",
    "控制柜",
    "风机",
    "联轴器",
    "进气阀",
    "冷却塔",
    "干燥机",
    "储气罐",
    "皮带",
    "传感器",
    "电磁阀",
    "接触器",
    "膨胀阀",
    "油分芯",
)
SIGNS = (
    "报警停机",
    "温度偏高",
    "压力上不去",
    "启动不了",
    "运行不稳",
    "显示黑屏",
    "漏油",
    "噪声变大",
    "频繁加卸载",
    "通信中断",
    "电流偏大",
    "结霜",
)
WHEN = ("早上开机时", "夜班发现", "满负荷时", "停机以后", "保养之后", "下雨以后", "换班时", "今天中午", "连续几天", "突然")
ASIDES = (
    "，麻烦尽快来人看看",
    "，车间等着用气",
    "，已经停下来了",
    "，备用机先顶着",
    "，复位还能转一会儿",
    "，以前没有过",
    "",
    "，请先电话联系",
)


def seed(requests: int, seed: int, out: TextIO) -> None:
    """Add *requests* invented requests; the same *seed* on the same database gives the same. Raises NotAllowed in production."""
    if settings.PRODUCTION:
        raise NotAllowed(_("这里是生产环境，不添加虚构数据。"))
    started, chance = time.monotonic(), random.Random(seed)
    with transaction.atomic():
        world = lay_world(chance, requests)
        casts = _lived(world)
        _Pourer(world, casts, chance).pour(requests, timezone.now())
    _analysed()
    _swept()
    _analysed()
    seconds = time.monotonic() - started
    out.write(
        _("已添加 {count} 张报修单，用时 {seconds:.1f} 秒（每秒 {rate:.0f} 张）。\n").format(
            count=requests, seconds=seconds, rate=requests / seconds
        )
    )


def _lived(world: World) -> dict[str, Cast]:
    """Every kind of life, lived once and taken back."""
    place, casts = world.places[0], {}
    unit = place.owners[0].unit
    names = {
        place.players.desk.name: "desk_name", place.players.lead.name: "lead_name", place.players.head.name: "head_name",
        place.players.engineer.name: "engineer_name", place.branch.name: "branch_name", unit.customer.name: "customer_name",
    }  # fmt: skip
    people = {
        place.players.desk.person_id: "desk_id", place.players.lead.person_id: "lead_id", place.players.head.person_id: "head_id",
        place.players.engineer.person_id: "engineer_id",
    }  # fmt: skip
    for _share, kind in KINDS:
        with transaction.atomic(), as_of(START):
            casts[kind] = Cast(Life(place.players, unit).live(kind), names, people)
            transaction.set_rollback(True)
    return casts


def _analysed() -> None:
    """Tell PostgreSQL's planner how much there is now: without autovacuum each batch of the fold would sort all time limits."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def _swept() -> None:
    """What fell due meanwhile is noticed now, as the worker would; nobody's inbox is flooded with it."""
    sweep()
    Notice.objects.filter(handed_out_at__isnull=True).update(handed_out_at=timezone.now())
    fold()


class _Pourer:
    """Makes the copies and writes them in batches, in the order of their calls."""

    def __init__(self, world: World, casts: dict[str, Cast], chance: random.Random) -> None:
        self.world, self.casts, self.chance = world, casts, chance
        self.ids = {model._meta.label: pour.next_id(model) for model in MAIN}
        self.counters: dict[tuple[str, str, int], int] = defaultdict(int)
        self.counters |= {(row.form, row.branch, row.year): row.last for row in Counter.objects.all()}
        self.chains, self.tables = pour.Chains(), pour.Tables()
        self.documents: list[tuple[str, int, list[str]]] = []

    def pour(self, count: int, now: dt.datetime) -> None:
        planned = self._plan(count, now)
        for start in range(0, count, BATCH):
            plans = planned[start : start + BATCH]
            self.chains.write(until=plans[0][0].isoformat(timespec="microseconds"))
            for called_at, kind in plans:
                self._copy(called_at, kind, now)
            self.tables.write()
            pour.insert(Document._meta.db_table, ("record_type", "record_id", "words"), pour.document_rows(self.documents))
            self.documents.clear()
        self.chains.write()
        self.chains.close()
        self._close_counters()
        pour.settle_sequences(MAIN)

    def _plan(self, count: int, now: dt.datetime) -> list[tuple[dt.datetime, str]]:
        """When each call came and how its life went: finished ones over three years, open ones in the last two days."""
        kinds = self.chance.choices([kind for _share, kind in KINDS], [share for share, _kind in KINDS], k=count)
        long, short = YEARS * 365 * 86400.0, 2 * 86400.0
        return sorted(
            (now - dt.timedelta(seconds=self.chance.uniform(1800, short) if kind in OPEN else self.chance.uniform(20 * 86400, long)), kind)
            for kind in kinds
        )

    def _copy(self, called_at: dt.datetime, kind: str, now: dt.datetime) -> None:
        cast, place = self.casts[kind], self.chance.choice(self.world.places)
        owner, engineer = self.chance.choice(place.owners), self.chance.choice(place.engineers)
        fault = self._fault()
        ids, numbers = [], []
        year = called_at.astimezone(place.branch.zone).year
        for label in cast.labels:
            ids.append(self.ids[label])
            self.ids[label] += 1
            key = FORMS[label], place.branch.code, year
            self.counters[key] += 1
            numbers.append(f"{key[0]}-{key[1]}-{year}-{self.counters[key]:06d}")
        named = {
            **place.values, **owner.values, "engineer_id": engineer.pk, "engineer_name": engineer.name, "fault": fault,
            "findings": f"{fault[:12]}，经查属实。",
        }  # fmt: skip
        if kind in OPEN:  # none of its steps lies in the future
            called_at = min(called_at, now - (cast.bases_done - cast.called_at))
        filled = cast.fill(called_at, lambda key: _value(key, named, ids, numbers))
        for mould in cast.moulds:
            self.tables.rows[mould.table, mould.columns].append(mould.get(filled))
        self.chains.add(place.branch.pk, filled, cast.bodies)
        self._found_by(cast.labels, ids, numbers, fault, place, owner, engineer.name)

    def _fault(self) -> str:
        pick = self.chance.choice
        text = f"{pick(WHEN)}{pick(PARTS)}{pick(SIGNS)}{pick(ASIDES)}"
        number = self.chance.random()
        return f"{text}，有{COMMON}" if number < 0.05 else f"{text}，接头{RARE}" if number > 0.9995 else text

    def _found_by(
        self, labels: list[str], ids: list[int], numbers: list[str], fault: str, place: Place, owner: Owner, engineer: str
    ) -> None:
        customer = owner.customer
        for label, pk, number in zip(labels, ids, numbers, strict=True):
            texts = [number, numbers[0], customer.name]
            if label == "service.ServiceRequest":
                texts = [
                    number,
                    fault,
                    customer.name,
                    customer.short_name,
                    "王工",
                    "138 0000 0001",
                    owner.unit.serial,
                    owner.unit.model.name,
                    owner.site.name,
                ]
            elif label == "service.DispatchOrder":
                texts = [number, "检查故障原因并处理", engineer, numbers[0], customer.name]
            self.documents.append((label, pk, _document(label, place.branch.pk, texts, customer.initials)))

    def _close_counters(self) -> None:
        rows = [Counter(form=form, branch=branch, year=year, last=last) for (form, branch, year), last in self.counters.items()]
        Counter.objects.bulk_create(rows, update_conflicts=True, unique_fields=["form", "branch", "year"], update_fields=["last"])


def _value(key: Any, named: dict[str, Any], ids: list[int], numbers: list[str]) -> Any:
    if isinstance(key, tuple):
        kind, inner = key
        if kind == "json":
            return json.dumps(str(_value(inner, named, ids, numbers)), ensure_ascii=False)[1:-1]
        return ids[inner] if kind == "id" else numbers[inner]
    return named[key]


@lru_cache(maxsize=200_000)
def _tokens(text: str) -> tuple[list[str], set[str]]:
    return encoder.tokens(text)


def _document(label: str, branch_id: int, texts: list[str], initials: str) -> list[str]:
    """The tokens as ``encoder.document`` gives them, with those of texts met before remembered."""
    ordered = [f"{encoder.MARK}{mark}" for mark in marks(label, branch_id)]
    further = set(initials.split()) if label == "service.ServiceRequest" else set()
    for text in texts:
        inside, beside = encoder.tokens(text) if text[2:3] == "-" else _tokens(text)
        ordered += [*inside, encoder.MARK]
        further |= beside
    return [*ordered, *sorted(further)]
