"""A field that names another row takes no foreign one: refused, and not a byte of any table has changed (#3)."""

import pytest
from django.db import transaction
from django.urls import Resolver404

from bihuan.customers.models import Contact, Site
from bihuan.kernel.notify.models import Message
from bihuan.kernel.testing.verdicts import verdicts

from .naming import CASES, call, homeless, names_a_row
from .tables import changed, contents
from .world import ROLE, World, untouched

pytestmark = pytest.mark.django_db  # the world is built once; each test is a savepoint inside it
NONSENSE = [987_654_321, "²", "9" * 30, "-1", "x", "１２３４５６７８"]
WITH_A_KEY = ["/units/new/?customer={customer_id}"]  # pages whose form shows only when the address names something


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        yield World()
        transaction.set_rollback(True)


def forms_on(answer):
    """The forms of a page, wherever its context keeps them."""
    if not answer.context:
        return
    found = answer.context.get("form")
    if hasattr(found, "fields"):
        yield found
    yield from (form for form in (answer.context.get("forms") or {}).values() if hasattr(form, "fields"))


def fields_that_name_rows(world):
    """(line of the table, field) for every form that any page shows to anybody."""
    for verdict in verdicts():
        if (
            "GET" in verdict.methods
            and "200" in verdict.answers["GET"]
            and verdict.kind in {"page", "step"}
            and "gallery" not in verdict.address
        ):
            who = next(key for key in ROLE if world.may(verdict, "own", key) and (not verdict.keys or world.sees(verdict, "own", key)))
            for form in forms_on(world.ask(who, "GET", world.address(verdict, "own", who))):
                yield from ((verdict.address, name) for name, field in form.fields.items() if names_a_row(name, field))
    for pattern in WITH_A_KEY:
        who, make = CASES[pattern]
        with untouched():
            address = make(world).address
        for form in forms_on(world.ask(who, "GET", address)):
            yield from ((pattern, name) for name, field in form.fields.items() if names_a_row(name, field))


def test_every_field_that_names_a_row_is_told_here(world):
    there = set(fields_that_name_rows(world))
    told = set()
    for pattern, (_who, make) in CASES.items():
        with untouched():
            told |= {(pattern, name) for name in make(world).foreign}
    assert there - told == set(), "add the field to naming.py"
    assert len(there) > 30


@pytest.mark.parametrize("pattern", CASES)
def test_a_field_takes_what_is_offered_and_nothing_foreign(world, pattern):
    who, make = CASES[pattern]
    wrong = []
    with untouched():
        filled = make(world)
        right = post(world, who, filled.address, filled.data)
        assert right.status_code == 302, [form.errors for form in forms_on(right)]
        before = contents()
        for name, foreign in filled.foreign.items():
            for key in [*foreign, *NONSENSE]:
                data = filled.data | {name: key} | ({"unit": ""} if pattern == "/requests/new/" and name in {"customer", "site"} else {})
                if name == "new_region":
                    data |= {"customer": "", "site": "", "contact": "", "unit": "", "new_name": "新客户"}
                status = post(world, who, filled.address, data).status_code
                if not 400 <= status < 500 or changed(before):
                    wrong.append((name, key, status, changed(before)))
    assert wrong == []


def post(world, who, address, data):
    """The answer; refused ones must not need taking back, so only what was accepted is."""
    client = world.clients[who]
    accepted = transaction.atomic()
    accepted.__enter__()
    answer = client.post(address, data)
    if answer.status_code in {200, 302}:
        transaction.set_rollback(True)
    accepted.__exit__(None, None, None)
    return answer


def test_what_a_call_names_belongs_together(world):
    """The desk sees both branches: still a call from the east is not about a site, a person or a machine of the north."""
    own, foreign = world.company.unit, world.company.other_unit
    with untouched():
        filled = call(world)
        data = filled.data | {"customer": own.customer_id, "site": own.site_id, "contact": own.site.contacts.first().pk, "unit": ""}
        assert post(world, "desk", "/requests/new/", data).status_code == 302
        before, taken = contents(), []
        for name, key in (("site", foreign.site_id), ("contact", foreign.site.contacts.first().pk), ("unit", foreign.pk)):
            status = post(world, "desk", "/requests/new/", data | {name: key}).status_code
            if status != 422 or changed(before):
                taken.append((name, status))
    assert taken == []


