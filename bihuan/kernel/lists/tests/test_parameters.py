"""What an address may ask of a list: the allowlist, and a refusal for all else."""

import pytest
from django.db.models import Q
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bihuan.kernel.access.refusals import Refusal
from bihuan.kernel.lists.declare import List, register
from bihuan.kernel.lists.filters import FlagFilter, PeriodFilter
from bihuan.kernel.lists.parameters import BadParameter

pytestmark = [pytest.mark.django_db, pytest.mark.both]

KNOWN = ["q", "sort", "after", "tab", "language", "home_branch", "last_login_from", "last_login_to", "deputies_deputy", "gone"]
HOSTILE = [
    "password=x",
    "home_branch__name=x",
    "name__regex=.*",
    "_connector=OR%201=1",
    "_negated=1",
    "id__in=1",
    "sort=password",
    "sort=--name",
    "sort=home_branch__name",
    "sort=name'",
    "sort=name;drop",
    "sort=name&sort=phone",
    "tab=nowhere",
    "after=!!!!",
    "after=" + "A" * 10_000,
    "q=" + "长" * 10_000,
    "q=a%00b",
    "q=a&q=b",
    "q[]=a",
    "language=de",
    "language=zh-hans&language=de",
    "home_branch=999999",
    "home_branch=1'",
    "home_branch=" + "9" * 80,
    "last_login_from=yesterday",
    "last_login_from=0001-01-01",
    "last_login_to=9999-12-31",
    "last_login_from=2026-02-30",
    "last_login_from=2026-03-02&last_login_to=2026-03-01",
    "deputies_deputy=you",
    "deputies_deputy=-1",
    "deputies_deputy=99999999999999999999",
    "deputies_deputy=١",
    "gone=true",
    "gone=1&gone=1&gone=2",
    "%00=1",
    "a.b=1",
]


@pytest.mark.parametrize("query", HOSTILE)
def test_a_hostile_parameter_is_refused_with_a_sentence(select, query):
    with pytest.raises(BadParameter) as refusal:
        select(query)
    assert refusal.value.status == 400
    assert refusal.value.sentence.endswith("。")


@pytest.mark.urls("bihuan.kernel.lists.tests.urls")
@pytest.mark.parametrize("query", HOSTILE)
@pytest.mark.parametrize("path", ["/lists/persons/", "/lists/persons/export.csv"])
def test_the_page_answers_400_and_never_500(people_list, as_client, desk, path, query):
    answer = as_client(desk).get(f"{path}?{query}")
    assert answer.status_code == 400
    assert "SELECT" not in answer.content.decode()


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(
        st.sampled_from(KNOWN) | st.text(max_size=8),
        st.lists(st.text(max_size=30), max_size=3),
        max_size=4,
    )
)
def test_any_parameters_are_understood_or_refused(select, people_list, desk, sent):
    from django.http import QueryDict

    from bihuan.kernel.lists.selection import Selection

    query = QueryDict(mutable=True)
    for name, values in sent.items():
        query.setlist(name, values)
    try:
        list(Selection(people_list, desk, query).page().rows)
    except Refusal as refusal:
        assert refusal.status == 400


def test_parameters_left_empty_ask_for_nothing(select):
    assert select("q=&language=&last_login_from=&sort=").asked == {}


def test_each_filter_narrows_the_rows(select, east, south, person):
    person(east, "王工", language="en")
    person(south, "赵工", is_active=False)

    def names(query):
        return [row.name for row in select(query).page().rows]

    assert names("language=en") == ["王工"]
    assert names("gone=1") == ["赵工"]
    assert names(f"home_branch={south.pk}") == ["赵工"]
    assert names("language=en&gone=1") == []
    assert set(names("language=en&language=zh-hans")) == {"王工", "赵工", "周接线"}


def test_a_period_includes_both_its_days_in_local_time(select, east, person):
    import datetime as dt

    for name, moment in {"早": "2026-03-13T16:00", "晚": "2026-03-14T15:59", "后": "2026-03-14T16:00"}.items():  # UTC
        person(east, name, last_login=dt.datetime.fromisoformat(f"{moment}+00:00"))
    rows = select("last_login_from=2026-03-14&last_login_to=2026-03-14&sort=last_login").page().rows
    assert [row.name for row in rows] == ["早", "晚"]


def test_me_stands_for_whoever_asks(select, east, person, desk):
    import datetime as dt

    absent = person(east, "缺席的人")
    absent.deputies.create(
        deputy=desk.person, starts_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC), ends_at=dt.datetime(2026, 2, 1, tzinfo=dt.UTC), reason="休假"
    )
    assert [row.name for row in select("deputies_deputy=me").page().rows] == ["缺席的人"]
    assert [row.name for row in select(f"deputies_deputy={desk.person_id}").page().rows] == ["缺席的人"]
    assert select(f"deputies_deputy={absent.pk}").page().rows == []


def test_two_filters_with_one_parameter_are_refused_when_declared():
    with pytest.raises(ValueError, match="last_login_to"):
        register(
            List("twice", "", "organisation.Person", [], filters=[PeriodFilter("last_login", ""), FlagFilter("last_login_to", "", Q())])
        )
    with pytest.raises(ValueError, match="sort"):
        register(List("sorted", "", "organisation.Person", [], filters=[FlagFilter("sort", "", Q())]))


def test_a_code_stands_for_one_record_type(people_list):
    with pytest.raises(ValueError, match="persons"):
        register(List("persons", "", "organisation.Branch", []))
