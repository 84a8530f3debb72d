"""#43: name, meaning, time with zone, record version and state, wherever a signature is shown."""

import datetime as dt
import zoneinfo

import pytest
from django.utils import timezone

from bihuan.kernel.access.actors import Actor, Grant
from bihuan.kernel.access.parties import Role
from bihuan.kernel.signing.models import Signature
from bihuan.kernel.signing.show import signature_line
from bihuan.kernel.signing.sign import sign_as_person, void

pytestmark = pytest.mark.django_db

AT = dt.datetime(2026, 5, 1, 6, 30, 15, tzinfo=dt.UTC)


def test_a_line_says_who_what_for_when_and_which_version(record, drawn):
    line = signature_line(drawn(record, at=AT))
    assert (line.name, line.capacity, line.meaning, line.method) == ("王工", "客户", "客户确认", "手写")
    assert line.time == "2026-05-01 14:30:15 UTC+08:00"
    assert (line.number, line.version) == (record.number, 3)
    assert (line.verdict, line.state, line.problems) == ("intact", "校验有效", ())
    assert str(line) == f"客户确认 · 王工 · 客户 · 2026-05-01 14:30:15 UTC+08:00 · {record.number} 第 3 版 · 校验有效"


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("Asia/Urumqi", "2026-05-01 12:30:15 UTC+06:00"),
        ("Asia/Kolkata", "2026-05-01 12:00:15 UTC+05:30"),
        ("America/St_Johns", "2026-05-01 04:00:15 UTC-02:30"),
        ("UTC", "2026-05-01 06:30:15 UTC+00:00"),
    ],
)
def test_the_time_is_shown_in_the_zone_asked_for_and_names_it(record, drawn, zone, shown):
    assert signature_line(drawn(record, at=AT), zone=zoneinfo.ZoneInfo(zone)).time == shown


def test_a_deputys_line_shows_both_names(record):
    head = Role("after_sales_head", "售后服务部部长", everywhere=True)
    by = Actor(name="陈部长", person_id=3, grants=(Grant(head.code, record.branch_id, everywhere=True, for_whom="周部长"),))
    line = signature_line(sign_as_person(record, by=by, meaning="approved", at=AT, parties=(head,)))
    assert line.name == "陈部长（代 周部长）"


def test_remarks_are_shown(record, drawn):
    line = signature_line(drawn(record, meaning="received_with_remarks", remarks="噪声仍偏大"))
    assert (line.meaning, line.remarks) == ("客户确认（有意见）", "噪声仍偏大")


def test_a_void_signature_shows_that_it_is_void_and_why(record, drawn, zhang):
    signature = drawn(record)
    void(signature, by=zhang, reason="零件数量填错", at=timezone.now())
    line = signature_line(Signature.objects.get(pk=signature.pk))
    assert (line.verdict, line.state) == ("void", "已作废：零件数量填错")


def test_a_signature_that_does_not_fit_shows_that_it_does_not(record, drawn):
    signature = drawn(record)
    type(record).objects.filter(pk=record.pk).update(name="别的")
    line = signature_line(signature)
    assert (line.verdict, line.state) == ("broken", "校验不符")
    assert "work_done" in line.problems[0]


def test_what_was_verified_before_is_not_verified_again(record, drawn, django_assert_num_queries):
    signature = Signature.objects.of(record).get(pk=drawn(record).pk)
    with django_assert_num_queries(1):  # the words kept apart from it, once
        assert signature_line(signature, record=record, problems=[]).verdict == "intact"
        assert signature_line(signature, record=record, problems=["x"]).verdict == "broken"
