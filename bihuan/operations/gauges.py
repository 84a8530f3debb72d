"""Figures of the business for Prometheus, read at each scrape from rows that are kept anyway. No figure names anybody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from bihuan.kernel.deadlines.models import Deadline
from bihuan.kernel.notify.models import Message, Notice
from bihuan.kernel.proof.deliver import states
from bihuan.kernel.proof.seal import unsealed_since

from . import beat
from .alarms import KINDS, standing
from .models import Run

MOST = 10_000  # counted at most: "ten thousand" alarms as well as a million, and costs less


class Gauges(Collector):
    """Some thirty statements on partial indexes, at each scrape. An age without a beginning (no backup yet) is left out."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        late = Deadline.objects.filter(state="running", breached_at__isnull=False)
        yield _gauge("bihuan_deadlines_overdue", "Time limits that run and have passed.", late[:MOST].count())
        yield _gauge("bihuan_mails_waiting", "Mails not sent yet.", Message.objects.filter(mail_due=True)[:MOST].count())
        yield _gauge("bihuan_notices_waiting", "Notices not handed out.", Notice.objects.filter(handed_out_at__isnull=True)[:MOST].count())
        yield _age("bihuan_journal_unsealed_seconds", "Since when a chain has grown and was not sealed; 0: all are.", unsealed_since(), 0)
        waiting = min((state.waiting_since for state in states() if state.waiting_since), default=None)
        yield _age("bihuan_checkpoint_undelivered_seconds", "Age of the oldest checkpoint on its way; 0: none.", waiting, 0)
        for kind in Run.Kind:
            good = Run.objects.filter(kind=kind, ok=True).values_list("ended_at", flat=True).first()
            yield _age(f"bihuan_{kind}_age_seconds", f"Age of the last good {kind}.", good)
        alive = beat.age()
        yield _gauge("bihuan_worker_heartbeat_age_seconds", "Since a worker was alive.", alive.total_seconds() if alive else None)
        alarm, now = GaugeMetricFamily("bihuan_alarm", "1: administrators are being told.", labels=["kind"]), standing()
        for kind in KINDS:
            alarm.add_metric([kind], float(kind in now))
        yield alarm


def _gauge(name: str, meaning: str, value: float | None) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, meaning)
    if value is not None:
        family.add_metric([], value)
    return family


def _age(name: str, meaning: str, since: datetime | None, none: float | None = None) -> GaugeMetricFamily:
    return _gauge(name, meaning, (timezone.now() - since).total_seconds() if since else none)
