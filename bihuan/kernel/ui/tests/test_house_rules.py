"""What holds for every template and asset of the product: nothing inline, nothing from elsewhere, every icon drawn, every text readable."""

import re
from pathlib import Path

import pytest
from django.template import engines

import bihuan
from bihuan.kernel.ui import icons

PACKAGE = Path(bihuan.__file__).parent
TEMPLATES = sorted(PACKAGE.rglob("templates/**/*.html"))
STATIC = Path(icons.__file__).parent / "static" / "ui"
OWN_STATIC = [p for p in sorted(PACKAGE.rglob("static/**/*")) if p.suffix in {".css", ".js", ".svg"} and "vendor" not in p.parts]


def short(path):
    return str(path.relative_to(PACKAGE))


@pytest.mark.parametrize("template", TEMPLATES, ids=short)
def test_a_template_compiles(template):
    text = template.read_text("utf-8")
    assert engines["django"].from_string(text)


@pytest.mark.parametrize("template", TEMPLATES, ids=short)
def test_a_template_has_nothing_inline(template):
    text = template.read_text("utf-8")
    for script in re.findall(r"<script\b[^>]*>", text, re.I):
        assert "src=" in script, f"inline script: {script}"
    assert not re.search(r"<style\b", text, re.I), "a style sheet inside a page"
    assert not re.search(r"\sstyle\s*=", text, re.I), "a style attribute"
    assert not re.search(r"\s(?:on[a-z]{3,}|hx-on[:\w-]*)\s*=\s*[\"']", text, re.I), "an event handler"
    assert not re.search(r"(?:href|src|action)\s*=\s*[\"']\s*javascript:", text, re.I), "a script as an address"


@pytest.mark.parametrize("template", TEMPLATES, ids=short)
def test_a_template_loads_nothing_from_another_host(template):
    text = template.read_text("utf-8")
    assert not re.search(r"<(?:script|link|img|iframe|source|video|audio)\b[^>]*(?:src|href)\s*=\s*[\"'](?:https?:)?//", text, re.I)


@pytest.mark.parametrize("asset", OWN_STATIC, ids=short)
def test_an_asset_reaches_no_other_host(asset):
    text = asset.read_text("utf-8").replace("http://www.w3.org/", "")
    assert not re.search(r"https?://|url\(\s*[\"']?//", text)


@pytest.mark.parametrize("asset", [p for p in OWN_STATIC if p.suffix == ".js"], ids=short)
def test_a_script_never_turns_text_into_code_or_markup(asset):
    assert not re.search(r"\beval\(|new Function\(|insertAdjacentHTML|outerHTML\s*=|document\.write", asset.read_text("utf-8"))


def used_icons():
    for source in [*TEMPLATES, *PACKAGE.rglob("*.py")]:
        if "tests" in source.parts:
            continue
        text = source.read_text("utf-8")
        pattern = r"""\{%\s*icon\s+"([\w-]+)"|\bicon="([\w-]+)\"""" if source.suffix == ".html" else r'\bicon="([\w-]+)"'
        for found in re.finditer(pattern, text):
            yield next(filter(None, found.groups())), short(source)


@pytest.mark.parametrize(("name", "place"), sorted(set(used_icons())))
def test_an_icon_that_is_used_exists(name, place):
    assert name in icons.names(), f"{place} uses it"


def test_the_sprite_holds_exactly_the_listed_icons():
    sprite = (STATIC / "icons.svg").read_text("utf-8")
    drawn = re.findall(r'<symbol id="([\w-]+)"[^>]*>(.*?)</symbol>', sprite)
    assert {name for name, _ in drawn} == icons.names()
    assert all(body.strip() for _, body in drawn)


@pytest.mark.parametrize("module", ["clocks.js", "messages.js"])
def test_the_icons_of_the_scripts_exist(module):
    table = re.search(r"const ICONS = \{(.+?)\}", (STATIC / module).read_text("utf-8"))[1]
    assert set(re.findall(r'"([\w-]+)"', table)) <= icons.names()


@pytest.mark.parametrize(
    ("asset", "licence"),
    [("htmx.min.js", "htmx.LICENSE"), ("signature_pad.min.js", "signature_pad.LICENSE"), (None, "tabler-icons.LICENSE")],
)
def test_what_others_wrote_keeps_its_licence_beside_it(asset, licence):
    assert (STATIC / "vendor" / licence).stat().st_size > 300
    assert asset is None or (STATIC / "vendor" / asset).stat().st_size > 5000


def colours(scheme):
    """The colours of one scheme by their names."""
    text = (STATIC / "tokens.css").read_text("utf-8")
    light, dark = text.split("@media (prefers-color-scheme: dark)")
    light_found = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", light))
    return light_found if scheme == "light" else light_found | dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", dark.split("@media")[0]))


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


GROUNDS = ("paper", "wash", "wash-2")
TEXT = [
    *((ink, ground) for ink in ("ink", "ink-2", "ink-3") for ground in GROUNDS),
    *((ink, f"{tone}-soft") for tone in ("accent", "red", "amber", "green") for ink in ("ink", "ink-2", "ink-3", tone)),
    *((tone, ground) for tone in ("accent", "red", "amber", "green") for ground in ("paper", "wash")),
    ("on-accent", "accent"), ("on-accent", "accent-strong"), ("accent-strong", "accent-soft"),
]  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), TEXT)
def test_text_can_be_read_on_its_ground(scheme, ink, ground):
    found = colours(scheme)
    assert contrast(found[ink], found[ground]) >= 4.5  # WCAG 1.4.3


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("line", "ground"), [("line-strong", "paper"), ("accent", "paper"), ("red", "paper"), ("accent", "wash"), ("line-strong", "wash")]
)
def test_the_edge_of_a_control_can_be_seen(scheme, line, ground):
    found = colours(scheme)
    assert contrast(found[line], found[ground]) >= 3  # WCAG 1.4.11


@pytest.mark.parametrize("sheet", sorted(STATIC.glob("*.css")), ids=short)
def test_a_sheet_names_no_colour_and_no_token_of_its_own(sheet):
    text = re.sub(r"/\*.*?\*/", "", sheet.read_text("utf-8"), flags=re.S)
    known = set(re.findall(r"(--[\w-]+):", (STATIC / "tokens.css").read_text("utf-8"))) | {"--tone", "--tone-soft", "--tone-line", "--tabs"}
    assert set(re.findall(r"var\((--[\w-]+)", text)) <= known
    if sheet.name not in {"tokens.css", "print.css"}:
        assert set(re.findall(r"#[0-9a-fA-F]{3,8}\b", text)) <= {"#fff", "#000"}, "only paper and ink that stay so in any scheme"


def test_every_sheet_keeps_to_its_layer():
    order = re.search(r"@layer ([\w, ]+);", (STATIC / "tokens.css").read_text("utf-8"))[1].split(", ")
    for sheet in STATIC.glob("*.css"):
        outside = re.sub(r"/\*.*?\*/", "", sheet.read_text("utf-8"), flags=re.S)
        opened = re.findall(r"^@layer (\w+) \{", outside, re.M)
        assert opened == [sheet.stem], sheet.name
        assert sheet.stem in order


def test_motion_stops_for_those_who_ask():
    assert "prefers-reduced-motion: reduce" in (STATIC / "base.css").read_text("utf-8")
