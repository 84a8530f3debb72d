"""What a branch counts is its own: nothing that happens elsewhere moves a figure, a worklist or a count (#4)."""

import datetime as dt
from difflib import unified_diff

import time_machine
from django.test import Client
from django.utils import timezone

from bihuan.customers.models import Customer
from bihuan.kernel.deadlines.models import Deadline
from bihuan.kernel.notify.deliver import hand_out
from bihuan.service.tests.company import Company

from .answers import MOMENT, TOKEN
from .story import foreign_job_of, job_of, lettered, plain

FIGURES = (
    "/",
    "/?tab=open",
    "/?tab=overdue",
    "/overview/",
    "/board/",
    "/inbox/",
    "/lists/requests/",
    "/lists/customers/",
    "/lists/units/",
    "/lists/models/",
)


def test_no_figure_of_the_east_counts_what_happens_in_the_north(db):
    with time_machine.travel(dt.datetime(2026, 6, 10, 3, 0, tzinfo=dt.UTC), tick=False):
        company = Company()
        job_of(company).filled()
        hand_out()
        clients = {who: Client() for who in ("lead", "export")}
        for who, client in clients.items():
            client.force_login(company.people[who])
        before = {(who, page): figures(client, page) for who, client in clients.items() for page in FIGURES}
        lettered(company.other_unit, plain)
        for stage in ("closed", "on_site", "registered"):
            getattr(foreign_job_of(company), stage)()
        Deadline.objects.filter(branch_id=company.north.pk, state="running").update(due_at=timezone.now() - dt.timedelta(hours=1))
        hand_out()
        after = {(who, page): figures(client, page) for who, client in clients.items() for page in FIGURES}
    assert {key: unlike(before[key], after[key]) for key in before if before[key] != after[key]} == {}
    assert Customer.objects.filter(name=plain("customer.name", 120)).exists()


def unlike(before, after):
    """The lines that are not the same."""
    return [line for line in unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0) if line[:3] not in {"---", "+++"}]


def figures(client, page):
    answer = client.get(page, follow=True)
    assert answer.status_code == 200, page
    return MOMENT.sub("…", TOKEN.sub("…", answer.content.decode()))
