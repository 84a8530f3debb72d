"""docs/security/fields.md: who may write which field, and what is taken there, read from the tables, the forms and the verdicts.

    python scripts/field_rules.py [--check]

``--check`` writes nothing and fails when the page is not what the program says (ASVS 2.1.1, 8.1.2).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django import forms

PAGE = Path(__file__).resolve().parents[1] / "docs" / "security" / "fields.md"
HEAD = """# Who may write which field

Made by `scripts/field_rules.py` from the procedure tables, the forms and the verdicts; do not edit. A field that does not stand here is
written by nobody from outside, but for what a record itself adds to its form (its items, its measurements). Roles are codes of
`bihuan/organisation/roles.py`. A step that asks again who one is takes `password` besides; `at` is when it happened.
"""
COMBINED = """
## What must fit together

- A site belongs to the customer it is named with, a contact to the customer, a unit to the site; a foreign one is not found
  (`tests/security/test_foreign_rows.py`).
- A model belongs to its product line; a serial number is given once; dates of a unit follow one another; cover ends after it begins.
- A department belongs to the branch; a region is served by one branch at a time.
- Ends lie after beginnings; nobody is their own deputy; a role is held once at a time; one administrator always remains, and one with a password.
- What happened is not later than now; for the times of a job see `docs/procedures/AS.md`.
"""
PAGES = {  # the form's class: the address whose verdict says who
    "CustomerForm": "/customers/{customer}/edit/", "SiteForm": "/sites/{site}/edit/", "ContactForm": "/contacts/{contact}/edit/",
    "UnitForm": "/units/{unit}/edit/", "WarrantyForm": "/units/{unit}/warranty/", "LineForm": "/lines/{line}/edit/", "TermForm": "/lines/{line}/terms/new/",
    "ModelForm": "/models/{model}/edit/", "BulletinForm": "/bulletins/new/", "PersonForm": "/people/{person}/edit/",
    "DirectoryForm": "/people/{person}/directory/", "AppointmentForm": "/people/{person}/appoint/", "DeputyForm": "/deputies/new/",
    "BranchForm": "/branches/{branch}/edit/", "DepartmentForm": "/branches/{branch}/departments/", "TerritoryForm": "/territory/{region}/",
    "CalendarForm": "/calendars/{calendar}/2027/",
}  # fmt: skip


def rule(field: forms.Field) -> str:
    """What *field* takes, in a few words."""
    words = [type(field).__name__.removesuffix("Field").lower()]
    words += [f"{word} {value}" for word, value in (("≤", getattr(field, "max_length", None)),) if value]
    words += [
        f"{word} {value}"
        for word, value in (("from", getattr(field, "min_value", None)), ("to", getattr(field, "max_value", None)))
        if value is not None
    ]
    return " ".join([*words, *(["required"] if field.required else [])])


def line(what: str, who: Any, fields: dict[str, forms.Field]) -> str:
    told = "; ".join(
        f"`{name}` {rule(field)}"
        for name, field in fields.items()
        if not isinstance(field.widget, forms.HiddenInput) and name != "password"
    )
    return f"| {what} | {', '.join(sorted(who))} | {told or '–'} |"


def steps() -> Iterator[str]:
    from django.apps import apps

    from bihuan.kernel.procedures.registry import all_procedures
    from bihuan.kernel.tables.perform import form_class

    for procedure in all_procedures():
        record = apps.get_model(procedure.record)
        yield f"\n## {procedure.form}\n\n| step | who | fields |\n| --- | --- | --- |"
        for step in procedure.steps:
            if not step.follows:
                form = _opening(record) if step is procedure.opening else form_class(record, step)
                yield line(f"`{step.name}`", [party.code for party in step.by], form.base_fields if form else {})


def _opening(record: Any) -> Any:
    """The form that opens a record, which is another one than those of its steps; None where another record opens it."""
    from bihuan.api.declare import all_resources

    opening = next((resource.opening for resource in all_resources() if resource.model is record), None)
    return opening.form(record()) if opening else None


def nouns() -> Iterator[str]:
    from bihuan.kernel.testing.verdicts import verdicts

    who = {verdict.address: verdict.who for verdict in verdicts()}
    classes = {
        form.__name__: form for form in _all(forms.BaseForm) if form.__module__.split(".")[1] in {"organisation", "customers", "equipment"}
    }
    yield "\n## Master data\n\n| form | who | fields |\n| --- | --- | --- |"
    for name, address in PAGES.items():
        yield line(f"`{name}`", who[address], classes[name].base_fields)


def _all(kind: type) -> Iterator[type]:
    for one in kind.__subclasses__():
        yield one
        yield from _all(one)


def page() -> str:
    from django.urls import get_resolver
    from django.utils import translation

    get_resolver().url_patterns  # noqa: B018 -- loads every view, and with it every form and resource
    with translation.override("zh-hans"):
        return "\n".join([HEAD, *steps(), *nouns(), COMBINED])


def main() -> int:
    from bihuan.cli import start_django

    start_django()
    if "--check" in sys.argv:
        return PAGE.read_text("utf-8") != page()
    PAGE.write_text(page(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.path.insert(0, str(PAGE.parents[2]))
    sys.exit(main())
