"""A day with the phone in a real browser: from the call to the signature, and in the lift shaft."""

import re
import shutil

import pytest
from django.utils import timezone
from PIL import Image

from bihuan.field.tests.browser import draw, kind, new_page, phone_of
from bihuan.kernel.files.arriving import still_to_come
from bihuan.kernel.files.models import Attachment
from bihuan.kernel.shelf.models import Shelved
from bihuan.kernel.signing.models import Signature
from bihuan.service.domain import order as orders
from bihuan.service.domain import request as requests
from bihuan.service.models import DispatchOrder, ServiceRecord

pytestmark = pytest.mark.browser
LONG = "压力开关触点烧蚀，接线端子松动，已用砂纸打磨并紧固。"


@pytest.fixture
def company(committed_company):
    """Really committed: the live server reads with a connection of its own."""
    return committed_company


@pytest.fixture
def pictures(tmp_path):
    paths = [tmp_path / f"现场{n}.jpg" for n in range(2)]
    for n, path in enumerate(paths):
        Image.effect_noise((3000, 2000), 20 + n).convert("RGB").save(path, "JPEG")
    return [str(path) for path in paths]


def approved(company, request):
    order = DispatchOrder(
        request=request, engineer=company.engineer, task="检查", planned_arrival=timezone.now() + timezone.timedelta(hours=1)
    )
    orders.draft(
        order, by=company.by("lead"), at=timezone.now(), carry=[{"kind": "tool", "name": "压力表"}, {"kind": "part", "name": "压力开关"}]
    )
    orders.submit(order, by=company.by("lead"), at=timezone.now())
    orders.approve(order, by=company.by("head").proved(timezone.now()), at=timezone.now())
    return order


def test_from_the_call_to_the_signature_with_one_thumb(company, live_server, chromium, pictures):
    request = company.assigned(caller_name="王工")
    with phone_of(company.engineer, live_server, chromium) as context:
        page, wrong = new_page(context)
        page.goto("/my/")
        page.get_by_role("link", name="写联系结果").tap()
        page.get_by_label("说了什么").fill("先断电，下午到")
        page.get_by_role("button", name="记录已联系").tap()
        page.wait_for_url("**/my/")
        assert page.get_by_text("已记录：联系了华东精密").is_visible()

        order = approved(company, request)
        page.reload()
        page.get_by_role("link", name=re.compile("等您接单")).tap()
        page.get_by_role("button", name="接单", exact=True).tap()
        page.get_by_text("已接单，等您出发").wait_for()
        page.get_by_label(re.compile("压力表")).first.check()
        page.get_by_role("button", name="出发").tap()
        page.get_by_text("“压力开关”未带，请勾选或写明原因").wait_for()
        assert page.get_by_role("checkbox", name=re.compile("压力表")).is_checked()
        page.locator("[name^=remark_][aria-invalid]").fill("仓库没有")
        page.get_by_role("button", name="出发").tap()
        page.get_by_text("在途中").wait_for()
        page.get_by_label("到场地点").fill("二号厂房东门")
        page.get_by_role("button", name="到场", exact=True).tap()
        page.wait_for_url("**/my/records/**")

        fill_in_the_cards(page, pictures)
        record = ServiceRecord.objects.get(order=order)
        page.get_by_role("link", name="给客户看，签字").tap()
        page.wait_for_url("**/sign/")
        for words in ("0.95 MPa", LONG, "更换压力开关", "已修复", "新件 N-77"):
            assert page.locator(".summary").get_by_text(words).first.is_visible(), words
        page.get_by_role("button", name="王工").tap()
        page.get_by_role("button", name="签字并提交").tap()
        assert page.get_by_text("还没有签字，请在上面的框里签名").is_visible()
        draw(page)
        page.get_by_role("button", name="签字并提交").tap()
        page.wait_for_url("**/done/")
        assert page.get_by_text("客户已签字，本次服务完成").first.is_visible()
        assert wrong == []
    record.refresh_from_db()
    assert (record.status, record.labour_minutes, len(record.photos)) == ("signed", 80, 2)
    assert Signature.objects.get(record_number=record.number).shown("signer_name") == "王工"


