"""What administrators must be told before a year begins that no calendar knows (design §3.4, #72)."""

from __future__ import annotations

from datetime import date, timedelta

from .models import Calendar

AHEAD = timedelta(days=60)


def years_to_publish(today: date) -> list[tuple[str, int]]:
    """The pairs (calendar code, year) still to be published: this year, and from 2 November (60 days ahead) the next.

    Asked of each calendar's newest revision. A pure question: telling anyone is the caller's part.
    """
    years = sorted({today.year, (today + AHEAD).year})
    newest = dict(Calendar.objects.order_by("code", "revisions__number").values_list("code", "revisions__published"))
    return [(code, year) for code, published in newest.items() for year in years if year not in (published or ())]
