"""The English translation:  python scripts/messages.py          collect texts into django.po, compile django.mo
                             python scripts/messages.py --check  fail when either is behind the source

The source language is Chinese, so the catalogue is bihuan/locale/en. Needs GNU gettext (apt-get install gettext).
The check extracts into a copy and compares meanings, not bytes: another version of gettext changes nothing.
"""

from __future__ import annotations

import gettext
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = Path("locale/en/LC_MESSAGES/django.po")
HEAVY = shutil.ignore_patterns("fonts", "static", "__pycache__", "*.ttf", "*.csv", "*.xlsx")
SHOWN = 12  # of a long list of missing texts


def collect(package: Path) -> None:
    """Bring the catalogue up to the texts in *package* (makemessages)."""
    command = [sys.executable, "-m", "django", "makemessages", "--locale=en", "--no-location", "--no-wrap", "--no-obsolete"]
    command += ["--ignore=tests/*", "--verbosity=0"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "DJANGO_SETTINGS_MODULE": ""}
    (package / CATALOGUE).parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(command, cwd=package, env=environment, check=True)


def compiled(catalogue: Path, target: Path) -> dict[str, str]:
    """What the catalogue says, compiled by msgfmt into *target*."""
    subprocess.run(["msgfmt", "--check-format", "-o", target, catalogue], check=True)
    return meanings(target)


def meanings(file: Path) -> dict[str, str]:
    with file.open("rb") as stream:
        said = gettext.GNUTranslations(stream)._catalog  # type: ignore[attr-defined]  # the only way to list them
    return {str(key): value for key, value in said.items() if key != ""}


def untranslated(catalogue: Path) -> list[str]:
    """Texts without an English one, or with one that is only a guess (fuzzy)."""
    found = []
    for which in ("--untranslated", "--only-fuzzy"):
        command = ["msgattrib", which, "--no-obsolete", "--no-wrap", catalogue]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        found += re.findall(r"^msgid (\".+?)\nmsgstr", said.replace('msgid ""\n"', 'msgid "'), re.MULTILINE | re.DOTALL)
    return [text for text in found if text != '""']


def check() -> int:
    """0 when every text of the source is translated, and the compiled file says what the catalogue says."""
    if not (ROOT / "bihuan" / CATALOGUE).exists():
        return say(f"bihuan/{CATALOGUE} is missing; run make messages and translate.")
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "bihuan"
        shutil.copytree(ROOT / "bihuan", copy, ignore=HEAVY)
        kept = compiled(copy / CATALOGUE, Path(folder) / "kept.mo")
        built = (ROOT / "bihuan" / CATALOGUE).with_suffix(".mo")
        if not built.exists() or kept != meanings(built):
            return say("django.mo is older than django.po; run make messages and commit both.")
        collect(copy)
        if missing := untranslated(copy / CATALOGUE):
            shown = "\n".join(f"  {text}" for text in missing[:SHOWN])
            return say(f"{len(missing)} texts without English; run make messages and translate:\n{shown}")
    return say(f"{len(kept)} texts, all translated", code=0)


def say(text: str, code: int = 1) -> int:
    print(text)
    return code


def main(arguments: list[str]) -> int:
    if not shutil.which("msgfmt"):
        return say("gettext is missing: apt-get install gettext")
    if arguments == ["--check"]:
        return check()
    package = ROOT / "bihuan"
    collect(package)
    said = compiled(package / CATALOGUE, (package / CATALOGUE).with_suffix(".mo"))
    missing = untranslated(package / CATALOGUE)
    return say("\n".join([f"{len(said)} translated, {len(missing)} to do", *missing[:SHOWN]]), code=0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