def fill_in_the_cards(page, pictures):
    page.get_by_role("link", name=re.compile("^检查")).tap()
    page.get_by_text("正常", exact=True).tap()
    page.get_by_label("排气压力（MPa）").fill("0.95")
    assert page.get_by_text("超出范围，请写明说明").is_visible()
    page.get_by_label("“排气压力”的说明").fill("已调回 0.85")
    page.get_by_label("故障现象与原因").fill(LONG)
    page.get_by_role("button", name="下一张：处理").tap()
    page.get_by_label("处理过程").fill("更换压力开关")
    page.get_by_text("已修复").tap()
    page.get_by_label("工时 小时").fill("1")
    page.get_by_label("工时 分").fill("20")
    page.get_by_role("button", name="下一张：零件").tap()
    page.get_by_role("button", name="加一个零件").tap()
    page.get_by_label("名称").fill("压力开关")
    page.get_by_label("新件编号").fill("N-77")
    page.get_by_role("button", name="下一张：照片").tap()
    page.locator("#photos input[type=file]").first.set_input_files(pictures)
    page.get_by_role("button", name="上传").first.tap()
    page.locator("#photos .photos.kept img").nth(1).wait_for()
    kind(page, "saved")
    assert max(Attachment.objects.latest("pk").width, Attachment.objects.latest("pk").height) <= 2048
    assert page.locator(".strip [data-card-link=sign]").get_attribute("data-state") == "ready"


def test_in_the_lift_shaft_nothing_is_lost_and_it_says_so(company, live_server, chromium):
    record = company.on_site()
    with phone_of(company.engineer, live_server, chromium) as context:
        page, wrong = new_page(context)
        page.goto(f"/my/records/{record.number}/#check")
        page.get_by_label("故障现象与原因").fill("有信号时写的。")
        page.get_by_label("故障现象与原因").blur()
        kind(page, "saved")
        context.set_offline(True)
        page.get_by_label("故障现象与原因").press_sequentially("没信号时接着写", delay=15)
        kind(page, "offline")
        assert "没有信号：1 项已记在手机里" in page.locator("[data-outbox]").inner_text()
        page.get_by_role("button", name="下一张：处理").tap()
        page.get_by_label("处理过程").fill("更换油封，试机四十分钟")
        page.get_by_role("button", name="下一张：零件").tap()
        page.get_by_role("button", name="加一个零件").tap()
        page.get_by_label("名称").fill("主机油封")
        page.get_by_role("button", name="加一个零件").tap()
        page.get_by_role("button", name="删除这一项").last.tap()
        page.get_by_role("button", name="删除这一项").tap()
        assert page.get_by_label("名称").count() == 1  # an empty row goes at once, one with words in it only at the second press
        page.wait_for_function("document.querySelector('[data-outbox]').innerText.includes('3 项')")
        page.close()  # the telephone rings, the browser is gone
        kept = ServiceRecord.objects.get(pk=record.pk)
        assert (kept.findings, kept.work_done, kept.parts) == ("有信号时写的。", "", [])

        context.set_offline(False)
        page, more = new_page(context)
        page.goto(f"/my/records/{record.number}/#work")
        assert page.get_by_label("处理过程").input_value() == "更换油封，试机四十分钟"
        kind(page, "saved")
        page.reload()
        assert page.locator("#check [name=findings]").input_value() == "有信号时写的。没信号时接着写"
        assert page.locator("#parts [name=part-0-name]").input_value() == "主机油封"
        assert wrong == more == []
    kept = ServiceRecord.objects.get(pk=record.pk)
    assert (kept.findings, kept.work_done) == ("有信号时写的。没信号时接着写", "更换油封，试机四十分钟")
    assert kept.parts[0]["name"] == "主机油封"


def test_with_the_signal_everything_goes_by_itself_from_any_page(company, live_server, chromium):
    record = company.on_site()
    with phone_of(company.engineer, live_server, chromium) as context:
        page, _wrong = new_page(context)
        page.goto(f"/my/records/{record.number}/#work")
        context.set_offline(True)
        page.get_by_label("处理过程").fill("在井道里写的")
        kind(page, "offline")
        context.set_offline(False)
        kind(page, "saved")
        assert ServiceRecord.objects.get(pk=record.pk).work_done == "在井道里写的"

        context.set_offline(True)
        page.get_by_label("处理过程").fill("在井道里又写的")
        kind(page, "offline")
        page.close()
        context.set_offline(False)
        page, _wrong = new_page(context)
        page.goto("/my/")
        kind(page, "saved")
    assert ServiceRecord.objects.get(pk=record.pk).work_done == "在井道里又写的"


