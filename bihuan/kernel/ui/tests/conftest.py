"""What the tests of the design system share: a way to write a template in one line."""

import datetime as dt
import re

import pytest
from django.template import engines

NOON = dt.datetime(2026, 11, 22, 4, 0, tzinfo=dt.UTC)  # 12:00 in Shanghai
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{ 7*7 }}"


@pytest.fixture
def html():
    """A function that renders a template's text with the values given, without superfluous white space."""

    def render(text, **values):
        out = engines["django"].from_string(text).render(values)
        return re.sub(r">\s+<", "><", re.sub(r"\s+", " ", out)).strip()

    return render


@pytest.fixture
def now(time_machine):
    """The present: noon in Shanghai, standing still."""
    time_machine.move_to(NOON, tick=False)
    return NOON
