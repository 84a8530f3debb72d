"""``bihuan check``: is this machine, with these settings, good enough? One line each, and an exit code for monitoring."""

from __future__ import annotations

import os
import shutil
import stat
import unicodedata
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.checks import run_checks
from django.db import OperationalError, connection
from django.utils import timezone
from django.utils.translation import gettext as _

from bihuan.cli import start_django
from bihuan.cli_start import waiting
from bihuan.config.checks import durability

LEAST_DISK = 500 * 2**20  # below this a photo or a checkpoint may not fit any more
GOOD_DISK = 5 * 2**30


@dataclass(frozen=True)
class Verdict:
    """``level``: ok, warn or bad; ``said``: what was found; ``remedy``: what to do about it."""

    level: str
    subject: str
    said: str
    remedy: str = ""


def check(_arguments: Namespace) -> int:
    """Print the table; 1 when anything is bad."""
    start_django()
    found = list(verdicts())
    width = max(_columns(verdict.subject) for verdict in found)
    for verdict in found:
        mark = {"ok": "✓", "warn": "!", "bad": "✗"}[verdict.level]
        print(f"{mark} {verdict.subject}{' ' * (width - _columns(verdict.subject))}  {verdict.said}")
        if verdict.remedy:
            print(f"  → {verdict.remedy}")
    bad, warned = (sum(verdict.level == level for verdict in found) for level in ("bad", "warn"))
    if bad:
        print(_("结论：不合格，{bad} 项必须改，{warned} 项请留意。").format(bad=bad, warned=warned))
    else:
        print(_("结论：合格，{warned} 项请留意。").format(warned=warned))
    return 1 if bad else 0


def _columns(text: str) -> int:
    """Its width on a terminal, where a Chinese character takes two columns."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def verdicts() -> Iterator[Verdict]:
    """Everything that can be found out without changing anything."""
    yield from _database()
    yield from _calendars()
    yield _fonts()
    yield _disk()
    yield _secret()
    yield from _checkpoints()
    yield from _settings()


def _database() -> Iterator[Verdict]:
    name = _("数据库")
    try:
        found = durability()
    except OperationalError as problem:
        yield Verdict("bad", name, str(problem).strip(), _("请核对 DATABASE_URL，并确认数据库已启动。"))
        return
    yield Verdict("ok", name, f"{connection.display_name} {_version()} · {connection.settings_dict['NAME']}")
    for setting, value, right in found:
        yield Verdict("ok" if right else "bad", f"  {setting}", value, "" if right else _("断电时可能丢失记录，请恢复默认值。"))
    yield from _schema()


def _version() -> str:
    return ".".join(map(str, connection.get_database_version()))


def _schema() -> Iterator[Verdict]:
    if count := waiting():
        yield Verdict("bad", _("数据库版本"), _("还有 {count} 个升级没有执行").format(count=count), _("启动 bihuan up 时自动执行。"))
    else:
        yield Verdict("ok", _("数据库版本"), _("与程序一致"))


def _calendars() -> Iterator[Verdict]:
    from bihuan.kernel.calendars.models import Calendar
    from bihuan.kernel.calendars.warnings import years_to_publish

    name = _("工作日历")
    if Calendar._meta.db_table not in connection.introspection.table_names() or not Calendar.objects.exists():
        yield Verdict("warn", name, _("还没有工作日历"), _("建立日历之前，按工作时间计算的时限无法给出。"))
        return
    if unpublished := years_to_publish(timezone.localdate()):
        said = "、".join(_("{code} {year} 年").format(code=code, year=year) for code, year in unpublished)
        yield Verdict("warn", name, _("尚未发布：{years}").format(years=said), _("请按放假通知发布该年的日历，此前按普通星期计算。"))
    else:
        yield Verdict("ok", name, _("今年和将到的一年都已发布"))


def _fonts() -> Verdict:
    fonts = Path(__file__).resolve().parent / "kernel" / "printing" / "fonts"
    missing = [name for name in ("NotoSansSC-Regular.ttf", "NotoSansSC-Bold.ttf", "coverage.json") if not (fonts / name).is_file()]
    if missing:
        return Verdict("bad", _("打印字体"), _("缺少 {names}").format(names="、".join(missing)), _("执行 make vendor 取回。"))
    return Verdict("ok", _("打印字体"), "Noto Sans SC")


def _disk() -> Verdict:
    free = shutil.disk_usage(settings.HOME).free
    said = _("{home} 所在磁盘剩余 {free:.1f} GB").format(home=settings.HOME, free=free / 2**30)
    if not os.access(settings.HOME, os.W_OK):
        return Verdict("bad", _("磁盘"), _("{home} 不可写").format(home=settings.HOME), _("把目录的所有者改成运行账号。"))
    level = "bad" if free < LEAST_DISK else "warn" if free < GOOD_DISK else "ok"
    return Verdict(level, _("磁盘"), said, "" if level == "ok" else _("请清理或扩容，照片和校验点都要写在这里。"))


def _secret() -> Verdict:
    file = settings.HOME / "secret.key"
    if file.exists() and stat.S_IMODE(file.stat().st_mode) & 0o077:
        return Verdict("bad", _("密钥"), _("{file} 别人也能读").format(file=file), f"chmod 600 {file}")
    return Verdict("ok", _("密钥"), _("只有运行账号能读"))


def _checkpoints() -> Iterator[Verdict]:
    """How old what left the database is, and whether anything is stuck on its way."""
    from bihuan.kernel.proof.deliver import states
    from bihuan.kernel.proof.seal import overdue

    if "proof_delivery" not in connection.introspection.table_names():
        return
    if chains := overdue():
        said = _("日志链 {chains} 一小时以上没有签发校验点").format(chains="、".join(map(str, chains)))
        yield Verdict("bad", _("日志校验点"), said, _("确认后台任务在运行，再用 bihuan verify 核对日志有没有被改写。"))
    for state in states():
        name = _("校验点 → {place}").format(place=state.label)
        if not state.where:
            yield Verdict("warn", name, _("没有设置"), _("设置 BIHUAN_CHECKPOINT_MAIL。"))
            continue
        last = timezone.localtime(state.last).strftime("%Y-%m-%d %H:%M") if state.last else _("还没有")
        said = _("{where}，最后送达 {last}，等待 {count} 个").format(where=state.where, last=last, count=state.waiting)
        remedy = (state.problem or _("后台任务没有在运行？")) if state.is_late else ""
        yield Verdict("bad" if state.is_late else "ok", name, said, remedy)


def _settings() -> Iterator[Verdict]:
    """The system checks of the applications; in production also those for deployment."""
    found = run_checks(include_deployment_checks=settings.PRODUCTION)
    if settings.PRODUCTION:
        found += run_checks(tags=["database"], databases=["default"], include_deployment_checks=True)
    for message in found:
        yield Verdict("bad" if message.is_serious() else "warn", message.id or _("设置"), str(message.msg), message.hint or "")
    if not found:
        yield Verdict("ok", _("设置"), _("模式 {mode}，没有问题").format(mode=settings.MODE))
