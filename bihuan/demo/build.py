"""The demo company: ``build(out)`` makes it, with ninety days behind it and a morning's work in front of it."""

from __future__ import annotations

import datetime as dt
import random
from typing import TextIO

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from bihuan.customers.public import new_customer
from bihuan.kernel import journal
from bihuan.kernel.access.actors import system
from bihuan.kernel.access.refusals import Conflict, NotAllowed
from bihuan.kernel.notify.models import Message
from bihuan.kernel.tables import revisions
from bihuan.organisation.models import Branch, Person
from bihuan.service.domain import request as requests
from bihuan.service.models import ServiceRequest

from . import faults, persons, proof, world
from .cast import Cast
from .clock import as_of
from .months import reviews
from .people import COMPANY, PASSWORD, PEOPLE
from .plans import DAYS, Casebook, history, right_now
from .stage import Stage
from .story import Teller
from .visit import told

SEED = 20260101


def build(out: TextIO, *, thin: int = 1) -> None:
    """Make the demo company, and tell on *out* what to try first. The second call only tells.

    All in one transaction: an interrupted build leaves nothing. *thin* 3 tells every third story only. Raises NotAllowed in production, Conflict where other
    data is.
    """
    if settings.PRODUCTION:
        raise NotAllowed(_("这里是生产环境，不装示例公司。请换一个 BIHUAN_HOME 并去掉 BIHUAN_MODE。"))
    if not built():
        if Branch.objects.exists():
            raise Conflict(_("数据库里已有别的公司，不能再装示例公司。请换一个空的 BIHUAN_HOME。"))
        with transaction.atomic():
            _make(timezone.now(), thin)
    out.write(welcome())


def built() -> bool:
    """Whether the demo company is already there. One statement."""
    return Person.objects.filter(username=PEOPLE[0].username, name=PEOPLE[0].name).exists()


def _make(now: dt.datetime, thin: int) -> None:
    chance = random.Random(SEED)
    with as_of(now - dt.timedelta(days=DAYS + 5)):
        revisions.keep()
        people = world.lay_organisation()
        world.lay_deputies(people, now)
        today = timezone.localdate(now)
        world.lay_products(people, today)
        units = world.lay_customers(chance, today)
        journal.append_plain(
            system("示例数据"), "demo.build", COMPANY, at=timezone.now(), data={"units": len(units), "people": len(people)}
        )
    _play(Cast(people, chance), units, now, thin)
    proof.check()
    Message.objects.filter(created_at__lt=now - dt.timedelta(hours=30)).update(read_at=F("created_at"))


def _play(cast: Cast, units: list, now: dt.datetime, thin: int) -> None:
    stage, book, phrases = Stage(now, now - dt.timedelta(days=3)), Casebook(cast), world.texts("phrases")
    plans = list(history(cast, book, units, now))
    taken = {plan.unit.pk for plan in plans}
    spare = [unit for unit in units if unit.pk not in taken]
    for plan, stop in [*((plan, "") for plan in plans[::thin]), *right_now(book, units, spare, now)]:
        stage.add(told(Teller(cast, stage, plan, phrases)), stop=stop)
    stage.add(_unrouted(cast, now))
    stage.add(reviews(cast, now, DAYS))
    stage.add(persons.answered(now))
    stage.add(persons.waiting(now))
    stage.add(faults.seen_through(now))
    stage.add(faults.waiting(now))
    stage.add(faults.too_late(now))
    stage.play()


def _unrouted(cast: Cast, now: dt.datetime):
    """Someone calls for the first time, and the place is in nobody's territory yet: the desk has to ask and forward by hand."""
    called_at = now - dt.timedelta(minutes=4)
    yield called_at + dt.timedelta(minutes=2), "register"
    desk = cast.desk()
    name, phone = "刘先生", "138 0000 7788"
    customer, site = new_customer("华信模塑（筹建）", by=desk, region=None, contact=name, phone=phone)
    request = ServiceRequest(
        customer=customer, site=site, caller_name=name, caller_phone=phone, called_at=called_at,
        fault="我们从别的厂买来一台你们的二手空压机，铭牌看不清，现在一开机就跳，厂子正在搬，地址要等老板定，先帮我登记上",
        first_answer="请拍一张铭牌和控制面板的照片发来，地址确定后马上转给当地分公司。",
    )  # fmt: skip
    requests.register(request, by=desk, at=timezone.now())


def welcome() -> str:
    """What to try first, with the accounts."""
    offices = dict(Branch.objects.values_list("code", "name"))
    rows = [
        (someone.username, someone.name, str(someone.role.label), offices[someone.office], someone.sees)
        for someone in PEOPLE
        if someone.sees
    ]
    lines = [
        "",
        _("示例公司“{name}”（虚构）已就绪：五家分公司，{days} 天的记录，还有正在发生的事。").format(name=COMPANY, days=DAYS),
        "",
        _("所有账号的密码都是：{password}").format(password=PASSWORD),
        "",
        *_columns([(_("账号"), _("姓名"), _("角色"), _("所在"), _("登录后看到什么")), *rows]),
        "",
        _("先试试："),
        _("  1. 用 zhoumin 登录，来电登记里输入 138 0000 5678，看号码怎样带出客户、设备和未完的单子。"),
        _("  2. 用 lijg 登录，先处理快到点的首次联系，再审核客户已签字的服务记录。"),
        _("  3. 用 chenzq 登录，批准派工单（要再输一次密码），补批电话放行。"),
        _("  4. 用 zhangwei 登录（手机宽度），把填了一半的服务记录填完，请客户签字。"),
        "",
    ]
    return "\n".join(lines) + "\n"


def _columns(rows: list[tuple[str, ...]]) -> list[str]:
    """The rows as a table, where a Chinese character takes two columns."""
    widths = [max(_width(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  " + "  ".join(text + " " * (width - _width(text)) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _width(text: str) -> int:
    return sum(2 if ord(char) > 0x2E7F else 1 for char in text)
