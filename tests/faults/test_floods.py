"""The real server under a flood from one address and under bodies that never end; others are served (#39, #40).

``FLOOD=200x30`` sends 200 a second for 30 seconds, the figure of check #40; the ordinary run is shorter.
"""

import asyncio
import os

import pytest

from bihuan.config.tests.program import free_port
from bihuan.kernel.access.flood import STRANGERS

from . import crowd
from .installation import answers, installation, running

pytestmark = [pytest.mark.both, pytest.mark.django_db]
RATE, SECONDS = map(int, os.environ.get("FLOOD", "200x3").split("x"))
NOBODY = "/u/no-such-token/"


@pytest.fixture
def place(tmp_path):
    with installation(tmp_path / "home") as made:
        made.settle()
        yield made


@pytest.fixture
def server(place, tmp_path):
    """(port, process) of one web process."""
    port = free_port()
    command = ("up", "--workers", "1", "--no-worker", "--port", str(port))
    with running(place, *command, log=tmp_path / "web.log", BIHUAN_RATE="1200") as process:
        answers(port)
        yield port, process


def test_while_one_address_floods_others_are_served_and_nothing_piles_up(place, server, capsys):
    port, process = server
    flood, strangers, colleague = crowd.Answers(), crowd.Answers(), crowd.Answers()
    token = f"Authorization: Bearer {place.told['lead']}\r\n"

    async def everybody():
        await asyncio.gather(
            crowd.steadily(RATE, SECONDS, lambda _n: flood.ask(port, NOBODY, source="127.0.0.66")),
            crowd.steadily(4, SECONDS, lambda n: strangers.ask(port, NOBODY, source=f"127.0.1.{n % 50 + 1}")),
            crowd.steadily(2, SECONDS, lambda _n: colleague.ask(port, "/api/v1/requests", headers=token)),
        )

    asyncio.run(everybody())
    genuine = strangers.statuses.count(404) + colleague.statuses.count(200)
    asked = len(strangers.statuses) + len(colleague.statuses)
    with capsys.disabled():
        print(
            f"\nflood {RATE}/s for {SECONDS} s: {flood.statuses.count(429)} of {len(flood.statuses)} refused, p95 {flood.p95() * 1000:.0f} ms;"
            f" others {genuine} of {asked}, p95 {strangers.p95() * 1000:.0f} and {colleague.p95() * 1000:.0f} ms;"
            f" at most {flood.most_under_way} under way; {crowd.memory(process.pid) / 2**20:.0f} MiB"
        )
    assert genuine >= asked * 0.99
    assert flood.statuses.count(404) == STRANGERS
    assert flood.statuses.count(429) == RATE * SECONDS - STRANGERS, "each is answered, none is lost"
    assert flood.most_under_way <= RATE, "never more than what came in a second"
