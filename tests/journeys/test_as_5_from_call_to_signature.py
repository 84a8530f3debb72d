"""AS-5.1 – 5.3 as four people live it, in a real browser, in Chinese: the desk, the branch lead, the head, the engineer.

With SCREENSHOTS=docs/screenshots the pictures of the README are made anew.
"""

import os
import re
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.utils import timezone
from PIL import Image
from playwright.sync_api import sync_playwright

from bihuan.field.tests.browser import draw
from bihuan.field.tests.test_browser import fill_in_the_cards
from bihuan.kernel.journal.read import differences
from bihuan.kernel.signing.models import Signature
from bihuan.kernel.signing.verify import verify
from bihuan.service.models import DispatchOrder, ServiceRecord, ServiceRequest
from bihuan.service.tests.company import PASSWORD

pytestmark = pytest.mark.browser
PICTURES = os.environ.get("SCREENSHOTS", "")
OFFICE, PHONE = {"width": 1280, "height": 860}, {"width": 390, "height": 844}


@pytest.fixture
def shoot(tmp_path):
    folder = Path(PICTURES) if PICTURES else tmp_path

    def picture(page, name, *, whole=False):
        page.wait_for_timeout(150)
        page.screenshot(path=folder / f"{name}.png", full_page=whole)

    return picture


@pytest.fixture
def browser(chromium):
    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()


@contextmanager
def signed_in(browser, live_server, username, screen):
    """*username* at a screen of their own, through the sign-in page. What the browser complains about is collected and must stay empty."""
    mobile = screen is PHONE
    context = browser.new_context(
        base_url=live_server.url, viewport=screen, locale="zh-CN", timezone_id="Asia/Shanghai", has_touch=mobile, is_mobile=mobile
    )
    context.set_default_timeout(45_000)
    page, wrong = context.new_page(), []
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" and "422" not in said.text else None)
    page.on("request", lambda asked: wrong.append(asked.url) if not asked.url.startswith((live_server.url, "data:", "blob:")) else None)
    page.goto("/login/")
    page.locator("[name=username]").fill(username)
    page.locator("[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/login" not in url)
    yield page
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1"), "the page is wider than the screen"
    assert wrong == []
    context.close()


def test_from_the_ring_to_the_signed_record_and_its_closing(committed_company, live_server, browser, shoot, tmp_path):
    company = committed_company
    with signed_in(browser, live_server, "desk", OFFICE) as page:
        take_the_call(page, company, shoot)
    request = ServiceRequest.objects.get(fault__startswith="空压机")
    assert request.status == "forwarded"

    with signed_in(browser, live_server, "lead", OFFICE) as page:
        page.goto("/")
        page.get_by_role("link", name="指派工程师").first.click()
        page.get_by_label("工程师").select_option(label="张伟")
        page.get_by_role("button", name="指派工程师").click()
        page.get_by_text(f"{request.number}：已指派工程师").wait_for()

    with signed_in(browser, live_server, "engineer", PHONE) as page:
        page.get_by_role("link", name="写联系结果").tap()
        page.get_by_label("说了什么").fill("先断电，下午上门检查压力开关")
        page.get_by_role("button", name="记录已联系").tap()
        page.wait_for_url("**/my/")

    with signed_in(browser, live_server, "lead", OFFICE) as page:
        plan_the_visit(page, request, shoot)
    order = DispatchOrder.objects.get(request=request)

    with signed_in(browser, live_server, "head", OFFICE) as page:
        approve(page, order, shoot)

    pictures = picture_files(tmp_path)
    with signed_in(browser, live_server, "engineer", PHONE) as page:
        visit(page, order, pictures, shoot)
    record = ServiceRecord.objects.get(order=order)
    assert record.status == "signed"
    assert verify(Signature.objects.get(record_number=record.number, method="drawn")) == []

    with signed_in(browser, live_server, "lead", OFFICE) as page:
        page.goto(f"/r/{record.number}/")
        shoot(page, "record")
        page.get_by_role("link", name="审核").first.click()
        page.get_by_label("审核意见").fill("读数齐全，处理得当")
        page.get_by_role("button", name="审核").click()
        page.get_by_text("已审核").first.wait_for()

    with signed_in(browser, live_server, "desk", OFFICE) as page:
        page.goto(f"/r/{request.number}/")
        page.get_by_role("link", name="关闭").first.click()
        page.get_by_role("button", name="关闭").click()
        page.get_by_text("已关闭").first.wait_for()
        shoot(page, "request-closed")
        for number in (request.number, order.number, record.number):
            answer = page.request.get(f"/r/{number}/print/")
            assert answer.status == 200
            assert answer.body().startswith(b"%PDF")
    request.refresh_from_db()
    assert request.status == "closed"
    assert list(differences()) == []


