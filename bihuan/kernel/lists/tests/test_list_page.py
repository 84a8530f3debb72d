"""The page of a list: what it shows to whom, in how many statements, and one's saved views."""

import pytest
from django.apps import apps
from django.urls import reverse

from bihuan.kernel.lists import search
from bihuan.kernel.lists.declare import list_url
from bihuan.kernel.lists.models import SavedView

pytestmark = [pytest.mark.django_db, pytest.mark.both, pytest.mark.urls("bihuan.kernel.lists.tests.urls")]


@pytest.fixture
def crowd(east, person):
    def make(count):
        Department = apps.get_model("organisation.Department")
        start = Department.objects.count()
        departments = [Department.objects.create(branch=east, name=f"{start + at}部") for at in range(count)]
        return [person(east, f"工程师{start + at:03}", department=department) for at, department in enumerate(departments)]

    return make


@pytest.fixture
def get(people_list, as_client, desk):
    def ask(query="", actor=desk, **headers):
        return as_client(actor).get(f"/lists/persons/{query}", headers=headers)

    return ask


def test_the_page_shows_the_rows_with_their_addresses(get, crowd):
    (one,) = crowd(1)
    page = get().content.decode()
    assert f'data-href="/people/{one.pk}/"' in page
    assert f'<a href="/people/{one.pk}/">工程师000</a>' in page
    assert "华东分公司" in page
    assert 'data-label="部门"' in page
    assert "邮箱" not in page  # only in exports


def test_a_branch_sees_its_own_rows_only(get, crowd, south_lead, east_lead):
    crowd(2)
    assert "工程师000" not in get(actor=south_lead).content.decode()
    assert "工程师000" in get(actor=east_lead).content.decode()


def test_who_may_not_open_the_list_is_told_so(get, headquarters, person):
    from .conftest import acting

    auditor = acting(person(headquarters, "审核员", role="auditor"))
    assert get(actor=auditor).status_code == 403
    assert get("export.csv", actor=auditor).status_code == 403
    assert get("views/", actor=auditor).status_code == 403


def test_an_unknown_list_is_not_found(as_client, desk):
    assert as_client(desk).get("/lists/nowhere/").status_code == 404


@pytest.mark.parametrize("path", ["", "export.csv", "views/"])
def test_nobody_is_sent_to_sign_in(people_list, client, path):
    answer = client.get(f"/lists/persons/{path}")
    assert answer.status_code == 302
    assert "login" in answer["Location"]


def statements(get, django_assert_max_num_queries, query=""):
    with django_assert_max_num_queries(32) as asked:
        get(query).getvalue()
    return len(asked.captured_queries)


@pytest.mark.parametrize("query", ["", "?q=工程师", "?tab=foreign&sort=-department", "export.csv", "export.xlsx"])
def test_the_number_of_statements_does_not_grow_with_the_rows(get, crowd, django_assert_max_num_queries, query):
    for one in crowd(1):
        search.index("organisation.Person", one.pk, None, [one.name])
    statements(get, django_assert_max_num_queries, query)  # what is kept from then on
    few = statements(get, django_assert_max_num_queries, query)
    for one in crowd(30):
        search.index("organisation.Person", one.pk, None, [one.name])
    assert statements(get, django_assert_max_num_queries, query) == few


def test_a_long_list_is_turned_page_by_page(get, crowd):
    crowd(60)
    first = get("?sort=name").context
    second = get(f"?{first['next']}").context
    assert len(first["rows"]) == 50
    assert len(second["rows"]) == 11  # with the one who asks
    assert second["next"] == ""
    assert {row["href"] for row in first["rows"]}.isdisjoint(row["href"] for row in second["rows"])


def test_tabs_narrow_the_list_and_say_how_many(get, east, person):
    person(east, "John", language="en")
    context = get("?tab=foreign").context
    assert [(tab.label, tab.count, tab.current) for tab in context["tabs"]] == [("全部", "2", False), ("英文", "1", True)]
    assert len(context["rows"]) == 1


def test_two_characters_find_within_the_list(get, east, south, person):
    near, other = person(east, "王轴承"), person(south, "赵漏油")
    for one in (near, other):
        search.index("organisation.Person", one.pk, one.home_branch_id, [one.name])
    assert [row["href"] for row in get("?q=轴承").context["rows"]] == [f"/people/{near.pk}/"]


