"""The one style sheet: every part's sheet is in it, in the order of the layers, and a change is taken up."""

from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders

from bihuan.kernel.ui import sheet

PACKAGE = Path(sheet.__file__).parents[2]


@pytest.fixture(autouse=True)
def elsewhere(settings, tmp_path):
    settings.STYLE_SHEET = tmp_path


def test_the_sheet_is_found_and_holds_every_sheet_of_the_desk():
    whole = Path(finders.find(sheet.NAME)).read_text("utf-8")
    assert whole.startswith("/* The measures and colours of Bihuan.")
    own = [path for path in PACKAGE.glob("**/static/**/*.css") if path.parent.name != "field"]  # the engineer's pages bring theirs
    assert len(own) == len(settings.STYLE_SHEETS) > 10
    assert all(path.read_text("utf-8") in whole for path in own)


def test_collecting_the_static_files_takes_it_along():
    (found,) = ((path, storage) for path, storage in sheet.SheetFinder().list(None))
    assert found[0] == sheet.NAME and found[1].exists(sheet.NAME)


def test_a_changed_part_is_taken_up(settings):
    built = sheet.put_together()
    before, first = built.stat().st_mtime_ns, built.read_bytes()
    assert sheet.put_together().stat().st_mtime_ns == before  # nothing to do
    built.write_text("of an older version", "utf-8")
    assert sheet.put_together().read_bytes() == first
    assert [path.name for path in built.parent.iterdir()] == ["bihuan.css"]


def test_a_sheet_that_is_nowhere_is_named(settings):
    settings.STYLE_SHEETS = [*settings.STYLE_SHEETS, "ui/absent.css"]
    with pytest.raises(FileNotFoundError, match=r"ui/absent\.css"):
        sheet.put_together()
