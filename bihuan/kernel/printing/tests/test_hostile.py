"""Whatever people type is data: never markup, never a file, never a request (#34)."""

import io
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from ..forms import Approval, Cell, Cells, CheckItem, Checklist, Form, Label, Photo, Photos, Signature, Signatures, Table, Text
from ..glyphs import FONTS
from ..render import TEMPLATES, _compiler, data_of, render, render_label
from .papers import AT, a_form, pages, picture_bytes, words

HOSTILE = [
    '#read("/etc/passwd")',
    '#image("http://127.0.0.1:9/x.png")',
    '#import "@preview/tablex:0.0.8": *',
    "#panic[x]",
    "$ sum_(i=0)^n $",
    "= 标题\n- 一\n+ 二\n/ 词: 义",
    "*粗* _斜_ `码` <label> @ref",
    "\\u{41} \\ ~ -- --- ...",
    "]#[ }#{ )#( */ // /*",
    "<script>alert(1)</script>&lt;<img src=file:///etc/passwd>",
    '"}]}, "grids": [{"columns": []',
    "{page} {pages} %(name)s {0} %s",
    "url(file:///etc/passwd) @import 'http://x'",
    "\x00\x1b]0;x\x07",
]


def everywhere(text: str) -> Form:
    """A form with *text* in every place that takes one."""
    sections = [
        Cells([[Cell(text, text), Cell(text, text)]], title=text),
        Text(text, text, title=text),
        Table([text, text], [[text, text]], title=text),
        Checklist([CheckItem(text, text, text)], title=text),
        Photos([Photo(b"", text), Photo(picture_bytes(), text)], title=text),
        Signatures([Signature(text, text, AT, text, text, 1, text, picture_bytes())], title=text),
    ]
    more = {"title": text, "code": text, "number": text, "status_line": text, "stamp": text, "company": text, "printed_by": text}
    return a_form(*sections, approvals=[Approval(text, text, AT, text)], record_url=f"https://x.cn/{text}", **more)


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_markup_in_any_field_stays_text(text):
    found = words(render(everywhere(text)))
    visible = text.replace("\x00\x1b", "[U+0000 U+001B]").replace("\x07", "[U+0007]")
    assert found.count(squeezed(visible)) >= 15


def test_a_form_full_of_hostile_text_says_nothing_of_the_machine():
    found = "".join(words(render(everywhere(text))) for text in HOSTILE)
    assert "root:" not in found
    assert "/bin/" not in found


@pytest.mark.parametrize("text", ["深" * 10_000, "X" * 10_000, "！" * 10_000, "a b " * 2_500, "行\n" * 5_000, "😀" * 3_000])
def test_ten_thousand_characters_are_printed_to_the_last(text):
    found = "".join(pages(render(a_form(Text("客户原话", text + "末尾")))))
    assert "末尾" in found


@pytest.mark.parametrize(
    "text", ["X" * 1_000, "W" * 300, "！" * 300, "https://example.com/" + "a/" * 300, "深（" * 200, "😀" * 200, "㐂" * 300]
)
def test_nothing_runs_over_the_ruled_edge(text):
    cells = Cells([[Cell(text[:40], text), Cell("乙", text), Cell("丙", text)], [Cell("丁", text)]], title=text[:200])
    form = a_form(cells, Table([text[:40], "二"], [[text, text]], widths=(1, 5)), Text(text[:40], text), status_line=text[:200])
    for page in drawn(form):
        left, right = (round(edge * page.width / 210) for edge in (17, 193))
        assert page.crop((right, 0, page.width, page.height)).getextrema() == (255, 255)
        assert page.crop((0, 0, left, page.height)).getextrema() == (255, 255)


def drawn(form: Form) -> list[Image.Image]:
    """The pages of *form* as grey pictures."""
    inputs = {"data": json.dumps(data_of(form))}
    found = _compiler().compile((TEMPLATES / "form.typ").read_bytes(), sys_inputs=inputs, format="png", ppi=72)
    return [Image.open(io.BytesIO(page)).convert("L") for page in (found if isinstance(found, list) else [found])]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_label_takes_any_text(text):
    assert render_label(Label(f"https://x.cn/{text}", text, [text, text], text)).startswith(b"%PDF")


@pytest.mark.parametrize("path", ["/etc/passwd", "../../../../../../../../etc/passwd", "/../models.py", "../../models.py"])
def test_the_typesetter_could_not_read_a_file_even_if_it_were_told_to(path):
    with pytest.raises(RuntimeError, match=r"not found|escape|outside|denied"):
        _compiler().compile(f'#read("{path}")'.encode())


def test_templates_never_evaluate_data():
    for template in TEMPLATES.glob("*.typ"):
        source = template.read_text()
        assert not re.search(r"\b(eval|plugin|read)\(|@preview|@local|https?://", source), template.name


CHILD = """
import pathlib
import django
from django.conf import settings
settings.configure(HOME={home!r}, COMPANY="", USE_I18N=True, USE_TZ=True, INSTALLED_APPS=[])
django.setup()
from bihuan.kernel.printing.render import render
from bihuan.kernel.printing.tests.papers import a_form
from bihuan.kernel.printing.tests.test_hostile import HOSTILE, everywhere
render(everywhere("暖机 warm"))
pathlib.Path("/from-here").exists()
for text in HOSTILE:
    render(everywhere(text))
pathlib.Path("/to-here").exists()
"""


def test_printing_opens_only_fonts_and_templates_and_connects_to_nothing(tmp_path):
    """Watched from outside the process: the typesetter is native code that Python's audit hooks do not see."""
    strace = shutil.which("strace") or pytest.skip("system calls not watched: strace is not installed")
    log = tmp_path / "calls"
    watched = "trace=open,openat,openat2,connect,socket,execve,stat,newfstatat,statx"
    done = subprocess.run(
        [strace, "-f", "-qq", "-e", watched, "-o", str(log), sys.executable, "-c", CHILD.format(home=str(tmp_path))],
        cwd=Path(__file__).resolve().parents[4], capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    if "ptrace" in done.stderr:
        pytest.skip("system calls not watched: tracing is not permitted here")
    assert done.returncode == 0, done.stderr
    during = log.read_text().split("/from-here")[1].split("/to-here")[0]
    assert not re.findall(r"(connect|socket|execve)\(", during)
    opened = set(re.findall(r'open(?:at2?)?\((?:AT_FDCWD, )?"([^"]+)"', during))
    allowed = (str(FONTS), str(TEMPLATES))
    assert opened, "the templates at least are read"
    assert {path for path in opened if not path.startswith(allowed)} == set()
