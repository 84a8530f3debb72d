"""A list as people use it: filters without reloading, the keyboard, a telephone's width, and no browser help at all."""

import pytest
from playwright.sync_api import expect, sync_playwright

pytestmark = [
    pytest.mark.browser,
    pytest.mark.urls("bihuan.kernel.lists.tests.urls"),
]


@pytest.fixture
def open_list(committed, people_list, live_server, chromium, as_client, desk, east, person):
    """A function that opens the list of 60 people in a browser of some width."""
    for at in range(60):
        person(east, f"工程师{at:03}", language="en" if at % 2 else "zh-hans")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])

        def visit(width=1280, **options):
            context = browser.new_context(viewport={"width": width, "height": 800}, **options)
            cookie = as_client(desk).cookies["sessionid"]
            context.add_cookies([{"name": "sessionid", "value": cookie.value, "url": live_server.url}])
            page = context.new_page()
            page.goto(f"{live_server.url}/lists/persons/?sort=name")
            return page

        yield visit
        browser.close()


def rows(page):
    return page.locator("table.list tbody tr")


def test_a_filter_narrows_the_table_without_reloading(open_list):
    page = open_list()
    page.evaluate("window.sameDocument = true")
    page.get_by_role("checkbox", name="English").check()
    expect(rows(page)).to_have_count(30)
    assert page.evaluate("window.sameDocument")
    assert page.url.endswith("/lists/persons/?sort=name&language=en")


def test_the_next_page_follows_the_first(open_list):
    page = open_list()
    page.get_by_role("link", name="下一页").click()
    expect(rows(page)).to_have_count(11)
    assert "after=" in page.url


def test_the_keyboard_walks_the_rows_and_opens_one(open_list):
    page = open_list()
    page.keyboard.press("j")
    page.keyboard.press("j")
    wanted = rows(page).nth(1).get_attribute("data-href")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{wanted}")


def test_on_a_telephone_each_row_is_a_card_and_nothing_sticks_out(open_list):
    page = open_list(360)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert rows(page).first.evaluate("row => getComputedStyle(row).display") == "grid"
    assert rows(page).first.evaluate("row => getComputedStyle(row.cells[1], '::before').content") == '"手机"'


def test_everything_works_without_scripts(open_list):
    page = open_list(java_script_enabled=False)
    page.get_by_role("checkbox", name="English").check()
    page.get_by_role("button", name="筛选").click()
    expect(rows(page)).to_have_count(30)
    assert "language=en" in page.url
