"""The scripts of the pages, in a real Chromium: clocks run, drafts stay and stay secret, keys work, a signature is a signature."""

import json
import re

import pytest
from django.test import override_settings
from PIL import Image
from playwright.sync_api import expect, sync_playwright

from bihuan.kernel.ui.views import SCREENS
from bihuan.service.tests.company import PASSWORD

pytestmark = pytest.mark.browser
EVERY_PAGE = ["/gallery/", *(f"/gallery/{name}/" for name in SCREENS)]


@pytest.fixture(scope="module")
def browser(request):
    chromium = request.getfixturevalue("chromium")
    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def visit(browser, committed_company, live_server):
    """A function that opens a page of the gallery in a window of its own; what the content policy forbids or a script fails at must stay empty."""
    faults, contexts = [], []

    def go(path, *, width=1280, signed_in_as="", **options):
        context = browser.new_context(base_url=live_server.url, viewport={"width": width, "height": 844}, locale="zh-CN", **options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None)
        page.on(
            "request", lambda asked: faults.append(asked.url) if not asked.url.startswith((live_server.url, "data:", "blob:")) else None
        )
        if signed_in_as:
            sign_in(page, signed_in_as)
        page.goto(path)
        page.wait_for_load_state("networkidle")
        return page

    with override_settings(DEBUG=True):  # the gallery is open on a developer's machine
        yield go
    for context in contexts:
        context.close()
    assert faults == []


def sign_in(page, username):
    page.goto("/login/")
    page.fill("[name=username]", username)
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "login" not in url)


def stored(page):
    return page.evaluate("JSON.stringify({...localStorage}) + JSON.stringify({...sessionStorage})")


def drafts(page):
    return page.evaluate("[...Object.keys(localStorage), ...Object.keys(sessionStorage)].filter((name) => name.startsWith('draft:'))")


def open_reassign(page):
    page.get_by_role("button", name="改派…").click()
    return page.locator("#reassign")


def test_no_page_sticks_out_of_its_screen(visit):
    page = visit("/gallery/")
    for path in EVERY_PAGE:
        page.goto(path)
        for width in (360, 390, 768, 1080, 1280):
            page.set_viewport_size({"width": width, "height": 844})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)


def test_what_is_touched_is_large_enough_for_a_finger(visit):
    page = visit("/gallery/", width=390, has_touch=True, is_mobile=True)
    for path in EVERY_PAGE:
        page.goto(path)
        small = page.evaluate(
            """[...document.querySelectorAll('.button, .bar-button, .tabbar a, .cards a, .tabs a, select, textarea, input')]
            .filter((e) => e.checkVisibility() && !e.matches('[type=hidden], [type=checkbox], [type=radio], [type=file], [type=search]'))
            .map((e) => [Math.round(e.getBoundingClientRect().height), e.className, e.textContent.trim().slice(0, 20)])
            .filter(([height]) => height < 44)"""
        )
        assert small == [], path


def test_a_running_clock_runs_and_turns_late_by_the_servers_time(visit):
    page = visit("/gallery/worklist/")
    clock = page.locator(".row:nth-child(2) .clock")
    first = clock.locator("time").inner_text()
    assert re.fullmatch(r"剩 \d\d:\d\d", first)
    expect(clock.locator("time")).not_to_have_text(first, timeout=3000)
    page.evaluate("document.querySelector('.row:nth-child(2) time').dataset.due = new Date(Date.now() - 125000).toISOString()")
    expect(clock.locator("time")).to_have_text("迟 2 分", timeout=3000)
    expect(clock).to_have_attribute("data-tone", "red")
    assert clock.locator("use").get_attribute("href").endswith("#clock-exclamation")


def test_a_wrong_clock_of_the_machine_does_not_matter(visit):
    page = visit("/gallery/worklist/", signed_in_as="lead")
    right = page.locator(".row:nth-child(2) time[data-due]").inner_text()
    page.clock.install(time="2029-01-01T00:00:00Z")
    page.reload()
    page.clock.run_for(1500)
    assert page.locator(".row:nth-child(2) time[data-due]").inner_text()[:4] == right[:4]


def test_the_keyboard_walks_a_worklist(visit):
    page = visit("/gallery/worklist/")
    for key in "jjk":
        page.keyboard.press(key)
    assert page.evaluate("document.activeElement.closest('.row') === document.querySelector('.row')")
    page.keyboard.press("o")
    page.wait_for_url("**/gallery/record/")


