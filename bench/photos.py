"""Run as a program of its own on a seeded installation: photos to a given size, signed records, someone who signs in with a password.

The photos go through the store: spooled, hashed, synced, published, a row and a journal entry each. They are real JPEG files, every one
of other bytes, but not encoded anew on the way in: that costs a tenth of a second each and leaves the same kind of file behind.
"""

from __future__ import annotations

import datetime as dt
import json
import random
import sys
import time
from collections.abc import Iterator
from itertools import islice
from typing import Any

PHRASE = "after the flood 闭环"
LIVES = 5  # requests lived through the verbs, their records signed by hand: the seed copies no signatures
PHOTOS = 3  # a request
COMMENT = 65_533  # bytes that fit a comment of a JPEG file


def main() -> None:
    from bihuan.cli import start_django

    start_django()
    from bihuan.kernel.proof.deliver import deliver
    from bihuan.kernel.proof.seal import seal

    started = time.monotonic()
    chance = random.Random("photos")
    username = _someone()
    signed = _lives()
    files, size = _photos(int(sys.argv[1]), chance)
    seal()
    deliver()
    told = {
        "username": username,
        "password": PHRASE,
        "signed": signed,
        "files": files,
        "bytes": size,
        "seconds": time.monotonic() - started,
    }
    print(json.dumps(told))


def _someone() -> str:
    from django.utils import timezone

    from bihuan.organisation import roles
    from bihuan.organisation.models import Appointment, Branch, Person

    branch = Branch.objects.get(code="P03")
    person = Person.objects.create_person("rt.lead", "值班站长", PHRASE, home_branch=branch)
    Appointment.objects.create(person=person, role=roles.BRANCH_LEAD.code, branch=branch, starts_at=timezone.now() - dt.timedelta(days=9))
    return person.username


def _lives() -> list[str]:
    """The numbers of requests lived to their end."""
    from django.utils import timezone

    from bihuan.demo.lives import Life, Players
    from bihuan.equipment.models import Unit
    from bihuan.kernel.access.actors import actor_for
    from bihuan.organisation.models import Person

    desk, lead, head, engineer = (Person.objects.get(username=f"pl_{name}") for name in ("desk", "lead01", "head", "eng01_00"))
    players = Players(actor_for(desk), actor_for(lead), actor_for(head), actor_for(engineer), engineer)
    numbers = []
    for unit in Unit.objects.filter(site__branch=lead.home_branch).order_by("id")[:LIVES]:
        life = Life(players, unit)
        life.clock = timezone.now() - dt.timedelta(days=1)
        numbers.append(life.live("closed").number)
    return numbers


def _photos(wanted: int, chance: random.Random) -> tuple[int, int]:
    """(files, bytes) attached, three to a request, until there are *wanted* bytes."""
    from bihuan.kernel import journal
    from bihuan.kernel.access.actors import actor_for
    from bihuan.kernel.files.store import attach
    from bihuan.organisation.models import Person
    from bihuan.service.models import ServiceRequest

    by = actor_for(Person.objects.get(username="pl_desk"))
    files, size = 0, 0
    photos = _received(chance)
    while size < wanted:
        for request in ServiceRequest.objects.order_by("id").iterator(chunk_size=500):
            with journal.unit():
                for photo in islice(photos, PHOTOS):
                    size += attach(request, photo, kind="photo", by=by).size
                    files += 1
            if size >= wanted:
                break
    return files, size


def _received(chance: random.Random) -> Iterator[Any]:
    """Photos of 1 to 3.6 MB, as phones take them, as the store has them when they have passed its checks."""
    from bihuan.demo import pictures
    from bihuan.kernel.files import disk
    from bihuan.kernel.files.media import JPEG, LARGEST
    from bihuan.kernel.files.store import Received

    picture = pictures.photo("PK-75", "0.70", good=True, note="")
    while True:
        noise = (b"\xff\xfe\xff\xff" + chance.randbytes(COMMENT) for _part in range(chance.randint(16, 55)))
        kept = disk.spool([picture[:2], *noise, picture[2:]], LARGEST)
        yield Received("photo", "现场照片.jpg", "IMG_0001.jpg", JPEG, kept, kept.sha256, *pictures.PHOTO)


if __name__ == "__main__":
    main()
