"""People: taken on, changed, switched off; what they are appointed to; who stands in for them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from bihuan.kernel import journal
from bihuan.kernel.access import credentials, directory, reset, sessions
from bihuan.kernel.access.actors import Actor
from bihuan.kernel.access.refusals import Conflict, Invalid

from ..keeping import change, make, spoken
from ..models import Appointment, Branch, Deputy, Person
from ..roles import ADMINISTRATOR, ROLES
from ..rules import require_administrator, require_for_absent

FIELDS = ("username", "name", "home_branch", "department", "phone", "email", "language")


def take_on(fields: dict[str, Any], *, by: Actor, at: dt.datetime) -> Person:
    """A new person, with no password: nobody can sign in as them before they have set one themselves (#22)."""
    require_administrator(by)
    person = Person(**fields)
    person.set_unusable_password()
    make(person, FIELDS, by=by, at=at, action="person.new")
    return person


def change_person(person: Person, fields: dict[str, Any], *, by: Actor, at: dt.datetime) -> None:
    """Other particulars. A new account name or address ends links for setting a password that are under way."""
    require_administrator(by)
    change(person, fields, by=by, at=at, action="person.change")


def switch_off(person: Person, *, by: Actor, at: dt.datetime, reason: str) -> None:
    """A leaver: sessions and tokens die at once, appointments end, the name stays in the records (#12).

    Raises Invalid without a reason, Conflict for oneself and for the last administrator.
    """
    require_administrator(by)
    if not reason.strip():
        raise Invalid(_("请填写停用原因，例如离职。"), field="reason")
    if person.pk == by.person_id:
        raise Conflict(_("不能停用自己，请另一位系统管理员办理。"))
    _require_other_administrator(person, at)
    with journal.unit():
        if not change(person, {"is_active": False}, by=by, at=at, action="person.off", reason=reason):
            raise Conflict(_("%(name)s 已经停用。") % {"name": person.name})
        for appointment in Appointment.objects.in_force(at).filter(person=person).select_related("person", "branch"):
            end_appointment(appointment, by=by, at=at, reason=reason)
        sessions.end_all(person)


def switch_on(person: Person, *, by: Actor, at: dt.datetime) -> None:
    """Back again; appointments are to be made anew."""
    require_administrator(by)
    if not change(person, {"is_active": True}, by=by, at=at, action="person.on"):
        raise Conflict(_("%(name)s 没有停用。") % {"name": person.name})


def password_link(person: Person, *, by: Actor, at: dt.datetime) -> str:
    """A link, ten minutes long and good once, with which *person* sets a password; for those whom no e-mail reaches.

    Raises Conflict for a leaver, and for someone who has a password and an e-mail: they ask for one themselves.
    """
    require_administrator(by)
    if not person.is_active:
        raise Conflict(_("%(name)s 已经停用，请先恢复。") % {"name": person.name})
    if directory.linked(person):
        raise Conflict(_("%(name)s 用企业账号登录，在闭环里没有密码。要改用密码，请先清空企业账号。") % {"name": person.name})
    if person.has_usable_password() and person.email:
        raise Conflict(_("%(name)s 可以在登录页用邮箱自己重设密码。") % {"name": person.name})
    with journal.unit():
        journal.append(by, "person.password-link", person, at=at)
    return str(settings.ORIGIN) + reverse("reset_open", args=[reset.token_for(person)])


def link(person: Person, name: str, *, by: Actor, at: dt.datetime) -> None:
    """From now on *person* signs in as *name* of the company's directory, and no more with a password; an empty name ends that.

    Who had the name before is forgotten, and every session ends. Raises Invalid for a name that cannot be one, Conflict for
    a taken one and for the last administrator with a password: without them nobody gets in when the directory is down.
    """
    require_administrator(by)
    kept = directory.plain(name)
    if name.strip() and not kept:
        raise Invalid(_("企业账号里有看不见或全角的字符，请逐字输入。"), field="directory_name")
    if kept:
        _require_administrator_with_password(person, at)
    with journal.unit():
        if not change(person, {"directory_name": kept, "directory_mark": ""}, by=by, at=at, action="person.directory"):
            return
        if kept:
            person.set_unusable_password()
            person.save(update_fields=["password"])
        sessions.end_all(person)


def _require_administrator_with_password(person: Person, at: dt.datetime) -> None:
    """Somebody else must be left who administers and does not need the directory. The rows are locked, as above."""
    here = Appointment.objects.in_force(at).filter(role=ADMINISTRATOR.code, person__is_active=True, person__directory_name="")
    with transaction.atomic():
        holders = {
            one.person_id for one in here.select_for_update(of=("self",)).select_related("person") if one.person.has_usable_password()
        }
    if holders == {person.pk}:
        raise Conflict(_("%(name)s 是唯一有密码的系统管理员，公司目录连不上时只有他能登录。请先另设一位。") % {"name": person.name})


def sign_out_everywhere(person: Person, *, by: Actor, at: dt.datetime, reason: str) -> None:
    """Every session and every token of *person* ends now (ASVS 7.4.5). Raises Invalid without a reason."""
    require_administrator(by)
    _require_reason(reason)
    with journal.unit():
        journal.append(by, "person.sign-out", person, at=at, reason=reason)
        sessions.end_all(person)


def free_from_second_factor(person: Person, *, by: Actor, at: dt.datetime, reason: str) -> None:
    """Somebody lost phone and recovery codes: no authenticator, code or passkey opens any more, the next sign-in sets up another.

    Raises Invalid without a reason (how they proved who they are), Conflict for oneself and where there is nothing to take away.
    """
    require_administrator(by)
    _require_reason(reason)
    if person.pk == by.person_id:
        raise Conflict(_("自己的验证器在“我的账号”里更换，不在这里解除。"))
    if not person.totp_secret and not person.passkeys.exists():
        raise Conflict(_("%(name)s 没有设两步验证，也没有通行密钥。") % {"name": person.name})
    with journal.unit():
        journal.append(by, "person.second-factor-off", person, at=at, reason=reason)
        credentials.remove_second_factor(person, by)


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise Invalid(_("请填写原因，以及怎样核实了本人身份。"), field="reason")


def appoint(
    person: Person, role: str, branch: Branch, *, by: Actor, at: dt.datetime, starts_at: dt.datetime, ends_at: dt.datetime | None = None
) -> Appointment:
    """Give *person* a role at *branch* for a time. Raises Conflict when they hold it already, Invalid for an unknown one."""
    require_administrator(by)
    if role not in ROLES:
        raise Invalid(_("没有这个角色，请从列表里选择。"), field="role")
    if not person.is_active:
        raise Conflict(_("%(name)s 已经停用，请先恢复。") % {"name": person.name})
    held = Appointment.objects.filter(person=person, role=role, branch=branch).filter(Q(ends_at__isnull=True) | Q(ends_at__gt=starts_at))
    if (held.filter(starts_at__lt=ends_at) if ends_at else held).exists():
        raise Conflict(_("%(name)s 在这段时间已经担任%(branch)s的%(role)s。") % _said(person, role, branch), field="role")
    appointment = Appointment(person=person, role=role, branch=branch, starts_at=starts_at, ends_at=ends_at)
    with journal.unit():
        try:
            with transaction.atomic():
                appointment.save()
        except IntegrityError:
            raise Conflict(_("%(name)s 在这段时间已经担任%(branch)s的%(role)s。") % _said(person, role, branch), field="role") from None
        journal.append(by, "appoint", person, at=at, after=_told(appointment))
    return appointment


def end_appointment(appointment: Appointment, *, by: Actor, at: dt.datetime, reason: str = "") -> None:
    """End a role as of *at*. Raises Conflict when it has ended, or when nobody would be left to administer."""
    require_administrator(by)
    if appointment.role == ADMINISTRATOR.code:
        _require_other_administrator(appointment.person, at)
    with journal.unit():
        open_ = Appointment.objects.filter(pk=appointment.pk).filter(Q(ends_at__isnull=True) | Q(ends_at__gt=at))
        if not open_.update(ends_at=at):
            raise Conflict(_("这项任职已经结束。"))
        before = _told(appointment)
        appointment.ends_at = at
        journal.append(by, "appointment.end", appointment.person, at=at, before=before, after=_told(appointment), reason=reason)


def _require_other_administrator(person: Person, at: dt.datetime) -> None:
    """Somebody else must be left who administers. The rows are locked, so that two do not send each other away."""
    here = Appointment.objects.in_force(at).filter(role=ADMINISTRATOR.code, person__is_active=True)
    with transaction.atomic():
        holders = {one.person_id for one in here.select_for_update(of=("self",))}
    if holders == {person.pk}:
        raise Conflict(_("%(name)s 是唯一的系统管理员，请先任命另一位。") % {"name": person.name})


def name_deputy(
    absent: Person, deputy: Person, *, by: Actor, at: dt.datetime, starts_at: dt.datetime, ends_at: dt.datetime, reason: str
) -> Deputy:
    """*deputy* acts with the roles of *absent* for a period; approvals then show both names.

    Raises Invalid for oneself, a leaver, a period run backwards or no reason; Conflict when the same deputy has been named
    for an overlapping period.
    """
    require_for_absent(by, absent.pk)
    if absent.pk == deputy.pk or not deputy.is_active:
        raise Invalid(_("请另选一位在职的代理人。"), field="deputy")
    if ends_at <= starts_at:
        raise Invalid(_("结束时间不晚于开始时间，请更正。"), field="ends_at")
    if not reason.strip():
        raise Invalid(_("请填写事由，例如出差、培训。"), field="reason")
    if Deputy.objects.filter(absent=absent, deputy=deputy, starts_at__lt=ends_at, ends_at__gt=starts_at).exists():
        raise Conflict(
            _("%(deputy)s 在这段时间已经是%(absent)s的代理人。") % {"deputy": deputy.name, "absent": absent.name}, field="deputy"
        )
    with journal.unit():
        named = Deputy.objects.create(absent=absent, deputy=deputy, starts_at=starts_at, ends_at=ends_at, reason=reason.strip())
        journal.append(by, "deputy.name", absent, at=at, after=_lent(named), reason=reason)
    return named


def end_deputy(named: Deputy, *, by: Actor, at: dt.datetime) -> None:
    """Back earlier, or not leaving after all: the period is cut to what was in force. Raises Conflict when it is over."""
    require_for_absent(by, named.absent_id)
    begun = named.starts_at < at
    period = {"ends_at": at} if begun else {"starts_at": at - dt.timedelta(seconds=1), "ends_at": at}
    with journal.unit():
        if not Deputy.objects.filter(pk=named.pk, starts_at=named.starts_at, ends_at=named.ends_at, ends_at__gt=at).update(**period):
            raise Conflict(_("这次代理已经结束或刚被改过，请刷新查看。"))
        before = _lent(named)
        named.ends_at = at
        journal.append(by, "deputy.end" if begun else "deputy.withdraw", named.absent, at=at, before=before, after={"ends_at": spoken(at)})


def _said(person: Person, role: str, branch: Branch) -> dict[str, str]:
    return {"name": person.name, "branch": branch.name, "role": str(ROLES[role].label)}


def _told(appointment: Appointment) -> dict[str, Any]:
    return {
        "role": appointment.role, "branch": appointment.branch.name, "starts_at": spoken(appointment.starts_at), "ends_at": spoken(appointment.ends_at),
    }  # fmt: skip


def _lent(named: Deputy) -> dict[str, Any]:
    return {"deputy": named.deputy.name, "starts_at": spoken(named.starts_at), "ends_at": spoken(named.ends_at)}
