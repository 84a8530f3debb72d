"""The server's clock, moved under a whole installation by Debian's faketime: off for three days over the end of a month, and set
back by two hours (#75). What was missed is done once and told late; no deadline moves; nothing is done twice.

The database server of PostgreSQL keeps the true time, as a machine of its own would.
"""

import datetime as dt
import json
import shutil
import subprocess
import time
import uuid
from collections import Counter

import pytest
from django.utils import timezone

from bihuan.config.tests.program import bihuan
from bihuan.kernel.testing.marked import PHONE

from .installation import installation, send

pytestmark = [pytest.mark.both, pytest.mark.django_db]
HOUR, MINUTE = dt.timedelta(hours=1), dt.timedelta(minutes=1)
FRIDAY = dt.datetime(2026, 10, 30, 10, tzinfo=dt.timezone(8 * HOUR))
MONDAY = FRIDAY + 72 * HOUR  # of another month
REQUESTS = 4
PATIENCE = 240  # seconds that a busy machine may take to start, or to have worked

NIGHT = """
from bihuan.evidence.conformance import nightly
from bihuan.operations.nightly import nightly as back_up, tidy_files, verify_journal
from bihuan.quality.public import open_reviews
print([open_reviews(), back_up(), verify_journal(), tidy_files(), nightly()])
"""

JUDGE = """
import json
from bihuan.evidence.models import Run as Check
from bihuan.kernel.deadlines.models import Deadline
from bihuan.kernel.journal.models import Chain, Entry
from bihuan.kernel.journal.read import differences
from bihuan.kernel.notify.models import Message, Notice
from bihuan.kernel.proof.models import Checkpoint
from bihuan.operations.models import Beat, Run
from bihuan.quality.models import Review
late = Entry.objects.filter(action="deadline.missed").order_by("pk")
print(json.dumps({
    "deadlines": {row.pk: [row.record_number, row.clock, row.due_at] for row in Deadline.objects.order_by("pk")},
    "breached": list(Deadline.objects.filter(breached_at__isnull=False).order_by("pk").values_list("pk", flat=True)),
    "missed": [[entry.record_number, entry.said["data"]["clock"], entry.said["data"]["noticed_late"]] for entry in late],
    "notices": [[n.record_number, n.kind, n.facts.get("clock"), n.facts.get("noticed_late")] for n in Notice.objects.order_by("pk")],
    "messages": [[m.person.username, m.notice.kind, m.notice.record_number, m.notice.facts.get("clock")]
                 for m in Message.objects.select_related("person", "notice").order_by("pk")],
    "waiting": Notice.objects.filter(handed_out_at=None).count(),
    "nights": [[run.kind, run.night, run.ok] for run in Run.objects.exclude(night=None).order_by("pk")],
    "checks": list(Check.objects.exclude(nightly_on=None).order_by("pk").values_list("nightly_on", flat=True)),
    "reviews": sorted([review.chain, review.month] for review in Review.objects.all()),
    "began": list(Chain.objects.filter(seq__gt=0).order_by("pk").values_list("pk", flat=True)),
    "sealed": Checkpoint.objects.count(),
    "beat": max(Beat.objects.values_list("at", flat=True), default=None),
    "chain": list(differences()),
}, default=str))
"""


@pytest.fixture
def place(tmp_path):
    """An installation whose clock stands where ``at`` puts it, on the engine of the suite."""
    if not shutil.which("faketime"):
        pytest.skip("moved clocks skipped: no faketime found (apt-get install faketime)")
    with installation(tmp_path / "home") as made:
        made.settings["BIHUAN_BACKUP_TO"] = str(tmp_path / "backups")
        at(made, FRIDAY)
        made.settle(records=1)
        yield made


def at(place, moment):
    """Every process of *place* that starts from now on believes that it is *moment*, and goes on from there."""
    asked = subprocess.run(["faketime", "-m", "-f", "+0", "printenv", "LD_PRELOAD"], capture_output=True, text=True, check=True)
    ahead = f"{(moment - timezone.now()).total_seconds():+.0f}"
    place.settings |= {"LD_PRELOAD": asked.stdout.strip(), "FAKETIME": ahead, "FAKETIME_DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1"}


def judged(place):
    return json.loads(place.run(JUDGE))


def life(place, moment, holds, act=lambda server: None):
    """Serve from *moment* on with the worker, *act*, and stop when *holds* says that it was enough; what is there then, and what was heard."""
    at(place, moment)
    with place.serving() as server:
        server.first_answer("/login/", PATIENCE)
        heard = act(server)
        end = time.monotonic() + PATIENCE
        while not holds(found := judged(place)):
            assert time.monotonic() < end, f"not in {PATIENCE} s: {found}"
            time.sleep(1)
    return judged(place), heard


def registering(place, called, number):
    """Calls taken over the API; the numbers of the requests."""
    body = {"unit": place.told["unit"], "called_at": called.isoformat(), "fault": "高压报警停机", "caller_phone": PHONE}

    def act(server):
        answers = [send(server.port, "requests", body, token=place.told["desk"], key=uuid.uuid4().hex) for _number in range(number)]
        assert [status for status, _answer in answers] == [201] * number, answers
        return [answer["number"] for _status, answer in answers]

    return act


