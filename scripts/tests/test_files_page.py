"""docs/files.md says what the code takes: each kind, its limit, the names it may come under."""

import re
from pathlib import Path

from bihuan.kernel.files import media

PAGE = Path(__file__).resolve().parents[2] / "docs" / "files.md"


def test_the_page_names_every_kind_with_its_limit_and_its_names():
    rows = [re.split(r"\s*\|\s*", line.strip("| ")) for line in PAGE.read_text("utf-8").splitlines() if re.match(r"\| .*/\w", line)]
    told = {row[1]: (row[2], set(row[3].split(", "))) for row in rows}
    kinds = [one for one in vars(media).values() if isinstance(one, media.Media)]
    assert told == {one.type: (f"{one.limit // media.MB} MB", set(one.extensions)) for one in kinds}
