"""What the program does not contain: text that becomes code, requests to other hosts, forms that take every field (#2, #5, #14, #27, #28, #33).

Each exception is named here with its reason; a new one fails until somebody has written why.
"""

import ast
from pathlib import Path

import pytest
from django.apps import apps
from django.forms import ModelForm
from django.test import RequestFactory
from django.urls import get_resolver

from bihuan.kernel.lists.imports import importers
from bihuan.kernel.testing.routes import routes

ROOT = Path(__file__).resolve().parents[2] / "bihuan"
OUTSIDE_PRODUCT = {"tests", "testing", "demo", "migrations"}

MODULES = {
    "pickle": "input becomes code", "marshal": "input becomes code", "shelve": "input becomes code", "yaml": "input becomes code",
    "xml": "entities", "lxml": "entities", "requests": "reaches other hosts", "httpx": "reaches other hosts", "aiohttp": "reaches other hosts",
    "urllib.request": "reaches other hosts", "http.client": "reaches other hosts", "ftplib": "reaches other hosts", "socket": "reaches other hosts",
    "smtplib": "reaches other hosts", "subprocess": "runs other programs", "ctypes": "leaves Python",
}  # fmt: skip
CALLS = {
    "eval": "text becomes code", "exec": "text becomes code", "compile": "text becomes code", "__import__": "text becomes code",
    "import_string": "text becomes code", "Template": "text becomes a template", "from_string": "text becomes a template",
    "system": "runs other programs", "popen": "runs other programs", "mark_safe": "unescaped text", "extra": "text becomes SQL",
    "raw": "text becomes SQL", "RawSQL": "text becomes SQL", "cache_page": "one person's page for another", "csrf_exempt": "forms without token",
}  # fmt: skip
ALLOWED = {
    ("cli_serve.py", "socket"): "tries whether the port is free",
    ("kernel/files/clamd.py", "socket"): "the virus scanner, where the operator names one; the address is the setting's, nobody else's",
    (
        "kernel/access/provider.py",
        "requests",
    ): "its errors; authlib asks the provider that the operator configured, and follows no redirect",
    ("cli_start.py", "subprocess"): "runs our own program again, with fixed arguments",
    (
        "operations/postgres.py",
        "subprocess",
    ): "pg_dump and pg_restore from the path, our own arguments",
    ("operations/restore.py", "subprocess"): "runs our own program on the restored data, with fixed arguments",
    ("kernel/tables/diagram.py", "mark_safe"): "our own SVG; all texts in it are escaped",
    ("kernel/lists/search.py", "RawSQL"): "a fixed statement; what was typed is its parameter",
}


def product():
    for path in sorted(ROOT.rglob("*.py")):
        where = path.relative_to(ROOT)
        if not OUTSIDE_PRODUCT & set(where.parts) and path.name != "conftest.py":
            yield where.as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def found_in(tree):
    """The modules imported and the names called that somebody has to answer for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name for alias in node.names for name in (alias.name, alias.name.partition(".")[0]) if name in MODULES)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = {node.module, (node.module or "").partition(".")[0], *(f"{node.module}.{alias.name}" for alias in node.names)}
            yield from names & MODULES.keys()
        elif isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            owner = getattr(getattr(node.func, "value", None), "id", "")
            ours = (name == "system" and owner != "os") or (name == "compile" and isinstance(node.func, ast.Attribute))
            if name in CALLS and not ours:  # the system as an actor, re.compile
                yield name


def test_nothing_dangerous_is_used_but_what_is_named_here_with_its_reason():
    found = {(where, what) for where, tree in product() for what in found_in(tree)}
    unexplained = sorted((where, what, MODULES.get(what) or CALLS[what]) for where, what in found - ALLOWED.keys())
    assert unexplained == [], unexplained
    assert sorted(ALLOWED.keys() - found) == [], "reasons for what is no longer there"


@pytest.mark.parametrize(
    "line",
    ["import pickle", "from xml.etree import ElementTree", "import urllib.request", "from urllib import request", "eval(text)",
     "rows.extra(where=[text])"],
)  # fmt: skip
def test_the_search_finds_what_it_looks_for(line):
    assert list(found_in(ast.parse(line)))


def test_no_request_data_is_spread_into_a_query():
    """``filter(**request.GET)`` lets the sender choose the columns (CVE-2025-64459)."""
    spread = [
        (where, keyword.value.lineno)
        for where, tree in product()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg is None and any(word in ast.unparse(keyword.value) for word in ("request.GET", "request.POST", ".data.dict"))
    ]
    assert spread == []


def _forms(kind=ModelForm):
    for form in kind.__subclasses__():
        yield form
        yield from _forms(form)


def test_no_form_takes_every_field_or_a_key_or_a_right():
    get_resolver().url_patterns  # noqa: B018 -- loads every view, and with it every form
    ours = [form for form in _forms() if form.__module__.startswith("bihuan.") and getattr(form, "_meta", None) and form._meta.model]
    never = {"id", "pk", "password", "is_active", "session_key_version", "totp_secret", "totp_last_step", "status", "number", "label_token",
             "directory_name", "directory_mark"}  # fmt: skip
    wide = {(form.__name__, field) for form in ours for field in set(form.base_fields) & never}
    assert wide == {("BranchForm", "is_active"), ("BulletinForm", "number")}, (
        wide
    )  # the administrator's; the technical department's own numbers
    assert [form.__name__ for form in ours if form._meta.fields == "__all__" or form._meta.exclude is not None] == []


def test_no_import_offers_a_right_a_state_a_signature_or_history():
    never = {
        "status",
        "branch",
        "owner",
        "signed_at",
        "signature",
        "created_at",
        "history",
        "journal",
        "is_active",
        "role",
        "password",
        "number",
    }
    offered = {(kind, column.name) for kind, importer in importers.items() for column in importer.columns}
    assert [pair for pair in sorted(offered) if pair[1] in never] == [("customers", "number")]  # the number a company already gave
    assert len(offered) > 20


def test_there_is_no_admin_and_no_page_that_deletes_a_record():
    assert not apps.is_installed("django.contrib.admin")
    deleting = [route.pattern for route in routes() if "delete" in route.pattern]
    assert deleting == ["lists/<slug:code>/views/<int:view>/delete/"], "only a saved view of one's own is ever deleted"


@pytest.mark.parametrize("header", ["HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_SERVER", "HTTP_FORWARDED"])
def test_no_forwarded_host_is_believed(header):
    request = RequestFactory().get("/", **{header: "host=evil.example"})
    assert request.get_host() == "testserver"
