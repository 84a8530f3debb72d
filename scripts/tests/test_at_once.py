"""A test of things that happen at once starts them with the helper that measures it, or says here why it cannot (#106)."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HELPER = "bihuan/kernel/testing/overlap.py"
NEVER = {"Barrier", "ThreadPoolExecutor", "ProcessPoolExecutor", "ThreadPool", "Pool", "gather"}
BESIDE = {  # a thread of one's own: something that goes on beside what is tested, and is asked afterwards whether it did
    "bihuan/service/tests/test_at_once.py": "readers beside the writers that the helper starts",
    "bihuan/config/tests/test_waiting_writers.py": "writers who come one after the other and wait; the order in which they write is what is asked",
    "bihuan/kernel/access/tests/company.py": "a sign-in provider that serves while it is asked",
    "bihuan/kernel/files/tests/test_clamd.py": "a scanner that answers while it is asked",
    "bihuan/operations/tests/test_backup_and_restore.py": "people who write while a backup is made; what they wrote is counted",
    "tests/attacks/test_attacks.py": "a writer beside the verification; what was written meanwhile is counted",
    "tests/faults/test_killed.py": "clients of a server in another process; what they heard is counted",
    "tests/faults/proxy.py": "the two directions of a line",
    "tests/growth/test_two_of_everything.py": "a letterbox; the overlap of the two workers is read from their logs",
}

LOADS = {  # crowds of requests against a server in another process: how many were under way at once is counted
    "tests/faults/crowd.py": "the senders",
    "tests/faults/test_floods.py": "one floods while others ask",
}


def test_files():
    for path in ROOT.glob("**/*.py"):
        name = path.relative_to(ROOT).as_posix()
        if {"tests", "testing"} & set(path.parts) and not name.startswith((".", "build/", "var/")) and name != HELPER:
            yield name, ast.parse(path.read_text("utf-8"))


test_files.__test__ = False


def calls(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        elif isinstance(node, ast.ClassDef):
            yield from (base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "") for base in node.bases)


def test_nothing_is_started_at_once_but_by_the_helper_that_measures_it():
    found = {name: set(calls(tree)) for name, tree in test_files()}
    assert {name: used & NEVER for name, used in found.items() if used & NEVER and name not in LOADS} == {}
    with_threads = {name for name, used in found.items() if "Thread" in used}
    assert with_threads == set(BESIDE), "use together() of kernel/testing/overlap.py, or give the reason above"


def test_the_helper_is_used():
    users = [name for name, tree in test_files() if "together" in set(calls(tree))]
    assert len(users) >= 8
