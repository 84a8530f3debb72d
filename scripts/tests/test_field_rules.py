"""docs/security/fields.md is what the program says."""

from scripts.field_rules import PAGE, PAGES, page


def test_the_page_is_what_the_forms_and_the_tables_say():
    assert PAGE.read_text("utf-8") == page(), "run python scripts/field_rules.py"


def test_every_form_of_master_data_is_told():
    from bihuan.organisation.forms import NounForm

    told = [form.__name__ for form in NounForm.__subclasses__() if form.__module__.startswith("bihuan.")]
    assert sorted(set(told) - PAGES.keys()) == []
