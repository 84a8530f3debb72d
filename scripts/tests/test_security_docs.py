"""The security documents name only what exists, and every number once."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ACCEPTANCE = ROOT / "docs" / "security" / "acceptance.md"
ASVS = ROOT / "docs" / "asvs.md"
THREATS = ROOT / "THREAT_MODEL.md"
RELIABILITY = ROOT / "docs" / "reliability.md"
AUDIT_TRAIL = ROOT / "docs" / "audit-trail.md"
DOCUMENTS = [ACCEPTANCE, ASVS, THREATS, RELIABILITY, AUDIT_TRAIL]
TEST = re.compile(r"`([\w./]+\.py)::(\w+)`")
PLACE = re.compile(r"`((?:bihuan|tests|docs|scripts|bench)/[\w./-]+)`")
VERDICTS = {"met", "partly", "not met", "not applicable"}


def rows(document):
    """The cells of every table row but heads and rules."""
    for line in document.read_text("utf-8").splitlines():
        cells = re.split(r"\s*\|\s*", line.strip("| "))
        if line.startswith("| ") and cells[0][:1].isdigit():
            yield cells


def functions(path):
    return {node.name for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_test_and_file_that_is_named_exists(document):
    text = document.read_text("utf-8")
    wrong = [f"{path}::{name}" for path, name in TEST.findall(text) if not (ROOT / path).exists() or name not in functions(ROOT / path)]
    wrong += [place for place in PLACE.findall(text) if not (ROOT / place).exists()]
    assert wrong == []
    assert TEST.findall(text)


CHECKS = {ACCEPTANCE: range(1, 41), RELIABILITY: [*range(55, 68), *range(75, 79), 106]}


@pytest.mark.parametrize("document", CHECKS, ids=lambda path: path.name)
def test_each_of_the_checks_has_one_row_and_a_verdict_with_its_proof_or_reason(document):
    told = list(rows(document))
    assert [row[0] for row in told] == [str(number) for number in CHECKS[document]]
    for number, _what, verdict, proof, *rest in told:
        assert verdict in {"proven", "partly", "later"}, number
        assert (verdict == "later" or TEST.search(proof)) and (verdict == "proven" or rest), number


COUNTS = {1: 27, 2: 11, 3: 19, 4: 10, 5: 9, 6: 35, 7: 18, 8: 7, 9: 7, 10: 29, 11: 14, 12: 9, 13: 13, 14: 9, 15: 13, 16: 16, 17: 7}


def test_every_requirement_of_level_two_has_one_verdict():
    judged = [row[0] for row in rows(ASVS)]
    without = re.findall(r"\b\d+\.\d+\.\d+\b", ASVS.read_text("utf-8").partition("## Not applicable")[2])
    assert len(set(judged + without)) == len(judged + without), "judged twice"
    chapters = [int(number.partition(".")[0]) for number in judged + without]
    assert {chapter: chapters.count(chapter) for chapter in COUNTS} == COUNTS
    for number, asks, verdict, where in (row[:4] for row in rows(ASVS)):
        assert verdict in VERDICTS and asks and where, number