def test_while_the_server_is_away_it_is_said_and_tried_again(company, live_server, chromium):
    record = company.on_site()
    with phone_of(company.engineer, live_server, chromium) as context:
        page, _wrong = new_page(context)
        page.goto(f"/my/records/{record.number}/#work")
        page.route("**/work/", lambda route: route.fulfill(status=502, body="bad gateway"))
        page.get_by_label("处理过程").fill("换了油封")
        page.get_by_label("处理过程").blur()
        kind(page, "failed")
        page.unroute("**/work/")
        page.get_by_role("button", name="再试").tap()
        kind(page, "saved")
    assert ServiceRecord.objects.get(pk=record.pk).work_done == "换了油封"


def test_an_answer_lost_on_the_way_back_is_no_conflict(company, live_server, chromium):
    record = company.on_site()
    with phone_of(company.engineer, live_server, chromium) as context:
        page, _wrong = new_page(context)
        page.goto(f"/my/records/{record.number}/#work")

        def swallow(route):
            route.fetch()  # it arrives, but the phone never hears of it
            route.abort()

        page.route("**/work/", swallow, times=1)
        page.get_by_label("处理过程").fill("第一句。")
        page.get_by_label("处理过程").blur()
        kind(page, "failed", "offline")
        page.get_by_label("处理过程").press_sequentially("第二句。")
        page.get_by_label("处理过程").blur()
        kind(page, "saved")
        assert not page.get_by_text("在另一处改过").is_visible()
    assert ServiceRecord.objects.get(pk=record.pk).work_done == "第一句。第二句。"


def test_two_phones_on_one_card_and_the_engineer_chooses(company, live_server, chromium):
    record = company.on_site()
    with phone_of(company.engineer, live_server, chromium) as context:
        (one, _), (other, _) = new_page(context), new_page(context)
        for page in (one, other):
            page.goto(f"/my/records/{record.number}/#work")
        one.get_by_label("处理过程").fill("手机上写的")
        one.get_by_label("处理过程").blur()
        kind(one, "saved")
        other.get_by_label("处理过程").fill("平板上写的")
        other.get_by_label("处理过程").blur()
        other.get_by_text("在另一处改过").first.wait_for()
        assert other.get_by_label("处理过程").input_value() == "平板上写的"
        assert other.locator(".refusal blockquote").inner_text() == "手机上写的"
        other.get_by_role("button", name="用我写的").tap()
        kind(other, "saved")
    assert ServiceRecord.objects.get(pk=record.pk).work_done == "平板上写的"


def test_what_is_refused_stays_on_the_card_with_the_sentence_at_its_field(company, live_server, chromium):
    record = company.on_site()
    with phone_of(company.engineer, live_server, chromium) as context:
        page, _wrong = new_page(context)
        page.goto(f"/my/records/{record.number}/#work")
        page.get_by_label("工时 小时").fill("一个半")
        page.get_by_label("工时 小时").blur()
        kind(page, "refused")
        assert page.locator(".span .card-error").inner_text().startswith("“工时”请填整数")
        page.reload()
        assert page.get_by_label("工时 小时").input_value() == "一个半"
        page.get_by_label("工时 小时").fill("1")
        page.get_by_label("工时 分").fill("30")
        page.get_by_label("工时 分").blur()
        kind(page, "saved")
        assert page.locator(".card-error").count() == 0
    assert ServiceRecord.objects.get(pk=record.pk).labour_minutes == 90


