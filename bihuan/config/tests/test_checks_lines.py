"""Lines that can be listened to and keys beyond their time are named (ASVS 11.1.1, 12.3)."""

import os
import time
from pathlib import Path

import pytest

from bihuan.config import checks_lines, env

PROXY = ("HTTP_X_FORWARDED_PROTO", "https")
SAFE = {"EMAIL_HOST": "", "EMAIL_USE_SSL": True, "EMAIL_USE_TLS": False, "SECURE_PROXY_SSL_HEADER": PROXY}


def found(settings, **values):
    settings.PRODUCTION = True
    for name, value in (SAFE | values).items():
        setattr(settings, name, value)
    return [message.id for message in checks_lines.lines(None) if message.id != "bihuan.W010"]


def doubted(url):
    return [message.id for message in checks_lines._databases({"default": env.database(url, Path("x.sqlite3"))})]


@pytest.mark.parametrize("url", [
    "", "postgres://b:x@127.0.0.1/b", "postgres://b:x@localhost/b", "postgres:///b", "postgres://b:x@[::1]/b",
    "postgres://b:x@db.example.com/b?sslmode=verify-full",
])  # fmt: skip
def test_a_database_here_or_one_that_proves_itself_is_in_order(url):
    assert doubted(url) == []


@pytest.mark.parametrize("url", ["postgres://b:x@db.example.com/b", "postgres://b:x@10.0.0.5/b?sslmode=require"])
def test_a_database_elsewhere_must_prove_itself(url):
    assert doubted(url) == ["bihuan.W010"]


def test_mail_in_the_clear_and_no_proxy_are_named(settings):
    plain = {"EMAIL_HOST": "mail.example.com", "EMAIL_USE_SSL": False}
    assert found(settings, **plain) == ["bihuan.W011"]
    assert found(settings, **plain | {"EMAIL_USE_TLS": True}) == []
    assert found(settings, **plain | {"EMAIL_HOST": "127.0.0.1"}) == []
    assert found(settings, SECURE_PROXY_SSL_HEADER=None) == ["bihuan.W012"]


def test_a_key_beyond_its_time_is_named(settings, tmp_path):
    settings.PRODUCTION, settings.HOME = True, tmp_path
    file = tmp_path / "seed.key"
    file.write_text("x")
    assert checks_lines.age_of_keys(None) == []
    old = time.time() - 731 * 86400
    os.utime(file, (old, old))
    assert [message.id for message in checks_lines.age_of_keys(None)] == ["bihuan.W013"]
