"""Every office page of the main job opens for those it is for, and says what it should."""

import pytest
from django.utils import timezone


@pytest.fixture
def browse(client, company):
    def as_(key):
        client.force_login(company.people[key])
        return client

    return as_


def test_the_home_page_puts_what_waits_for_the_lead_first(browse, company):
    request = company.registered()
    page = browse("lead").get("/").content.decode()
    assert request.number in page
    assert "指派工程师" in page


def test_the_desk_registers_a_call_on_one_screen(browse, company):
    client = browse("desk")
    assert client.get("/requests/new/?phone=13800005678").status_code == 200
    found = client.get("/requests/lookup/", {"caller_phone": "138-0000-5678"}).content.decode()
    assert "请选择" in found or "二号厂房" in found
    answer = client.post(
        "/requests/new/",
        {"caller_phone": "13800005678", "called_at": timezone.localtime().strftime("%Y-%m-%dT%H:%M"), "channel": "phone",
         "customer": company.unit.customer_id, "site": company.unit.site_id, "unit": company.unit.pk, "fault": "高压报警停机"},
    )  # fmt: skip
    assert answer.status_code == 302, answer.content.decode()
    page = client.get(answer["Location"]).content.decode()
    assert "高压报警停机" in page and "已转派" in page


@pytest.mark.parametrize("stage", ["registered", "assigned", "contacted", "approved", "on_site", "signed", "reviewed", "closed"])
def test_every_record_page_opens_at_every_stage(browse, company, stage):
    made = getattr(company, stage)()
    client = browse("desk")
    numbers = {made.number}
    if hasattr(made, "order"):
        numbers |= {made.order.number, made.order.request.number}
    for number in numbers:
        answer = client.get(f"/r/{number}/")
        assert answer.status_code == 200
        assert number in answer.content.decode()
        pdf = client.get(f"/r/{number}/print/")
        assert pdf.content.startswith(b"%PDF")


def test_the_lead_drafts_an_order_and_the_head_approves_it_with_the_password(browse, company):
    from bihuan.service.tests.company import PASSWORD

    request = company.contacted()
    client = browse("lead")
    assert client.get(f"/requests/{request.number}/order/").status_code == 200
    later = timezone.localtime() + timezone.timedelta(hours=3)
    answer = client.post(
        f"/requests/{request.number}/order/",
        {"engineer": company.engineer.pk, "planned_arrival": later.strftime("%Y-%m-%dT%H:%M"), "task": "检查", "carry": "工具 压力表 ×1",
         "planned_hours": "2", "submit": "1"},
    )  # fmt: skip
    assert answer.status_code == 302, answer.content.decode()[:3000]
    order = request.orders.get()
    head = browse("head")
    assert order.number in head.get("/approvals/").content.decode()
    wrong = head.post(f"/r/{order.number}/steps/approve/", {"password": "nicht"})
    assert wrong.status_code == 422
    assert "密码不对" in wrong.content.decode()
    assert head.post(f"/r/{order.number}/steps/approve/", {"password": PASSWORD}).status_code == 302
    order.refresh_from_db()
    assert order.status == "approved"


def test_board_overview_search_and_inbox_open(browse, company):
    record = company.signed()
    from bihuan.kernel.deadlines.sweep import sweep
    from bihuan.kernel.notify.deliver import hand_out

    sweep()
    hand_out()
    client = browse("lead")
    for url in (
        "/board/",
        "/overview/",
        "/search/?q=高压",
        "/inbox/",
        "/procedures/",
        "/procedures/BX/",
        "/lists/requests/",
        f"/r/{record.number}/history/",
    ):
        answer = client.get(url)
        assert answer.status_code == 200, url
    assert record.order.request.number in client.get("/search/?q=高压").content.decode()