def take_the_call(page, company, shoot):
    page.goto("/requests/new/")
    page.get_by_label("来电号码").fill("138-0000-5678")
    page.keyboard.press("Tab")
    page.get_by_text("找到多个客户").wait_for()
    page.get_by_role("radio", name="华东精密有限公司").check()
    page.get_by_text("将转 李建国").wait_for()
    page.get_by_label("客户原话").fill("空压机早上开机就报高压停机，复位以后十分钟又停，声音也不对，下午要交货。")
    page.get_by_label("已给答复").fill("请先断电，一小时内工程师与您联系。")
    shoot(page, "call")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/r/BX-HD-*/")
    page.get_by_text("已登记并转华东分公司").wait_for()
    assert page.get_by_text("首次联系").first.is_visible()
    shoot(page, "request")
    page.goto("/?tab=open")
    shoot(page, "home")


def plan_the_visit(page, request, shoot):
    page.goto(f"/r/{request.number}/")
    page.get_by_role("link", name="开派工单").click()
    later = timezone.localtime() + timezone.timedelta(hours=3)
    page.get_by_label("约定到场").fill(later.strftime("%Y-%m-%dT%H:%M"))
    page.get_by_label("任务").fill("检查高压报警，更换压力开关")
    page.get_by_label("携带清单").fill("表单 售后服务记录单 ×1\n工具 压力表 ×1\n备件 压力开关 ×1")
    shoot(page, "draft-order")
    page.get_by_role("button", name="开单并提交审批").click()
    page.wait_for_url("**/r/PG-HD-*/")


def approve(page, order, shoot):
    page.goto("/approvals/")
    shoot(page, "approvals")
    page.get_by_role("link", name="批准", exact=True).click()
    page.get_by_label("您的密码").fill("不是这个")
    page.get_by_role("button", name="批准").click()
    page.get_by_text("密码不对").first.wait_for()
    page.get_by_label("您的密码").fill(PASSWORD)
    page.get_by_role("button", name="批准").click()
    page.get_by_text(f"{order.number}：已批准").wait_for()


def visit(page, order, pictures, shoot):
    page.goto("/my/")
    shoot(page, "phone-day")
    page.get_by_role("link", name=re.compile("等您接单")).tap()
    shoot(page, "phone-job")
    page.get_by_role("button", name="接单", exact=True).tap()
    page.get_by_text("已接单，等您出发").wait_for()
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.get_by_role("button", name="出发").tap()
    page.get_by_text("在途中").wait_for()
    page.get_by_label("到场地点").fill("二号厂房东门")
    page.get_by_role("button", name="到场", exact=True).tap()
    page.wait_for_url("**/my/records/**")
    fill_in_the_cards(page, pictures)
    shoot(page, "phone-record")
    page.get_by_role("link", name="给客户看，签字").tap()
    page.wait_for_url("**/sign/")
    name = page.get_by_label(re.compile("姓名"))
    name.fill("王工")
    draw(page)
    shoot(page, "phone-sign", whole=True)
    page.get_by_role("button", name="签字并提交").tap()
    page.wait_for_url("**/done/")
    shoot(page, "phone-done")


def picture_files(folder):
    paths = [folder / f"现场{n}.jpg" for n in range(2)]
    for n, path in enumerate(paths):
        Image.effect_noise((1600, 1200), 20 + n).convert("RGB").save(path, "JPEG")
    return [str(path) for path in paths]