def test_words_for_a_record_signed_meanwhile_can_still_be_read_and_dropped(company, live_server, chromium):
    record = company.filled()
    with phone_of(company.engineer, live_server, chromium) as context:
        page, _wrong = new_page(context)
        page.goto(f"/my/records/{record.number}/#work")
        context.set_offline(True)
        page.get_by_label("给客户的建议").fill("每半年检查一次")
        kind(page, "offline")
        page.close()
        from bihuan.service.domain import record as records
        from bihuan.service.tests.company import STROKES, png

        records.sign(
            ServiceRecord.objects.get(pk=record.pk),
            by=company.by("engineer"),
            at=timezone.now(),
            signer_name="王工",
            image=png(),
            strokes=STROKES,
        )
        context.set_offline(False)
        page, _wrong = new_page(context)
        page.goto("/my/")
        kind(page, "refused")
        page.locator("[data-unsent] summary").tap()
        assert page.get_by_text("每半年检查一次").is_visible()
        assert page.get_by_text("您写的内容已留在“待处理来件”，由办公室处理").first.is_visible()
        assert Shelved.objects.get().words == {"advice": "每半年检查一次"}
        page.get_by_role("button", name="丢弃").tap()
        page.get_by_role("button", name="再按一次丢弃").tap()
        kind(page, "saved")


def test_a_call_for_a_request_given_to_a_colleague_meanwhile_is_kept_and_the_phone_says_so(company, live_server, chromium):
    request = company.assigned()
    with phone_of(company.engineer, live_server, chromium) as context:
        page, _wrong = new_page(context)
        page.goto(f"/my/requests/{request.number}/")
        page.get_by_label("说了什么").fill("客户说下午再来")
        requests.reassign(request, by=company.by("lead"), at=timezone.now(), engineer=company.colleague, reason="改由王磊去")
        page.get_by_role("button", name="记录已联系").tap()
        page.get_by_text("您写的内容已留在“待处理来件”，由办公室处理").wait_for()
        assert page.get_by_label("说了什么").input_value() == "客户说下午再来", "and it still stands on the phone"
        page.goto("/shelf/")
        page.get_by_role("link", name=re.compile("记录联系客户")).tap()
        page.get_by_text("客户说下午再来").wait_for()
    assert Shelved.objects.get().kind == "out_of_sight"


def test_what_lies_on_the_phone_is_sealed_and_gone_once_it_is_sent(company, live_server, chromium):
    record = company.on_site()
    with phone_of(company.engineer, live_server, chromium) as context:
        page, _wrong = new_page(context)
        page.goto(f"/my/records/{record.number}/#work")
        context.set_offline(True)
        page.get_by_label("处理过程").fill("MARKERWORD")
        kind(page, "offline")
        kept = page.evaluate("JSON.stringify({...localStorage, ...sessionStorage})")
        assert "field:" in kept and "MARKERWORD" not in kept
        context.set_offline(False)
        kind(page, "saved")
        assert "field:" not in page.evaluate("JSON.stringify({...localStorage, ...sessionStorage})")


def test_while_one_types_it_is_saved_at_most_every_five_seconds(company, live_server, chromium):
    record = company.on_site()
    with phone_of(company.engineer, live_server, chromium) as context:
        page, _wrong = new_page(context)
        slow = context.new_cdp_session(page)
        slow.send("Network.emulateNetworkConditions", {"offline": False, "latency": 600, "downloadThroughput": -1, "uploadThroughput": -1})
        sent: list[str] = []
        page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
        page.goto(f"/my/records/{record.number}/#check")
        page.get_by_label("故障现象与原因").press_sequentially("压力开关失灵" * 8, delay=110)  # a little over five seconds
        page.wait_for_timeout(300)
        assert len(sent) <= 2
        page.get_by_label("故障现象与原因").blur()
        kind(page, "saved")
    assert ServiceRecord.objects.get(pk=record.pk).findings == "压力开关失灵" * 8


def test_the_customer_does_not_sign_before_everything_has_arrived(company, live_server, chromium):
    record = company.filled()
    with phone_of(company.engineer, live_server, chromium) as context:
        page, _wrong = new_page(context)
        page.goto(f"/my/records/{record.number}/#work")
        page.route("**/work/", lambda route: route.abort())
        page.get_by_label("处理过程").fill("最后补的一句")
        page.get_by_label("处理过程").blur()
        kind(page, "failed", "offline")
        other, _wrong = new_page(context)
        other.route("**/work/", lambda route: route.abort())
        other.goto(f"/my/records/{record.number}/sign/")
        other.locator("[data-not-yet]").wait_for()
        page.close()
        other.unroute("**/work/")
        other.evaluate("window.dispatchEvent(new Event('online'))")
        other.locator(".summary").get_by_text("最后补的一句").wait_for()
        assert not other.locator("[data-not-yet]").is_visible()


