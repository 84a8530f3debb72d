"""What is declared, what is locked and what is written about it agree."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def pins(lock: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9._-]+)(?:\[[^\]]*\])?==(\S+)", (ROOT / lock).read_text(), re.MULTILINE))


def declared() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    lines = project["project"]["dependencies"] + project["dependency-groups"]["dev"]
    return {re.split(r"[\[<>=!~ ]", line, maxsplit=1)[0].lower() for line in lines}


def test_the_development_lock_holds_every_runtime_package_at_the_same_version():
    runtime, development = pins("requirements.lock"), pins("requirements-dev.lock")
    assert len(runtime) > 20
    assert {name: version for name, version in runtime.items() if development.get(name) != version} == {}


def test_every_locked_package_carries_a_hash():
    for lock in ("requirements.lock", "requirements-dev.lock"):
        entries = re.split(r"^(?=[a-z0-9])", (ROOT / lock).read_text(), flags=re.MULTILINE)[1:]
        assert [entry.splitlines()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_every_declared_package_is_locked_and_explained():
    locked = pins("requirements-dev.lock")
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8").lower()
    assert sorted(name for name in declared() if name not in locked) == []
    assert sorted(name for name in declared() if f"| {name} |" not in page) == []
