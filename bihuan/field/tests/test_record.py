"""The record's cards: kept as they are typed, never over somebody else's words, never silently."""

import pytest

from bihuan.field.cards import CARDS, fingerprint
from bihuan.kernel.journal.models import Entry
from bihuan.service.models import ServiceRecord

JSON = {"Accept": "application/json"}
WORK = {
    "work_done": "更换压力开关",
    "outcome": "repaired",
    "advice": "",
    "labour_h": "1",
    "labour_m": "30",
    "travel_h": "",
    "travel_m": "45",
}


def url(record, card=""):
    return f"/my/records/{record.number}/{card}{'/' if card else ''}"


def send(client, record, card, typed):
    return client.post(url(record, card), typed, headers=JSON)


def fresh(record):
    return ServiceRecord.objects.get(pk=record.pk)


def saves():
    return Entry.objects.filter(action="FW.fill_in").count()


def test_the_page_holds_all_cards_so_that_the_next_one_needs_no_signal(phone, company, django_assert_max_num_queries):
    record = company.on_site()
    phone.get(url(record))
    with django_assert_max_num_queries(25):
        text = phone.get(url(record)).content.decode()
    for card in ("check", "work", "parts", "photos"):
        assert f'<section id="{card}"' in text
    assert "0.6–0.9 MPa" in text and "外观与接线检查" in text and "早上开机就报高压" in text


def test_a_card_sends_and_keeps_only_its_own_fields(phone, company):
    record = company.filled()
    answer = send(phone, record, "work", WORK | {"findings": "不该进来"}).json()
    kept = fresh(record)
    assert answer["ok"] and answer["version"] == kept.version and answer["saved_at"]
    assert (kept.work_done, kept.labour_minutes, kept.travel_minutes, kept.findings) == ("更换压力开关", 90, 45, "压力开关失灵")
    assert {state["code"]: state["state"] for state in answer["cards"]} == {"check": "done", "work": "done", "parts": "optional"}
    assert answer["ready"] is True


def test_checks_and_parts_are_kept_too(phone, company):
    record = company.on_site()
    checked = send(phone, record, "check", {"line-0-ok": "yes", "line-1-value": "0.95", "line-1-remark": "调回", "findings": "开关坏"})
    parts = send(phone, record, "parts", {"part-0-name": "压力开关", "part-0-quantity": "2", "part-0-new_serial": "N1"})
    assert checked.status_code == parts.status_code == 200
    kept = fresh(record)
    assert [(line["ok"], line["value"], line["remark"]) for line in kept.checklist] == [(True, "", ""), (None, "0.95", "调回")]
    assert kept.parts == [{"name": "压力开关", "part_no": "", "quantity": 2, "old_serial": "", "new_serial": "N1"}]


@pytest.mark.both
def test_sending_the_same_again_changes_nothing_and_leaves_no_entry(phone, company):
    record = company.on_site()
    first = send(phone, record, "work", WORK | {"base": fingerprint(CARDS["work"], record)}).json()
    again = send(phone, record, "work", WORK | {"base": "of-long-ago"}).json()
    assert again["ok"] and (again["version"], again["base"]) == (first["version"], first["base"])
    assert saves() == 1


@pytest.mark.both
def test_words_of_another_phone_are_not_written_over(phone, company):
    record = company.on_site()
    base = fingerprint(CARDS["work"], record)
    send(phone, record, "work", WORK | {"base": base})
    answer = send(phone, record, "work", WORK | {"work_done": "另一台手机写的", "base": base})
    said = answer.json()
    assert answer.status_code == 409 and said["code"] == "overtaken" and "请选择保留哪一份" in said["sentence"]
    assert said["theirs"]["work_done"] == "更换压力开关" and fresh(record).work_done == "更换压力开关"
    chosen = send(phone, record, "work", WORK | {"work_done": "另一台手机写的", "base": said["base"]})
    assert chosen.status_code == 200 and fresh(record).work_done == "另一台手机写的"


def test_a_save_of_one_card_does_not_disturb_another(phone, company):
    record = company.on_site()
    base = fingerprint(CARDS["work"], record)
    send(phone, record, "check", {"findings": "先写这个"})
    assert send(phone, record, "work", WORK | {"base": base}).status_code == 200


@pytest.mark.parametrize(
    ("card", "typed", "field", "words"),
    [
        ("work", WORK | {"labour_h": "半"}, "labour_h", "“工时”请填整数"),
        ("work", WORK | {"outcome": "magic"}, "outcome", "结果"),
        ("parts", {"part-0-part_no": "K1", "part-0-name": ""}, "part-0-name", "还没有名称"),
    ],
)
def test_what_cannot_be_kept_is_said_with_its_field(phone, company, card, typed, field, words):
    record = company.on_site()
    answer = send(phone, record, card, typed)
    assert answer.status_code == 422
    assert answer.json()["field"] == field and words in answer.json()["sentence"]
    assert saves() == 0


def test_without_its_module_the_page_comes_back_with_everything_typed(phone, company):
    record = company.on_site()
    answer = phone.post(url(record, "work"), WORK | {"labour_h": "半", "work_done": "拆检三小时"})
    text = answer.content.decode()
    assert answer.status_code == 422 and "拆检三小时" in text and 'value="半"' in text and "data-current" in text
    assert phone.post(url(record, "work"), WORK | {"onward": "parts"})["Location"] == url(record) + "#parts"


def test_a_signed_record_takes_no_more_words(phone, company):
    record = company.signed()
    answer = send(phone, record, "work", WORK | {"work_done": "事后再写"})
    assert answer.status_code == 409 and "已签字" in answer.json()["sentence"]
    assert phone.get(url(record))["Location"] == url(record, "done")


@pytest.mark.parametrize("card", ["", "work", "sign", "refuse", "done", "photos/photo_after"])
def test_a_colleagues_record_and_an_absent_one_get_the_same_answer(colleagues_phone, company, card):
    record = company.filled()
    act = send if card == "work" else lambda client, found, name, _typed: client.get(url(found, name))
    assert act(colleagues_phone, record, card, WORK).status_code == 404
    record.number = "FW-HD-2026-999999"
    assert act(colleagues_phone, record, card, WORK).status_code == 404
    assert saves() == 1  # the one of the fixture


def test_a_card_that_does_not_exist_is_not_found(phone, company):
    assert send(phone, company.on_site(), "magic", {}).status_code == 404


def test_saving_asks_for_signing_in_by_a_redirect_the_module_understands(client, company):
    record = company.on_site()
    assert send(client, record, "work", WORK).status_code == 302


def test_hostile_words_stay_words(phone, company):
    record = company.on_site()
    send(phone, record, "work", WORK | {"work_done": "<img src=x onerror=alert(1)>"})
    text = phone.get(url(record)).content.decode()
    assert "<img src=x" not in text and "&lt;img src=x" in text
