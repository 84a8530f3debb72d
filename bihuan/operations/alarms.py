"""What administrators are told within a day when operations go wrong (#80): a notice and a mail, once a day at most, with the remedy."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Min
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from bihuan.kernel.files import clamd
from bihuan.kernel.notify.models import Notice
from bihuan.kernel.notify.sentences import register
from bihuan.kernel.proof.deliver import states
from bihuan.kernel.proof.seal import overdue
from bihuan.organisation.models import Branch
from bihuan.organisation.roles import ADMINISTRATOR

from . import beat
from .ages import LIMITS
from .models import Run

KINDS = ("backup", "drill", "verify", "checkpoint", "journal", "worker", "scanner", "orphans")
OFTEN_ENOUGH = {
    **LIMITS,
    Run.Kind.VERIFY: timedelta(hours=50),
    Run.Kind.ORPHANS: timedelta(hours=50),
}  # one night may be missed for an upgrade
MOST_SAID = 300  # characters of a failure that are repeated


def standing() -> dict[str, str]:
    """What is wrong now: kind → what was said about it (may be empty). A new installation has its first day, or month, to do things."""
    found = {kind.value: said for kind, limit in OFTEN_ENOUGH.items() if (said := _of_run(kind, limit)) is not None}
    if late := [state for state in states() if state.is_late]:
        found["checkpoint"] = " ".join(f"{state.where} {state.problem}".strip() for state in late)[:MOST_SAID]
    if overdue():
        found["journal"] = ""
    if beat.is_late() and _older_than(beat.LATE):
        found["worker"] = ""
    if not clamd.answers():
        found["scanner"] = ""
    return found


def _of_run(kind: Run.Kind, limit: timedelta) -> str | None:
    """None: all is well. A run that has not ended counts for nothing, so one that hangs grows old like one that never began."""
    ended = Run.objects.filter(kind=kind, ended_at__isnull=False)
    last = ended.first()
    if last is not None and not last.ok:
        return last.said[:MOST_SAID]
    if last is None:
        return "" if _older_than(limit) else None
    return "" if last.ended_at and last.ended_at < timezone.now() - limit else None


def _older_than(limit: timedelta) -> bool:
    """Whether this installation has existed for so long."""
    made = MigrationRecorder.Migration.objects.aggregate(at=Min("applied"))["at"]
    return made is not None and made < timezone.now() - limit


def raise_alarms(now: datetime | None = None) -> int:
    """Tell the administrators of what stands, each kind once a day; how many were told of now."""
    home = Branch.objects.filter(is_headquarters=True).first()
    if home is None or not (found := standing()):
        return 0
    day = timezone.localdate(now)
    notices = [
        Notice(
            key=f"alarm:{kind}:{day}", kind=f"alarm_{kind}", record_type=Branch._meta.label, record_id=home.pk, record_number=home.code,
            branch_id=home.pk, to_roles=[ADMINISTRATOR.code], facts={"said": said},
        )
        for kind, said in found.items()
    ]  # fmt: skip
    told = set(Notice.objects.filter(key__in=[notice.key for notice in notices]).values_list("key", flat=True))
    Notice.objects.bulk_create([notice for notice in notices if notice.key not in told], ignore_conflicts=True)
    return len(notices) - len(told)


def sentences() -> list[str]:
    """What stands now, each with its remedy, as the administrators' page shows it."""
    return [sentence_of(kind, said) for kind, said in standing().items()]


def _sentence(notice: Notice) -> str:
    return sentence_of(notice.kind.removeprefix("alarm_"), notice.facts["said"])


def sentence_of(kind: str, said: str) -> str:
    """The alarm of *kind* with its remedy, and what was *said* about it, if anything."""
    told = {
        "backup": _("备份失败或已过期。请看磁盘空间、目录权限和后台任务，改好后执行 bihuan backup。"),
        "drill": _("恢复演练失败或已过期：备份可能恢复不了。请执行 bihuan backup --drill，按它说的改好。"),
        "verify": _("日志核对没有通过，或很久没有核对。请执行 bihuan verify --checkpoints，在查清之前不要改动数据库。"),
        "checkpoint": _("日志校验点送不出去。请看保存校验点的目录能否写入、发信服务器是否正常。"),
        "journal": _("日志超过一小时没有封存。请看后台任务在不在运行，再执行 bihuan verify。"),
        "worker": _("后台任务停了：时限不再检查，提醒和邮件发不出去。请重新启动 bihuan worker。"),
        "scanner": _("病毒扫描服务没有应答，现在什么文件也收不下。请看 clamd 在不在运行，BIHUAN_CLAMD 写的地址对不对。"),
        "orphans": _(
            "没有记录指向的文件没有清理。请先执行 bihuan orphans 看是哪些；确认数据库不是旧备份、这些文件不要了，再执行 bihuan orphans --remove。"
        ),
    }[kind]
    return f"{told} {said}".strip()


for _kind in KINDS:
    register(f"alarm_{_kind}", _sentence, lambda notice: reverse("operations"))
