"""Known and unknown accounts are answered alike, in time too (#16)."""

import random
import statistics
import time

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher

from bihuan.kernel.access.models import Attempt

from .conftest import PASSWORD, Browser

pytestmark = [pytest.mark.alone, pytest.mark.urls("bihuan.kernel.access.tests.urls")]
PAIRS, TRIES = 100, 3


class QuickArgon2(Argon2PasswordHasher):
    """The product's hash, at a few milliseconds."""

    time_cost, memory_cost, parallelism = 1, 4096, 1


@pytest.fixture
def argon2(settings):
    settings.PASSWORD_HASHERS = [f"{__name__}.QuickArgon2"]


def likely_the_same(first, second):
    """The p-value of the Mann-Whitney test, two-sided, by the normal approximation: below 0.01 the two differ."""
    order = sorted([(value, 0) for value in first] + [(value, 1) for value in second])
    ranks = sum(rank for rank, (_value, sample) in enumerate(order, 1) if sample == 0)
    m, n = len(first), len(second)
    u = ranks - m * (m + 1) / 2
    z = abs(u - m * n / 2) / (m * n * (m + n + 1) / 12) ** 0.5
    return 2 * (1 - statistics.NormalDist().cdf(z))


def times(act, *names):
    """How long *act* takes with each of two names, in pairs of random order, so that a busy machine slows both."""
    taken = ([], [])
    for _pair in range(PAIRS):
        for which in random.sample((0, 1), 2):
            Attempt.objects.all().delete()
            started = time.perf_counter()
            act(names[which])
            taken[which].append(time.perf_counter() - started)
    return taken


def looks_the_same(act, *names):
    """Chance alone fails one comparison in a hundred; three in a row, one in a million."""
    act(names[0]), act(names[1])  # templates and connections are warm
    return any(likely_the_same(*times(act, *names)) > 0.01 for _try in range(TRIES))


@pytest.mark.django_db
def test_signing_in_takes_as_long_for_an_unknown_account(engineer, argon2):
    engineer.set_password(PASSWORD)
    engineer.save()
    browser = Browser()
    assert looks_the_same(lambda name: browser.sign_in(name, "wrong wrong wrong"), "zhang", "zhong")


@pytest.mark.django_db
def test_signing_in_takes_as_long_for_someone_who_has_no_password(engineer, manager, argon2):
    engineer.set_unusable_password()
    engineer.save()
    manager.set_password(PASSWORD)
    manager.save()
    browser = Browser()
    assert looks_the_same(lambda name: browser.sign_in(name, "wrong wrong wrong"), "zhang", "sun")


@pytest.mark.django_db
def test_asking_for_a_new_password_takes_as_long_for_an_unknown_account(engineer):
    browser = Browser()
    assert looks_the_same(lambda name: browser.post("/reset/", {"name": name}), "zhang", "zhong")


def test_the_yardstick_sees_half_a_millisecond():
    noise = random.Random(15)  # noqa: S311
    first = [noise.gauss(0.010, 0.001) for _ in range(PAIRS)]
    second = [noise.gauss(0.0105, 0.001) for _ in range(PAIRS)]
    assert likely_the_same(first, second) < 0.01
    assert likely_the_same(first, first) > 0.5
