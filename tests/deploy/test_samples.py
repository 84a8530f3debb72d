"""The files under deploy/ name commands, settings and places that exist, and agree with one another and with the manual."""

import configparser
import re
import shlex
from importlib.util import find_spec

import pytest

from bihuan.cli import parser
from bihuan.config import checks, env
from bihuan.config.tests.program import ROOT

DEPLOY = ROOT / "deploy"
MANUAL = (ROOT / "docs" / "production.md").read_text(encoding="utf-8")
UNITS = sorted(DEPLOY.glob("*.service"))


def unit(path):
    found = configparser.ConfigParser(strict=False, interpolation=None)
    found.optionxform = str
    found.read(path, encoding="utf-8")
    return found


def environment(name="bihuan.env"):
    lines = (DEPLOY / name).read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_a_unit_starts_a_command_that_exists(path):
    python, module, name, *words = shlex.split(unit(path)["Service"]["ExecStart"])
    assert (module, name) == ("-m", "bihuan")
    assert python.startswith(unit(path)["Service"]["WorkingDirectory"])
    assert parser().parse_args(words).command == words[0]


def test_there_is_a_unit_for_the_web_and_one_for_the_work_and_neither_does_both():
    web, work = (unit(DEPLOY / f"bihuan-{name}.service")["Service"]["ExecStart"] for name in ("web", "worker"))
    assert "up" in web.split()
    assert "--no-worker" in web
    assert work.endswith("bihuan worker")


def test_units_may_write_where_the_settings_send_them_and_nowhere_else():
    places = environment()
    for path in UNITS:
        service = unit(path)["Service"]
        assert service["ProtectSystem"] == "strict"
        assert places["BIHUAN_HOME"] in service["ReadWritePaths"].split()
    assert places["BIHUAN_BACKUP_TO"] in unit(DEPLOY / "bihuan-worker.service")["Service"]["ReadWritePaths"].split()


def test_each_setting_is_read_by_the_program_and_told_in_the_manual():
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "bihuan").rglob("*.py") if "tests" not in path.parts)
    for name in environment() | environment("many-machines.env"):
        plain = name.removesuffix("_FILE")
        assert f'"{plain}"' in source, plain
        told = plain in MANUAL or ("BIHUAN_SMTP_" in plain and f"/{plain.removeprefix('BIHUAN_SMTP_')}" in MANUAL)
        assert told, plain


@pytest.mark.parametrize("name", ["nginx.conf", "Caddyfile"])
def test_a_proxy_passes_to_the_port_of_the_web_unit_and_keeps_the_body_limit(name):
    text = (DEPLOY / name).read_text(encoding="utf-8")
    port = re.search(r"--port (\d+)", unit(DEPLOY / "bihuan-web.service")["Service"]["ExecStart"])
    assert port
    assert f"127.0.0.1:{port[1]}" in text
    assert re.search(r"\b120M?B?m?\b", text)
    assert "120 MB" in MANUAL
    assert text.count("{") == text.count("}")
    for header in ("X-Forwarded-Proto", "X-Forwarded-For"):
        assert header in text


@pytest.mark.parametrize(
    ("name", "words"),
    [("nginx.conf", "proxy_request_buffering on"), ("nginx-balancer.conf", "proxy_request_buffering on"), ("Caddyfile", "request_buffers")],
)
def test_a_proxy_takes_in_slow_bodies_itself(name, words):
    assert words in (DEPLOY / name).read_text(encoding="utf-8")


def test_behind_a_balancer_each_machine_listens_where_the_balancer_asks_and_migrates_nothing_twice():
    command = unit(DEPLOY / "many-machines.conf")["Service"]["ExecStart"]
    _python, _module, _bihuan, *words = shlex.split(command)
    assert parser().parse_args(words).no_worker
    port = re.search(r"--port (\d+)", command)
    assert port
    text = (DEPLOY / "nginx-balancer.conf").read_text(encoding="utf-8")
    servers = re.findall(r"^\s*server ([\d.]+):(\d+) .*;$", text, re.MULTILINE)
    assert len(servers) > 1
    assert {found for _machine, found in servers} == {port[1]}
    assert "120m" in text
    assert text.count("{") == text.count("}")
    for header in ("X-Forwarded-Proto", "X-Forwarded-For"):
        assert header in text


def test_the_settings_of_many_machines_are_understood(monkeypatch):
    for name, value in environment("many-machines.env").items():
        if not name.endswith("_FILE"):
            monkeypatch.setenv(name, value)
    monkeypatch.setenv("DATABASE_URL", environment()["DATABASE_URL"])
    assert env.replica()["replica"]["HOST"]
    if find_spec("storages"):
        assert env.object_storage()["attachments"]["OPTIONS"]["bucket_name"]


def test_postgresql_is_told_to_keep_what_it_acknowledged():
    told = dict(re.findall(r"^(\w+) = (.+)$", (DEPLOY / "postgresql.conf").read_text(encoding="utf-8"), re.MULTILINE))

    class Cursor:
        def execute(self, _statement, names):
            self.name = names[0]

        def fetchone(self):
            return (told.get(self.name, "off"),)

    assert [name for name, _found, good in checks._postgresql(Cursor()) if not good] == []


def test_the_manual_names_every_sample():
    assert [path.name for path in DEPLOY.iterdir() if f"deploy/{path.name}" not in MANUAL] == []