def test_single_keys_do_nothing_while_typing_or_when_switched_off(visit):
    page = visit("/gallery/worklist/")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.name") == "q"
    page.keyboard.type("jo?")
    assert page.input_value("[name=q]") == "jo?"
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("?")
    page.get_by_label("使用单键快捷键").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.closest('.row')") is None


def test_escape_closes_a_dialog_until_something_was_typed_in_it(visit):
    page = visit("/gallery/record/")
    dialog = open_reassign(page)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert page.evaluate("document.activeElement.textContent") == "改派…", "the focus goes back"
    open_reassign(page)
    page.fill("#why", "要带压力传感器")
    for _ in range(3):
        page.keyboard.press("Escape")
    page.mouse.click(5, 5)
    expect(dialog).to_be_visible()
    page.get_by_role("button", name="不改了").click()
    expect(dialog).to_be_hidden()


def test_what_was_typed_comes_back_and_can_be_discarded(visit):
    page = visit("/gallery/record/", signed_in_as="lead")
    open_reassign(page)
    page.locator("#why").press_sequentially("要带压力传感器")
    page.wait_for_function("Object.keys(localStorage).some((name) => name.startsWith('draft:'))")
    page.reload()
    open_reassign(page)
    expect(page.locator("#why")).to_have_value("要带压力传感器")
    expect(page.locator("#reassign .notice")).to_contain_text("已恢复未提交的内容")
    page.get_by_role("button", name="丢弃").click()
    expect(page.locator("#why")).to_have_value("")
    assert drafts(page) == []


def test_a_draft_lies_sealed_and_goes_with_its_owner(visit):
    page = visit("/gallery/record/", signed_in_as="lead")
    open_reassign(page)
    page.fill("#why", "王工手机 13800005678")
    page.wait_for_function("Object.keys(localStorage).some((name) => name.startsWith('draft:'))")
    assert "13800005678" not in stored(page)
    assert "王工" not in stored(page)
    page.get_by_role("button", name="不改了").click()
    page.evaluate("document.querySelector('[data-logout]').requestSubmit()")
    page.wait_for_url("**/login/**")
    assert drafts(page) == []


def test_the_next_person_at_the_machine_finds_no_draft_of_another(visit):
    page = visit("/gallery/record/", signed_in_as="lead")
    open_reassign(page)
    page.fill("#why", "要带压力传感器")
    page.wait_for_function("Object.keys(localStorage).some((name) => name.startsWith('draft:'))")
    page.context.clear_cookies()  # the session ended by itself
    sign_in(page, "engineer")
    page.goto("/gallery/record/")
    assert drafts(page) == []


def answer(page, status, body):
    """The next sending is answered like this, by a page that belongs to the product."""

    def reply(route):
        if route.request.method == "POST":
            route.fulfill(status=status, content_type="text/html", body=body)
        else:
            route.continue_()

    page.route("**/gallery/record/**", reply)


def send_the_dialog(page):
    open_reassign(page)
    page.fill("#why", "要带压力传感器")
    page.wait_for_function("Object.keys(sessionStorage).some((name) => name.startsWith('draft:'))")
    page.locator("#reassign .primary").click()


PAGE = '<!doctype html><meta name="person" content=""><body data-texts="{}"%s><script src="/static/ui/bihuan.js" type="module"></script><p id="there">x</p>'


def test_a_draft_is_forgotten_once_it_was_sent(visit):
    page = visit("/gallery/record/")
    answer(page, 200, PAGE % "")
    send_the_dialog(page)
    page.wait_for_selector("#there")
    page.wait_for_function("!Object.keys(sessionStorage).some((name) => name.startsWith('draft:'))")


def test_a_draft_survives_an_error_page_and_whatever_is_visited_next(visit):
    page = visit("/gallery/record/")
    answer(page, 500, PAGE % " data-error")
    send_the_dialog(page)
    page.wait_for_selector("#there")
    page.goto("/gallery/worklist/")
    page.wait_for_load_state("networkidle")
    page.goto("/gallery/record/")
    open_reassign(page)
    expect(page.locator("#why")).to_have_value("要带压力传感器")


def test_a_form_is_sent_once_however_often_it_is_pressed(visit):
    page = visit("/gallery/record/")
    open_reassign(page)
    page.fill("#why", "x")
    sent = page.evaluate(
        """() => {
            let sent = 0;
            addEventListener("submit", (event) => { sent += event.defaultPrevented ? 0 : 1; event.preventDefault(); });
            const button = document.querySelector("#reassign .primary");
            button.click(); button.click(); button.form.requestSubmit();
            return sent;
        }"""
    )
    assert sent == 1
    expect(page.locator("#reassign .primary")).to_have_text("正在提交…")


