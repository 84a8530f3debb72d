"""The worker's nights: a backup, a drill when the last good one is long ago, the journal verified, files nobody names removed.

Each once, however many workers there are.
"""

from __future__ import annotations

import logging
from datetime import date, timedelta
from itertools import islice
from pathlib import Path

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from bihuan.config import env
from bihuan.kernel.access.refusals import Refusal
from bihuan.kernel.journal.models import Chain
from bihuan.kernel.proof.verify import Verification

from .backup import back_up, folder
from .drill import drill
from .models import Run
from .record import recorded
from .tidy import tidy

log = logging.getLogger(__name__)
BROKEN_OFF = timedelta(hours=6)  # a run that has not ended by then has died with its process
BY = "worker"
MOST_FINDINGS = 20  # kept of one verification; `bihuan verify` tells all


def nightly() -> int:
    """Do tonight's backup if BIHUAN_BACKUP_TO is set, the hour has come, and nobody has; 1 when it was done here."""
    if not env.text("BIHUAN_BACKUP_TO"):
        return 0
    now = timezone.localtime()
    if now.hour < env.number("BIHUAN_BACKUP_HOUR", 2) or not claim(now.date(), Run.Kind.BACKUP):
        return 0
    try:
        back_up(folder(), by=BY, night=now.date())
        if drill_due():
            drill(folder(), by=BY)
    except Refusal as refusal:  # recorded, and shown to the administrator
        log.error("backup: %s", refusal.sentence)
    return 1


def verify_journal() -> int:
    """Tonight's verification of the journal against the checkpoints that were handed out (#80); 1 when it was done here."""
    now = timezone.localtime()
    if now.hour < env.number("BIHUAN_BACKUP_HOUR", 2) or not Chain.objects.exists() or not claim(now.date(), Run.Kind.VERIFY):
        return 0
    with recorded(Run.Kind.VERIFY, by=BY, night=now.date()) as run:
        folder = Path(settings.CHECKPOINT_DIR)
        found = list(islice(Verification(folder=folder if folder.is_dir() else None).findings(), MOST_FINDINGS))
        run.ok, run.said = not found, "\n".join(found)
    return 1


def tidy_files() -> int:
    """Tonight's look for files that no attachment names (#78); 1 when it was done here."""
    now = timezone.localtime()
    if now.hour < env.number("BIHUAN_BACKUP_HOUR", 2) or not claim(now.date(), Run.Kind.ORPHANS):
        return 0
    tidy(by=BY, night=now.date())
    return 1


def claim(night: date, kind: str = Run.Kind.BACKUP) -> bool:
    """Whether this process is the one to do it. A claim whose process died may be taken over."""
    now = timezone.now()
    rows = Run.objects.filter(kind=kind, night=night)
    if rows.exists():
        return bool(rows.filter(ended_at=None, started_at__lt=now - BROKEN_OFF).update(started_at=now))
    try:
        with transaction.atomic():
            Run.objects.create(kind=kind, started_at=now, night=night)
    except IntegrityError:
        return False
    return True


def drill_due() -> bool:
    """Whether the last good drill is older than BIHUAN_DRILL_DAYS (default 30)."""
    since = timezone.now() - timedelta(days=env.number("BIHUAN_DRILL_DAYS", 30))
    return not Run.objects.filter(kind=Run.Kind.DRILL, ok=True, ended_at__gte=since).exists()
