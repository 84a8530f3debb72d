"""What is foreign and what is absent take equally long (#11): pairs of requests in random order, compared by Mann-Whitney.

``PAIRS=500`` is the acceptance figure, 40 the ordinary run. The order within a pair is drawn, so a busy machine slows both;
of three tries one must show no difference, which chance alone denies once in a million.
"""

import os
import random
import time

import pytest
from django.db import transaction

from bihuan.kernel.access.tests.test_timing import likely_the_same
from bihuan.kernel.testing.verdicts import verdicts

from .world import World

pytestmark = pytest.mark.django_db
PAIRS, TRIES = int(os.environ.get("PAIRS", "40")), 3
BY_ADDRESS = {verdict.address: verdict for verdict in verdicts()}


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        yield World()
        transaction.set_rollback(True)


def times(act, *choices):
    taken = ([], [])
    for _pair in range(PAIRS):
        for which in random.sample((0, 1), 2):
            started = time.perf_counter()
            act(choices[which])
            taken[which].append(time.perf_counter() - started)
    return taken


@pytest.mark.parametrize("address", ["/r/{request}/", "/customers/{customer}/", "/units/{unit}/"])
def test_foreign_and_absent_take_equally_long(world, address):
    who = "lead"
    addresses = [world.address(BY_ADDRESS[address], place, who) for place in ("foreign", "absent")]
    answers = [world.ask(who, "GET", one).status_code for one in addresses * 3]  # templates and connections are warm
    assert set(answers) == {404}
    found = [likely_the_same(*times(lambda one: world.ask(who, "GET", one), *addresses)) for _try in range(TRIES)]
    assert max(found) > 0.01, found
