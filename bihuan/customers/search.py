"""What a customer is found by."""

from __future__ import annotations

from bihuan.kernel.lists import search

from .models import Contact, Customer, Phone

LONGEST = Customer._meta.get_field("initials").max_length or 0


def initials_of(name: str, short_name: str = "") -> str:
    """The pinyin initials of both names, as many whole ones as fit."""
    words = (
        dict.fromkeys([*search.pinyin_initials(short_name), *search.pinyin_initials(name)])
        if short_name
        else dict.fromkeys(search.pinyin_initials(name))
    )
    kept = ""
    for word in words:
        if len(kept) + len(word) + 1 <= LONGEST:
            kept = f"{kept} {word}".strip()
    return kept


def index_customer(customer: Customer) -> None:
    """Make a customer findable by number, name, initials, sites, people and telephone numbers. Four statements."""
    sites = list(customer.sites.all())
    people = Contact.objects.filter(customer=customer, is_active=True).values_list("name", flat=True)
    phones = Phone.objects.filter(contact__customer=customer, contact__is_active=True).values_list("digits", flat=True)
    places = [part for site in sites for part in (site.name, site.address)]
    texts = [customer.number, customer.name, customer.short_name, *places, *people, *phones]
    branches = sorted({site.branch_id for site in sites if site.branch_id})
    search.index(customer._meta.label, customer.pk, branches, [text for text in texts if text], initials=customer.initials.split())
