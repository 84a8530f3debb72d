"""Every address, for everybody: the headers of a careful answer, and nothing kept by anybody (#25)."""

import pytest
from django.db import transaction

from bihuan.kernel.testing.verdicts import verdicts

from .world import ROLE, World

pytestmark = pytest.mark.django_db
CAREFUL = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
PARTS = ("default-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'")


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        yield World()
        transaction.set_rollback(True)


def careless(answer):
    """What *answer* lacks."""
    lacks = [name for name, value in CAREFUL.items() if answer.get(name) != value]
    policy = answer.get("Content-Security-Policy", "")
    if not ("sandbox" in policy and "default-src 'none'" in policy):  # a file from outside may do even less
        lacks += [part for part in PARTS if part not in policy]
    if "unsafe" in policy:
        lacks.append("a policy without unsafe")
    kept = answer.get("Cache-Control", "")
    if "no-store" not in kept or "private" not in kept:
        lacks.append("no-store, private")
    if answer.get("Content-Type", "").startswith("text/") and "charset=utf-8" not in answer["Content-Type"].lower():
        lacks.append("charset")
    return lacks


def test_every_answer_of_every_address_is_careful(world):
    wrong, seen = [], 0
    for verdict in verdicts():
        may = next(
            (who for who in ROLE if world.may(verdict, "own", who) and (not verdict.keys or world.sees(verdict, "own", who))), "desk"
        )
        for who in (may, "nobody"):
            for method in verdict.methods:
                answer = world.ask(who, method, world.address(verdict, "own", who))
                seen += 1
                if lacks := careless(answer):
                    wrong.append((method, verdict.address, who, answer.status_code, lacks))
    assert wrong == [], wrong[:5]
    assert seen > 300