def test_a_photo_waits_for_the_signal_and_goes_up_once(company, live_server, chromium, pictures):
    record = company.on_site()
    with phone_of(company.engineer, live_server, chromium) as context:
        page, _wrong = new_page(context)
        page.goto(f"/my/records/{record.number}/#photos")
        page.locator("#photos input[type=file]").first.set_input_files(pictures)
        page.get_by_role("button", name="上传").first.wait_for()
        context.set_offline(True)
        page.get_by_role("button", name="上传").first.tap()
        page.get_by_text("没有信号，2 张还没上传").wait_for()
        assert "2 张照片还没上传" in page.locator("[data-outbox]").inner_text()
        context.set_offline(False)
        page.locator("#photos .photos.kept img").nth(1).wait_for()
        page.locator("#photos input[type=file]").first.set_input_files(pictures)
        page.get_by_role("button", name="上传").first.tap()
        page.get_by_text("已上传").first.wait_for()
    assert Attachment.objects.filter(record_id=record.pk, kind="photo_before").count() == 2


def test_two_photos_alike_go_on_from_where_the_line_broke(company, live_server, chromium, pictures, tmp_path):
    record, alike = company.on_site(), tmp_path / "又一张.jpg"
    shutil.copy(pictures[0], alike)
    with phone_of(company.engineer, live_server, chromium) as context:
        page, wrong = new_page(context)
        parts: list[int] = []

        def break_off(route):
            if route.request.method != "PATCH":
                return route.continue_()
            parts.append(int(route.request.headers["upload-offset"]))
            return route.abort() if len(parts) == 2 else route.continue_()

        page.route("**/uploads/**", break_off)
        page.goto(f"/my/records/{record.number}/#photos")
        page.locator("#photos input[type=file]").first.set_input_files([pictures[0], str(alike)])
        page.get_by_role("button", name="上传").first.tap()
        page.get_by_text("没有信号，2 张还没上传").wait_for()
        assert still_to_come(record).sentence == "照片未传完 0/2"
        page.locator("#photos .photos.kept img").nth(1).wait_for(timeout=20_000)
        page.get_by_text("已上传").first.wait_for()
        assert page.locator("[data-coming]").count() == 0
        assert wrong == []
    rows = Attachment.objects.filter(record_id=record.pk, kind="photo_before")
    assert (rows.count(), len({row.sha256 for row in rows})) == (2, 1)
    assert parts[1] == parts[2] > 0, "it went on from the byte where it stopped"
    assert still_to_come(record).sentence == ""


def test_a_form_sent_without_signal_stays_and_says_so(company, live_server, chromium):
    request = company.assigned()
    with phone_of(company.engineer, live_server, chromium) as context:
        page, _wrong = new_page(context)
        page.goto(f"/my/requests/{request.number}/")
        page.get_by_label("说了什么").fill("下午到")
        context.set_offline(True)
        page.get_by_role("button", name="记录已联系").tap()
        page.get_by_text("没有送达，请检查网络后再试").wait_for()
        assert page.get_by_label("说了什么").input_value() == "下午到"
        context.set_offline(False)
        page.get_by_role("button", name="记录已联系").tap()
        page.wait_for_url("**/my/")


def test_signing_out_speaks_first_of_what_is_not_sent(company, live_server, chromium):
    record = company.on_site()
    with phone_of(company.engineer, live_server, chromium) as context:
        page, _wrong = new_page(context)
        page.goto(f"/my/records/{record.number}/#work")
        page.route("**/work/", lambda route: route.abort())
        page.get_by_label("处理过程").fill("还没送出的话")
        kind(page, "failed", "offline")
        for said in ("退出后会从手机里删除", ""):
            page.locator(".topbar summary").tap()
            page.get_by_role("button", name="退出").tap()
            if said:
                page.get_by_text(said).first.wait_for()
                page.locator(".topbar summary").tap()
        page.wait_for_url("**/login/**")
        assert "field:" not in page.evaluate("JSON.stringify({...localStorage, ...sessionStorage})")