def at_rest(found):
    return found["beat"] and not found["waiting"]


def of(found, table, number, clock="first_contact"):
    return [row for row in found[table] if number in row and clock in row]


def told_once(found, number):
    """Who heard how often that nobody had spoken with the customer: the first at the hour, the others as it climbed."""
    missed = Counter(row[0] for row in of(found, "messages", number) if row[1] == "deadline_missed")
    assert missed == {"lead": 3, "head": 2, "sales_gm": 1}, number
    assert len(of(found, "missed", number)) == 1, number


def verified(place):
    """``bihuan verify`` against the checkpoints that were handed out."""
    done = bihuan("verify", "--checkpoints", str(place.home / "checkpoints"), home=place.home, **place.settings)
    assert done.returncode == 0, done.stdout + done.stderr


def test_after_three_days_off_all_that_was_missed_is_done_once_and_no_deadline_moves(place, capsys):
    before, numbers = life(place, FRIDAY, at_rest, registering(place, FRIDAY - MINUTE, REQUESTS))
    assert before["missed"] == before["reviews"] == []
    place.run(NIGHT)

    began = time.monotonic()
    after, _heard = life(
        place, MONDAY, lambda found: at_rest(found) and found["reviews"] and ["verify", str(MONDAY.date()), True] in found["nights"]
    )
    took = time.monotonic() - began
    again, _heard = life(place, MONDAY + HOUR / 6, lambda found: at_rest(found) and found["beat"] > after["beat"])

    for number in numbers:
        told_once(after, number)
        assert of(after, "missed", number) == [[number, "first_contact", True]], "told as late"
        notices = [row for row in of(after, "notices", number) if row[1] == "deadline_missed"]
        assert notices == [[number, "deadline_missed", "first_contact", True]] * 3
        assert not [row for row in of(after, "notices", number) if row[1] == "deadline_near"], "no warning of what has passed"
    assert {key: after["deadlines"].get(key) for key in before["deadlines"]} == before["deadlines"], "no deadline moved"
    assert max(Counter(map(tuple, after["missed"])).values()) == 1, "each time limit is missed once, however many days it was"
    friday, monday = str(FRIDAY.date()), str(MONDAY.date())
    assert sorted(row for row in after["nights"] if row[1] > friday) == [[kind, monday, True] for kind in ("backup", "orphans", "verify")]
    assert [night for night in after["checks"] if night > friday] == [monday]
    assert after["reviews"] == [[chain, str(FRIDAY.date().replace(day=1))] for chain in before["began"]], (
        "the month that ended meanwhile, each chain once"
    )
    assert [row[1] for row in after["notices"]].count("alarm_backup") == 1, "told that there had been none for days"
    for table in ("deadlines", "missed", "notices", "messages", "nights", "checks", "reviews"):
        assert again[table] == after[table], f"{table}: nothing of it twice"
    verified(place)
    with capsys.disabled():
        print(f"\noff for three days: {len(after['missed'])} missed, {len(after['notices'])} told, all done {took:.0f} s after the start")


def test_set_back_by_two_hours_nothing_is_done_twice_and_work_goes_on(place, capsys):
    before, (late, *_others) = life(place, FRIDAY, at_rest, registering(place, FRIDAY - 4 * HOUR, 1))
    before, running = life(place, FRIDAY + MINUTE, at_rest, registering(place, FRIDAY - MINUTE, REQUESTS))
    told_once(before, late)
    place.run(NIGHT)
    before = judged(place)

    back = FRIDAY - 2 * HOUR

    def enough(found):
        """The worker is seen to live and to seal, though what it did last lies two hours ahead."""
        return at_rest(found) and found["beat"] < before["beat"] and found["sealed"] > before["sealed"]

    after, (new,) = life(place, back, enough, registering(place, back - MINUTE, 1))
    assert "1" not in place.run(NIGHT), "no job of that night a second time"
    assert after["missed"] == before["missed"]
    assert [row for row in after["notices"] if new not in row] == before["notices"]
    assert {key: row for key, row in after["deadlines"].items() if new not in row} == before["deadlines"], "no deadline moved"
    assert (after["nights"], after["checks"], after["reviews"]) == (before["nights"], before["checks"], before["reviews"])
    assert len(of({"all": list(after["deadlines"].values())}, "all", new)) == 1
    assert after["chain"] == []
    verified(place)

    later, _heard = life(place, FRIDAY + 4 * HOUR, lambda found: at_rest(found) and len(found["missed"]) > len(before["missed"]) + REQUESTS)
    for number in (late, new, *running):
        told_once(later, number)
    assert {key: later["deadlines"].get(key) for key in after["deadlines"]} == after["deadlines"]
    verified(place)
    with capsys.disabled():
        print(f"\nset back by two hours: {len(before['missed'])} missed before and still, {len(later['missed'])} when the time had passed")
