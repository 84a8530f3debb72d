"""Prints the style budgets (STYLE.md) and fails when one is exceeded:  python scripts/budgets.py [DIRECTORY]

An excess that makes sense says so in one line of its own file, ``# budget: reason`` (``{# budget: reason #}`` in a
template): at the top for the file's length, inside a function for the function's. It is then listed, not counted.
Lines are physical lines. Migrations and the benchmark are left out, tests are only counted against the code.
"""

from __future__ import annotations

import ast
import re
import statistics
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

EXCUSE = re.compile(r"(?:#|\{#)\s*budget:\s*(\S.+?)(?:\s*#\})?$", re.MULTILINE)
SKIPPED = {"migrations", "node_modules", "__pycache__"}
DRAWERS = {"utils.py", "util.py", "common.py", "helpers.py", "misc.py"}
INLINE = [
    (re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*type=[\"']application/json)", re.IGNORECASE), "inline script"),
    (re.compile(r"\sstyle\s*=\s*[\"']", re.IGNORECASE), "inline style"),
    (re.compile(r"\son(?:click|change|load|submit|input|error|key\w+|mouse\w+)\s*=", re.IGNORECASE), "inline handler"),
]


@dataclass(frozen=True)
class Size:
    """Something measured: its name, its lines, and the reason it gives for being too long (or "")."""

    name: str
    lines: int
    excuse: str = ""


@dataclass
class Report:
    """What is printed, and what is wrong."""

    lines: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def measure(self, what: str, found: float, good: bool, budget: str, reason: str = "") -> None:
        mark = "✓" if good else "~" if reason else "✗"
        self.lines.append(f"{mark} {what:<26} {found:>7g}   budget {budget}{'' if good or not reason else f'  ({reason})'}")
        if not good and not reason:
            self.faults.append(f"{what}: {found:g}, budget {budget}")

    def sizes(self, what: str, sizes: Sequence[Size], *, median: int, p95: int, most: int | None) -> None:
        """Hold a distribution to its median, its 95th percentile and its greatest value."""
        if not sizes:
            return
        counted = sorted(size.lines for size in sizes)
        self.measure(f"{what}, median", statistics.median(counted), statistics.median(counted) <= median, f"≤ {median}")
        high = percentile(counted, 95)
        self.measure(f"{what}, 95th percentile", high, high <= p95, f"≤ {p95}")
        if most is not None:
            self.single(what, sizes, most)

    def single(self, what: str, sizes: Sequence[Size], most: int) -> None:
        """Nothing longer than *most*, unless it says why."""
        over = [size for size in sizes if size.lines > most]
        self.measure(f"{what}, over {most}", sum(not size.excuse for size in over), all(size.excuse for size in over), "0")
        for size in sorted(over, key=lambda size: -size.lines):
            self.lines.append(f"    {size.name}: {size.lines} lines" + (f" -- {size.excuse}" if size.excuse else ""))


def percentile(ordered: Sequence[int], share: int) -> int:
    """Nearest rank: the smallest value that at least *share* percent do not exceed."""
    return ordered[max(0, -(-len(ordered) * share // 100) - 1)]


def files(root: Path, pattern: str) -> Iterator[Path]:
    for path in sorted(root.glob(pattern)):
        if path.is_file() and not SKIPPED & set(path.relative_to(root).parts):
            yield path


def is_test(path: Path) -> bool:
    return "tests" in path.parts or "testing" in path.parts or path.name == "conftest.py"


def count(text: str) -> int:
    return text.count("\n") + (not text.endswith("\n") and text != "")


def excuse(text: str) -> str:
    found = EXCUSE.search(text)
    return found.group(1) if found else ""


def whole_files(root: Path, paths: Sequence[Path]) -> list[Size]:
    """Files with something in them; the reason for a long one stands outside its functions, among the first 15 lines."""
    texts = [(str(path.relative_to(root)), path.read_text(encoding="utf-8")) for path in paths]
    return [Size(name, count(text), excuse("\n".join(text.splitlines()[:15]))) for name, text in texts if text.strip()]


def functions(root: Path, paths: Sequence[Path]) -> list[Size]:
    found = []
    for path in paths:
        text = path.read_text(encoding="utf-8")
        rows = text.splitlines()
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
                body = "\n".join(rows[node.lineno - 1 : node.end_lineno])
                found.append(Size(f"{path.relative_to(root)}:{node.lineno} {node.name}", node.end_lineno - node.lineno + 1, excuse(body)))
    return found


def inline(root: Path, templates: Sequence[Path]) -> list[str]:
    """What the content security policy would refuse to run."""
    found = []
    for path in templates:
        text = path.read_text(encoding="utf-8")
        for pattern, what in INLINE:
            found += [f"{path.relative_to(root)}:{count(text[: match.start()] + ' ')} {what}" for match in pattern.finditer(text)]
    return found


def report(root: Path) -> Report:
    """Measure the project under *root*."""
    result = Report()
    python = list(files(root / "bihuan", "**/*.py"))
    code = [path for path in python if not is_test(path.relative_to(root))]
    tests = [path for path in python if is_test(path.relative_to(root))] + list(files(root / "tests", "**/*.py"))
    templates = [path for path in files(root / "bihuan", "**/templates/**/*") if path.suffix in {".html", ".txt"}]
    result.sizes("files", whole_files(root, code), median=90, p95=400, most=600)
    result.sizes("functions", functions(root, code), median=8, p95=35, most=60)
    result.sizes("templates", whole_files(root, templates), median=30, p95=150, most=None)
    result.single("procedures", whole_files(root, procedure_files(code)), 150)
    result.single("kernel/procedures, all", engine(root), 400)
    if code:
        ratio = round(total(tests) / max(1, total(code)), 2)
        reason = excuse((root / "tests" / "__init__.py").read_text(encoding="utf-8")) if (root / "tests" / "__init__.py").exists() else ""
        result.measure("tests : code", ratio, 1.2 <= ratio <= 2.0, "1.2 – 2.0", reason)
    every(result, "inline in templates", inline(root, templates))
    every(result, "utils and common drawers", [str(path.relative_to(root)) for path in code if path.name in DRAWERS])
    return result


def procedure_files(code: Sequence[Path]) -> list[Path]:
    return [path for path in code if path.name == "procedure.py" or path.parent.name == "procedure"]


def engine(root: Path) -> list[Size]:
    """The procedure engine as a whole; its __init__.py gives the reason for an excess."""
    paths = [path for path in files(root / "bihuan" / "kernel" / "procedures", "**/*.py") if not is_test(path.relative_to(root))]
    reason = "".join(excuse(path.read_text(encoding="utf-8")) for path in paths if path.name == "__init__.py")
    return [Size("bihuan/kernel/procedures", total(paths), reason)]


def total(paths: Sequence[Path]) -> int:
    return sum(count(path.read_text(encoding="utf-8")) for path in paths)


def every(result: Report, what: str, found: Sequence[str]) -> None:
    result.measure(what, len(found), not found, "0")
    result.lines += [f"    {line}" for line in found]


def main(arguments: Sequence[str], say: Callable[[str], None] = print) -> int:
    result = report(Path(arguments[0] if arguments else Path(__file__).resolve().parent.parent).resolve())
    for line in result.lines:
        say(line)
    if result.faults:
        say("over budget: " + "; ".join(result.faults))
    return 1 if result.faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