def test_one_character_is_answered_with_a_sentence_and_not_searched(get, crowd):
    crowd(1)
    answer = get("?q=轴")
    assert answer.status_code == 200
    assert "至少输入两个字" in answer.content.decode()
    assert len(answer.context["rows"]) == 2
    assert get("export.csv?q=轴").status_code == 400


def test_a_small_list_is_searched_in_its_fields(get, people_list, east, person, monkeypatch):
    monkeypatch.setattr(people_list, "search", ("name", "phone"))
    one = person(east, "王轴承", phone="13800005678")
    person(east, "赵轴承", phone="139")
    assert [row["href"] for row in get("?q=轴承 5678").context["rows"]] == [f"/people/{one.pk}/"]


def test_htmx_gets_the_table_alone_and_a_tidy_address(get, crowd):
    crowd(1)
    answer = get("?q=&language=zh-hans&gone=", hx_request="true")
    assert "<html" not in answer.content.decode()
    assert '<section id="list"' in answer.content.decode()
    assert answer["HX-Push-Url"] == "/lists/persons/?language=zh-hans"
    assert "<html" in get(hx_request="true", hx_history_restore_request="true").content.decode()


def test_an_empty_list_says_what_to_do(get):
    assert "请放宽条件" in get("?language=en").content.decode()


def test_values_are_shown_inert(get, east, person):
    person(east, "<script>alert(1)</script>{{7*7}}")
    page = get().content.decode()
    assert "<script>alert" not in page
    assert "{{7*7}}" in page


def test_headings_sort_one_way_and_then_the_other(get):
    headings = {heading["column"].code: heading for heading in get("?sort=name&language=en").context["headings"]}
    assert headings["name"]["way"] == "ascending"
    assert "sort=-name" in headings["name"]["query"]
    assert "language=en" in headings["name"]["query"]
    assert headings["language"]["query"] == ""


def test_a_link_to_a_list_carries_its_filters(people_list):
    assert list_url("persons", language=["en", "zh-hans"], gone=1) == "/lists/persons/?language=en&language=zh-hans&gone=1"


# Saved views


@pytest.fixture
def save(people_list, as_client, desk):
    def post(name, query="language=en&sort=-name&after=x", actor=desk):
        return as_client(actor).post(reverse("lists:save-view", args=["persons"]), {"name": name, "query": query})

    return post


def test_a_view_keeps_filters_and_order_under_a_name(save, get, desk):
    assert save(" 英文的 ", "language=en&sort=-name").status_code == 302
    kept = SavedView.objects.get()
    assert (kept.person_id, kept.name, kept.query) == (desk.person_id, "英文的", "language=en&sort=-name")
    assert "英文的" in get().content.decode()
    assert get(f"?{kept.query}").status_code == 200


@pytest.mark.parametrize(("name", "query", "status"), [("", "", 422), ("长" * 41, "", 422), ("a\0b", "", 422), ("好", "password=1", 400)])
def test_a_view_that_would_not_work_is_not_kept(save, name, query, status):
    assert save(name, query).status_code == status
    assert not SavedView.objects.exists()


def test_a_name_is_taken_once_by_each_person(save, east_lead):
    assert save("我的", "").status_code == 302
    assert save("我的", "").status_code == 409
    assert save("我的", "", actor=east_lead).status_code == 302


def test_views_are_renamed_and_deleted_by_their_owner_only(save, as_client, desk, east_lead):
    save("旧名", "")
    kept = SavedView.objects.get()
    rename, delete = (reverse(f"lists:{act}-view", args=["persons", kept.pk]) for act in ("rename", "delete"))
    assert as_client(east_lead).post(rename, {"name": "别人的"}).status_code == 404
    assert as_client(east_lead).post(delete).status_code == 404
    assert as_client(desk).post(rename, {"name": "新名"}).status_code == 302
    assert "新名" in as_client(desk).get(reverse("lists:views", args=["persons"])).content.decode()
    assert as_client(desk).get(delete).status_code == 405
    assert as_client(desk).post(delete).status_code == 302
    assert not SavedView.objects.exists()