def stroke(page):
    box = page.locator(".pad canvas").bounding_box()
    page.mouse.move(box["x"] + 30, box["y"] + 60)
    page.mouse.down()
    for step in range(12):
        page.mouse.move(box["x"] + 30 + step * 8, box["y"] + 60 + step % 5 * 9)
    page.mouse.up()


def test_a_signature_becomes_a_picture_and_its_strokes(visit):
    page = visit("/gallery/")
    page.locator(".pad canvas").scroll_into_view_if_needed()
    stroke(page)
    stroke(page)
    assert page.input_value("[data-pad=image]").startswith("data:image/png;base64,")
    strokes = json.loads(page.input_value("[data-pad=strokes]"))
    assert len(strokes) == 2
    assert {"x", "y", "time"} <= set(strokes[0]["points"][0])
    page.get_by_role("button", name="撤销一笔").click()
    assert len(json.loads(page.input_value("[data-pad=strokes]"))) == 1
    page.get_by_role("button", name="重写").click()
    assert page.input_value("[data-pad=image]") == ""


def test_a_signature_survives_turning_the_telephone(visit):
    page = visit("/gallery/", width=390)
    page.locator(".pad canvas").scroll_into_view_if_needed()
    stroke(page)
    before = json.loads(page.input_value("[data-pad=strokes]"))
    page.set_viewport_size({"width": 844, "height": 390})
    page.wait_for_timeout(200)
    assert json.loads(page.input_value("[data-pad=strokes]")) == before


def test_an_empty_signature_is_not_sent(visit):
    page = visit("/gallery/")
    page.get_by_role("button", name="签字并提交").click()
    expect(page.get_by_text("还没有签字，请在上面的框里签名。")).to_be_visible()
    assert page.evaluate("document.activeElement.tagName") == "CANVAS"
    assert "signature" not in "".join(drafts(page))


def test_photos_are_shown_made_smaller_and_can_be_taken_back(visit, tmp_path):
    Image.effect_noise((3600, 1800), 40).convert("RGB").save(tmp_path / "large.png")
    Image.new("RGB", (40, 30), "red").save(tmp_path / "small.jpg")
    (tmp_path / "notes.txt").write_text("x")
    page = visit("/gallery/")
    picker = page.locator("input[type=file]")
    picker.set_input_files([tmp_path / "large.png", tmp_path / "notes.txt"])
    expect(page.locator("[data-photos-list] img")).to_have_count(1)
    expect(page.locator("[data-photos-status]")).to_contain_text("notes.txt 不是照片")
    picker.set_input_files([tmp_path / "small.jpg"])
    expect(page.locator("[data-photos-list] img")).to_have_count(2)
    sizes = page.evaluate(
        """Promise.all([...document.querySelector("input[type=file]").files].map(async (file) => {
            const picture = await createImageBitmap(file);
            return [file.name, picture.width, picture.height];
        }))"""
    )
    assert sizes == [["large.jpg", 2560, 1280], ["small.jpg", 40, 30]]
    page.get_by_role("button", name="移除这张照片").first.click()
    assert page.evaluate("document.querySelector('input[type=file]').files.length") == 1


def test_the_first_look_at_a_list_costs_no_more_than_twelve_requests(visit):
    page = visit("/gallery/", signed_in_as="lead")
    page.context.new_cdp_session(page).send("Network.setCacheDisabled", {"cacheDisabled": True})
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/lists/requests/")
    page.wait_for_load_state("networkidle")
    assert any("/static/ui/bihuan.css" in url for url in asked)
    assert len(asked) <= 12, "\n".join(asked)


def test_a_menu_closes_when_one_looks_elsewhere(visit):
    page = visit("/gallery/", signed_in_as="lead")
    menu = page.locator("details.menu:has([data-logout])")
    menu.locator("summary").click()
    expect(menu).to_have_attribute("open", "")
    page.mouse.click(300, 600)
    expect(menu).not_to_have_attribute("open", "")


def test_a_page_works_without_scripts(visit):
    page = visit("/gallery/worklist/", java_script_enabled=False)
    expect(page.locator(".row:first-child time")).to_have_text("迟 12 分")
    page.locator(".row:first-child .subject a").click()
    page.wait_for_url("**/gallery/record/")


def test_someone_who_wants_no_motion_gets_none(visit):
    page = visit("/gallery/", reduced_motion="reduce")
    page.evaluate("document.querySelector('[data-toasts]').innerHTML = '<div class=\"notice\"></div>'")
    assert page.evaluate("getComputedStyle(document.querySelector('.toasts .notice')).animationName") == "none"
