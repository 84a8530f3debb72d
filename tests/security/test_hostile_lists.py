"""Every list, of the pages and of the API, asked for what nobody should ask: understood or refused, never an error (#26).

``HOSTILE_LISTS=20000`` sends the figure of the check; the ordinary run sends a few hundred. A failure tells its address.
"""

import logging
import os
import random
from collections import Counter
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import reverse

from bihuan.api.declare import all_resources
from bihuan.api.listing import names_of
from bihuan.kernel.access.tokens import issue
from bihuan.kernel.lists.declare import registry

pytestmark = [pytest.mark.django_db, pytest.mark.both]
MANY = int(os.environ.get("HOSTILE_LISTS", "400"))
SEED = int(os.environ.get("HOSTILE_SEED", "26"))
FOREIGN = [
    "_connector",
    "_negated",
    "id__in",
    "branch__code",
    "branch_id__gt",
    "name__regex",
    "password",
    "pk",
    "a.b",
    "q[]",
    "order_by",
    "page",
    "\0",
]
VALUES = [
    "", "x", "0", "1", "-1", "2", "9" * 30, "1e9", "NaN", "null", "true", "me", "open", "'", '"', "\\", "%", "_", "' OR 1=1 --", '") UNION SELECT 1,2 --', "$1",
    "status__in", "branch__parent", "-", "--pk", "?", "*", '"a" NEAR "b"', "a AND NOT b", "a:*|b", "((", "{{7*7}}", "{0.__class__}", "[]", "[1,2]", "{}", "٣",
    "ⅷ", "\u202e", "\u0000", "\u001f", "\ud800", "𠮷", "压", "压缩", "压缩机异响", "13800005678", "2026-01-01", "0001-01-01", "9999-12-31", "2026-02-30",
    "W10", "W251bGwsMV0", "WyIyMDI2LTAxLTAxIiwxXQ", "WyI5OTk5OS0wMS0wMSIsMV0", "WyJcdTAwMDAiLDFd", "WyJcdWQ4MDAiLDFd", "A" * 101, "A" * 10_000, "长" * 3_000,
]  # fmt: skip


class Asker:
    """Makes up addresses; the same seed makes the same ones."""

    def __init__(self, seed):
        self.chance = random.Random(seed)  # noqa: S311  (to be repeated, not to be secret)
        pages = {reverse("lists:list", args=[code]): self._page(declared) for code, declared in registry.items()}
        exports = {reverse("lists:export", args=[code, "csv"]): self._page(declared) for code, declared in registry.items()}
        api = {f"/api/v1/{resource.name}": names_of(resource) for resource in all_resources()}
        self.lists = pages | api | {reverse("search"): ["q"]}
        self.offered = self.lists | exports

    def _page(self, declared):
        return ["q", "sort", "after", "tab", *(name for one in declared.filters for name in one.names)]

    def address(self, number):
        path = list(self.lists)[number % len(self.lists)] if self.chance.random() < 0.97 else self.chance.choice(list(self.offered))
        return f"{path}?{'&'.join(self._pair(self.offered[path]) for _pair in range(self.chance.choice([1, 1, 1, 2, 4])))}"

    def _pair(self, names):
        name = self.chance.choice(names if self.chance.random() < 0.8 else FOREIGN)
        value = self.chance.choice(VALUES) if self.chance.random() < 0.7 else self._noise()
        raw = self.chance.random() < 0.03
        return f"{_written(name)}={'%FF%ZZ' if raw else _written(value)}"

    def _noise(self):
        return "".join(chr(self.chance.choice([self.chance.randint(1, 126), self.chance.randint(0x4E00, 0x9FFF)])) for _one in range(12))


def _written(text):
    return quote(text.encode("utf-8", "surrogatepass"), safe="")


def test_no_made_up_request_to_any_list_is_an_error(company, capsys, caplog):
    caplog.set_level(logging.CRITICAL)  # each refusal is a line
    company.registered(), company.assigned()
    page, api, asker = Client(raise_request_exception=False), Client(raise_request_exception=False), Asker(SEED)
    page.force_login(company.people["head"])
    headers = {"Authorization": f"Bearer {issue(company.people['head'], 'test')}"}
    answered, told = Counter(), set()
    for number in range(MANY):
        address = asker.address(number)
        answer = api.get(address, headers=headers) if address.startswith("/api/") else page.get(address)
        assert answer.status_code in {200, 400}, (SEED, number, address)
        if answer.status_code == 400:
            assert b"SELECT" not in answer.content.replace(b"UNION SELECT 1,2", b""), (SEED, number, address)
        if answer.streaming:
            answer.getvalue()  # an export lies in a file until it is read
        answered[answer.status_code] += 1
        told.add((address.partition("?")[0], answer.status_code))
    with capsys.disabled():
        print(f"\n{MANY} hostile requests to {len(asker.lists)} lists: {answered[200]} understood, {answered[400]} refused, none an error")
    found = reverse("search")  # finds nothing where a list would refuse
    assert {(path, 400) for path in asker.lists if path != found} <= told, "each list was asked for what it does not offer"
    assert sum(answered.values()) == MANY
    assert answered[200] > MANY / 20
