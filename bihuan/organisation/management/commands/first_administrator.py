"""The way into an empty system: headquarters, its working calendar and one administrator. There are no default accounts (#22)."""

from __future__ import annotations

import getpass
import sys
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from bihuan.kernel import journal
from bihuan.kernel.access.actors import system
from bihuan.kernel.calendars.china import ensure_chinese_calendar
from bihuan.organisation.models import Appointment, Branch, Person
from bihuan.organisation.roles import ADMINISTRATOR


class Command(BaseCommand):
    help = "Set up headquarters and the first administrator; the password is asked for, or read from standard input."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("name", help="as it stands in the records")
        parser.add_argument("--code", default="ZB", help="headquarters' code in record numbers")
        parser.add_argument("--headquarters", default="总部", help="headquarters' name")

    def handle(self, *args: Any, username: str, name: str, code: str, headquarters: str, **options: Any) -> None:
        if Appointment.objects.in_force(timezone.now()).filter(role=ADMINISTRATOR.code, person__is_active=True).exists():
            raise CommandError(_("已有系统管理员，请由管理员在“组织”里登记其他人员。"))
        password = _password()
        person = Person(username=username, name=name)
        try:
            validate_password(password, person)
        except ValidationError as problem:
            raise CommandError(" ".join(problem.messages)) from None
        with journal.unit():
            ensure_chinese_calendar()
            home, _made = Branch.objects.get_or_create(is_headquarters=True, defaults={"code": code, "name": headquarters})
            person.home_branch = home
            person.set_password(password)
            person.save()
            Appointment.objects.create(person=person, role=ADMINISTRATOR.code, branch=home)
            journal.append(
                system("first_administrator"),
                "person.new",
                person,
                at=timezone.now(),
                after={"username": username, "role": ADMINISTRATOR.code},
            )
        self.stdout.write(_("管理员 %(name)s 已建立，请登录后登记分公司、地区和人员。") % {"name": name})


def _password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    first, second = getpass.getpass(_("密码：")), getpass.getpass(_("再输一次："))
    if first != second:
        raise CommandError(_("两次输入的密码不同，请重来。"))
    return first
