"""QM-7 as quality lives it, in a real browser, in Chinese: last month's review is taken, a night entry is judged, the month is concluded with the password."""

import datetime as dt

import pytest
import time_machine
from django.utils import timezone

from bihuan.kernel import journal
from bihuan.kernel.journal.models import Entry
from bihuan.kernel.journal.read import differences
from bihuan.quality.models import Review
from bihuan.quality.public import month_of, open_reviews, shifted, starts
from bihuan.service.tests.company import PASSWORD

from .test_as_5_from_call_to_signature import OFFICE, browser, signed_in  # noqa: F401  (a fixture)

pytestmark = pytest.mark.browser


def test_a_month_from_its_end_to_its_conclusion(live_server, committed_company, browser):  # noqa: F811
    company, month = committed_company, shifted(month_of(timezone.now()), -1)
    with time_machine.travel(starts(month) + dt.timedelta(days=3, hours=23), tick=True):
        request = company.registered()
        with journal.unit():
            journal.append(company.by("lead"), "BX.assign", request, at=timezone.now())
    night = Entry.objects.filter(chain=company.east.pk, action="BX.assign").get()
    assert open_reviews() > 0
    review = Review.objects.get(chain=company.east.pk, month=month)

    with signed_in(browser, live_server, "head", OFFICE) as page:
        page.goto("/lists/reviews/")
        page.get_by_role("link", name=review.number).first.click()
        page.get_by_role("link", name="指派审查人").click()
        page.locator("[name=reviewer]").select_option(label="陈志强")
        page.get_by_role("button", name="指派审查人").click()
        while page.get_by_role("link", name="核为正常").count() > 1:
            page.get_by_role("link", name="核为正常").last.click()
            page.locator("[name=reason]").fill("夜班值守，与排班表一致")
            page.get_by_role("button", name="核为正常").click()
        assert page.locator(f"a[href$='#j{night.chain}-{night.seq}']").count() == 1
        page.get_by_role("link", name="作出结论").click()
        page.locator("[name=conclusion]").fill("夜间录入均为值班，未见异常")
        page.locator("[name=password]").fill(PASSWORD)
        page.get_by_role("button", name="作出结论").click()
        page.get_by_text("未见异常").first.wait_for()

    review.refresh_from_db()
    assert review.status == "concluded"
    assert not review.findings.filter(verdict="").exists()
    assert list(differences()) == []
