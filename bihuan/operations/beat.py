"""The worker's pulse: a row that it renews, by which others see that it lives."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from .models import Beat

NAME = "worker"
EVERY = timedelta(seconds=15)
LATE = timedelta(minutes=10)  # longer than any round of work takes


def beat() -> int:
    """Say that a worker lives, at most every 15 seconds whatever their number. Always 0: it is no work done.

    What was said further ahead than that was said before the clock went back, and counts for nothing (#75).
    """
    now = timezone.now()
    if not Beat.objects.filter(name=NAME, at__gt=now - EVERY, at__lt=now + EVERY).exists():
        Beat.objects.bulk_create([Beat(name=NAME, at=now)], update_conflicts=True, unique_fields=["name"], update_fields=["at"])
    return 0


def age() -> timedelta | None:
    """How long no worker has said so; None when none ever did. One statement."""
    last = Beat.objects.filter(name=NAME).values_list("at", flat=True).first()
    return timezone.now() - last if last else None


def is_late() -> bool:
    """No worker lives. One that spoke far ahead of now spoke before the clock went back."""
    since = age()
    return since is None or abs(since) > LATE