def test_a_branch_cannot_give_its_site_away_by_a_field_it_was_not_offered(world):
    site = world.company.unit.site
    with untouched():
        data = {
            "name": site.name,
            "region": "320000",
            "branch": world.company.north.pk,
            "reason": "…",
            "customer": world.company.other_unit.customer_id,
        }
        assert world.clients["lead"].post(f"/sites/{site.pk}/edit/", data).status_code == 302
        assert (Site.objects.get(pk=site.pk).branch, Site.objects.get(pk=site.pk).customer_id) == (world.company.east, site.customer_id)


def test_the_parameters_of_an_address_open_nothing_foreign(world):
    company = world.company
    before = contents()
    for address in (
        f"/units/new/?customer={company.other_unit.customer_id}",
        f"/units/{company.unit.serial}/edit/?customer={company.other_unit.customer_id}",
    ):
        assert world.ask("lead", "GET", address).status_code == 404
        assert world.ask("lead", "POST", address).status_code == 404
    assert world.ask("lead", "GET", "/lists/requests/?branch=HB").status_code in {200, 400, 422}
    page = world.ask("lead", "GET", f"/deputies/new/?person={company.other_lead.pk}").context["form"]
    assert page["absent"].value() == company.lead.pk
    assert changed(before) == set()


def test_reading_somebody_elses_messages_marks_nothing(world):
    theirs = world.belongings["other_lead"]["message"]
    with untouched():
        for ids in ([theirs], [theirs, 987_654_321], ["²"], ["9" * 30]):
            assert world.clients["lead"].post("/inbox/read/", {"id": ids}).status_code in {302, 422}
        assert Message.objects.get(pk=theirs).read_at is None


@pytest.mark.parametrize(
    "elsewhere",
    ["//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "\t//evil.example", "/%09/evil.example"],
)
def test_no_step_leads_to_another_house(world, elsewhere):
    with untouched():
        number = homeless(world).number
        answer = world.clients["desk"].post(f"/r/{number}/steps/forward/", {"branch": world.company.east.pk, "next": elsewhere})
        assert answer.status_code == 302
        assert leads_to_us(answer["Location"])
    for address in ("/account/language/", "/my/bulletins/"):
        answer = world.clients["engineer"].post(address, {"language": "en", "next": elsewhere, "number": world.things["own"]["bulletin"]})
        assert answer.status_code == 302
        assert leads_to_us(answer["Location"])


def leads_to_us(location):
    return location.startswith("/") and not location.startswith(("//", "/\\")) and not any(ord(char) < 33 for char in location)


SIDE = [
    ("desk", "/requests/lookup/", ("customer", "site", "unit", "caller_phone", "find")), ("desk", "/requests/new/", ("phone",)), ("desk", "/search/", ("q",)),
    ("desk", "/board/", ("branch", "day")), ("desk", "/overview/", ("period",)), ("desk", "/", ("tab",)), ("admin", "/calendars/", ("year",)),
    ("admin", "/deputies/new/", ("person",)), ("desk", "/units/new/", ("customer", "q")), ("technical", "/models/new/", ("line",)),
    ("desk", "/lists/units/", ("model", "q", "after", "sort", "tab")),
]  # fmt: skip


@pytest.mark.parametrize(("who", "address", "names"), SIDE, ids=[address for _who, address, _names in SIDE])
def test_nonsense_in_a_parameter_is_answered(world, who, address, names):
    broken = []
    for name in names:
        for value in (*NONSENSE, "\0", "\ud800".encode("utf-8", "surrogatepass"), "'\"<", "a" * 3000, "①", "٣"):
            status = world.ask(who, "GET", address, QUERY_STRING=query(name, value)).status_code
            if status >= 500:
                broken.append((name, value if isinstance(value, int) else value[:20], status))
    assert broken == []


def query(name, value):
    from urllib.parse import quote

    return f"{name}={quote(value if isinstance(value, str | bytes) else str(value))}"


@pytest.mark.parametrize("phone", ["138²0000 5678", "①③⑧", "+", "\u202e5678", "１３８００００５６７８"])
def test_a_strange_telephone_number_breaks_nothing(world, phone):
    with untouched():
        filled = call(world)
        assert post(world, "export", "/requests/new/", filled.data | {"caller_phone": phone}).status_code in {302, 422}
        new = {"customer": "", "site": "", "contact": "", "unit": "", "new_name": "某厂", "is_overseas": "on", "caller_phone": phone}
        assert post(world, "export", "/requests/new/", filled.data | new).status_code in {302, 422}


def test_nothing_here_was_kept(world):
    assert not Contact.objects.filter(name="李工").exists()
    with pytest.raises(Resolver404):
        from django.urls import resolve

        resolve("/r/BX/no-such-page/")
