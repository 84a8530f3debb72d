"""The lines to other services: whether they are encrypted, whether they answer, and how old the keys are (ASVS 11.1.1, 12.3, 5.4.3)."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.utils.translation import gettext as _

KEYS = {"secret.key": 730, "seed.key": 730, "checkpoint.key": 1825}  # days until another is due (THREAT_MODEL.md, "Keys and algorithms")


@register(Tags.security)
def scanner(app_configs: Any, **_more: Any) -> list[CheckMessage]:
    """The virus scanner is named so that it can be found, and is there."""
    from bihuan.kernel.files import clamd

    if settings.CLAMD and not clamd.is_understood(settings.CLAMD):
        hint = _("例如 BIHUAN_CLAMD=unix:/run/clamav/clamd.ctl 或 tcp:127.0.0.1:3310。")
        return [Error(_("BIHUAN_CLAMD 写的不是病毒扫描服务的地址。"), hint=hint, id="bihuan.E022")]
    if not clamd.answers():
        hint = _("启动 clamd，并让运行账号能读写它的套接字。")
        return [Warning(_("病毒扫描服务没有应答，在它应答以前什么文件也收不下。"), hint=hint, id="bihuan.W009")]
    return []


@register(Tags.security, deploy=True)
def lines(app_configs: Any, **_more: Any) -> list[CheckMessage]:
    """What crosses the network to the database and the mail server is encrypted, and the other end is who it should be."""
    return [*_databases(settings.DATABASES), *_mail(), *_proxy()] if settings.PRODUCTION else []


def _databases(databases: dict[str, Any]) -> Iterator[Warning]:
    for alias, found in databases.items():
        if "postgresql" in found["ENGINE"] and _elsewhere(found.get("HOST", "")) and found["OPTIONS"].get("sslmode") != "verify-full":
            yield Warning(
                _("到数据库（{alias}）{host} 的连接没有核对对方证书，内容可能被看到或冒充。").format(alias=alias, host=found["HOST"]),
                hint=_("在地址后面加上 ?sslmode=verify-full&sslrootcert=…。"),
                id="bihuan.W010",
            )


def _mail() -> Iterator[Warning]:
    if settings.EMAIL_HOST and _elsewhere(settings.EMAIL_HOST) and not (settings.EMAIL_USE_SSL or settings.EMAIL_USE_TLS):
        hint = _("用 BIHUAN_SMTP_PORT=465（TLS）或 587（STARTTLS）。")
        yield Warning(_("到发信服务器的连接不加密，账号和邮件内容可能被看到。"), hint=hint, id="bihuan.W011")


def _proxy() -> Iterator[Warning]:
    if not settings.SECURE_PROXY_SSL_HEADER:
        yield Warning(
            _("没有说明前面有反向代理：慢速的上传会占住处理线程，别人就打不开页面。"),
            hint=_("在前面放一个先收完整个请求再转交的代理（例如 deploy/nginx.conf），并写 BIHUAN_BEHIND_PROXY=1。"),
            id="bihuan.W012",
        )


def _elsewhere(host: str) -> bool:
    """Whether *host* is another machine. A path is a socket of this one."""
    if not host or host.startswith("/") or host == "localhost":
        return False
    try:
        return not ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return True


@register(Tags.security, deploy=True)
def age_of_keys(app_configs: Any, **_more: Any) -> list[CheckMessage]:
    """Keys that lie at home longer than their schedule allows. Of those given by the environment nobody here knows the age."""
    return list(_old_keys()) if settings.PRODUCTION else []


def _old_keys() -> Iterator[Warning]:
    for name, days in KEYS.items():
        file = Path(settings.HOME) / name
        if file.exists() and (age := (time.time() - file.stat().st_mtime) / 86400) > days:
            yield Warning(
                _("密钥 {file} 已用 {age} 天，超过规定的 {days} 天。").format(file=file, age=int(age), days=days),
                hint=_("请按 docs/production.md“更换密钥”换一个。"),
                id="bihuan.W013",
            )
