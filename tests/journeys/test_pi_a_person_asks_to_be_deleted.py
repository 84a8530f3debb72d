"""PI as the desk and the head live it, in a real browser, in Chinese: a caller asks to be deleted, somebody else does it, the caller is answered."""

import pytest

from bihuan.customers.models import Contact
from bihuan.kernel.journal.read import differences
from bihuan.privacy.models import PersonRequest
from bihuan.service.tests.company import PASSWORD

from .test_as_5_from_call_to_signature import OFFICE, PHONE, browser, signed_in  # noqa: F401  (a fixture)

pytestmark = pytest.mark.browser


def test_from_the_call_to_the_answer(live_server, committed_company, browser, settings, tmp_path):  # noqa: F811
    settings.HOME = tmp_path  # where the note of whom to forget again is kept
    contact = Contact.objects.get(customer=committed_company.unit.customer)
    assert contact.name == "王工"

    with signed_in(browser, live_server, "desk", OFFICE) as page:
        page.goto("/person-requests/new/")
        page.get_by_label("本人的电话").fill("138-0000-5678")
        page.get_by_role("button", name="查找").click()
        page.get_by_text("138****5678").first.wait_for()
        page.get_by_label("王工").first.check()
        page.get_by_label("删除（第四十七条）").check()
        page.get_by_label("回拨系统里登记的电话").check()
        page.get_by_role("button", name="受理").click()
        page.get_by_text("已受理").first.wait_for()
        assert page.get_by_role("link", name="删除", exact=True).count() == 0, "whoever received it does not delete"

    record = PersonRequest.objects.get()
    with signed_in(browser, live_server, "head", PHONE) as page:
        page.goto("/")
        page.get_by_role("link", name="删除", exact=True).first.click()
        page.get_by_text("会留下").first.wait_for()
        page.get_by_label("已向本人说明").check()
        page.locator("[name=password]").fill(PASSWORD)
        page.get_by_role("button", name="删除").click()
        page.goto(f"/r/{record.number}/")
        page.get_by_text("bihuan forget-person --again").wait_for()
        assert "王工" not in page.content()

    with signed_in(browser, live_server, "desk", OFFICE) as page:
        page.goto("/")
        page.get_by_role("link", name="答复本人").first.click()
        page.get_by_label("答复方式").select_option(label="电话")
        page.get_by_role("button", name="答复本人").click()
        page.goto("/")
        assert record.number not in page.content()

    record.refresh_from_db()
    contact.refresh_from_db()
    assert (record.status, contact.name, contact.phones.count()) == ("answered", "【已删除】", 0)
    assert list(differences()) == []
