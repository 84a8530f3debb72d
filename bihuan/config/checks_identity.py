"""Whether the company's directory and the key of the authenticators are set up so that they may be relied on (#22)."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connections
from django.utils.translation import gettext as _

KINDS = ("ldap://", "ldaps://")


@register(Tags.security)
def directory_settings(app_configs: Any, **_more: Any) -> list[CheckMessage]:
    """The company's sign-in, by OpenID Connect or by LDAP, is set up whole and encrypted."""
    if settings.OIDC_ISSUER and settings.LDAP_URL:
        return [
            Error(_("企业登录（BIHUAN_OIDC_ISSUER）和公司目录（BIHUAN_LDAP_URL）只能用一种。"), hint=_("去掉其中一个。"), id="bihuan.E012")
        ]
    return [*(_provider() if settings.OIDC_ISSUER else ()), *(_ldap() if settings.LDAP_URL else ())]


def _provider() -> Iterator[CheckMessage]:
    if not settings.OIDC_CLIENT_ID or not settings.OIDC_CLIENT_SECRET:
        yield Error(
            _("企业登录缺少 BIHUAN_OIDC_CLIENT_ID 或 BIHUAN_OIDC_CLIENT_SECRET。"),
            hint=_("在企业登录里登记闭环，把得到的两项写进来；密钥可以写在 BIHUAN_OIDC_CLIENT_SECRET_FILE 指的文件里。"),
            id="bihuan.E013",
        )
    if settings.PRODUCTION and not settings.OIDC_ISSUER.startswith("https://"):
        yield Error(
            _("企业登录的网址 {issuer} 不是 https，别人可以冒充它。").format(issuer=settings.OIDC_ISSUER),
            hint=_("BIHUAN_OIDC_ISSUER 写 https://… ，与企业登录自己公布的 issuer 逐字相同。"),
            id="bihuan.E014",
        )


def _ldap() -> Iterator[CheckMessage]:
    if not settings.LDAP_URL.startswith(KINDS):
        yield Error(_("BIHUAN_LDAP_URL 不是 ldap:// 或 ldaps:// 开头。"), hint=_("例如 ldaps://ldap.example.com。"), id="bihuan.E015")
    if not (settings.LDAP_BASE or "{name}" in settings.LDAP_BIND):
        yield Error(
            _("公司目录没有说明在哪里找人。"),
            hint=_("设置 BIHUAN_LDAP_BASE（从哪里查找），或 BIHUAN_LDAP_BIND（含 {name} 的写法）。"),
            id="bihuan.E016",
        )
    if settings.LDAP_SEARCHER and not settings.LDAP_SEARCHER_PASSWORD:
        yield Error(
            _("查找公司目录的账号 BIHUAN_LDAP_SEARCHER 没有密码。"), hint=_("设置 BIHUAN_LDAP_SEARCHER_PASSWORD_FILE。"), id="bihuan.E017"
        )
    if settings.LDAP_CA and not Path(settings.LDAP_CA).is_file():
        yield Error(_("证书文件 {file} 不存在。").format(file=settings.LDAP_CA), hint=_("核对 BIHUAN_LDAP_CA。"), id="bihuan.E018")
    if settings.PRODUCTION and settings.LDAP_PLAIN and settings.LDAP_URL.startswith("ldap://"):
        yield Warning(
            _("连公司目录不加密，密码在网络上可以被看到。"), hint=_("去掉 BIHUAN_LDAP_PLAIN，或改用 ldaps://。"), id="bihuan.W007"
        )


@register(Tags.database)
def seed_key_kept(app_configs: Any, databases: Sequence[str] | None = None, **_more: Any) -> list[CheckMessage]:
    """The key that sealed the authenticators' seeds is there, fits, and is nobody else's."""
    from bihuan.kernel.access import seeds

    if not databases or "organisation_person" not in connections["default"].introspection.table_names():
        return []
    found: list[CheckMessage] = []
    if not settings.SEED_KEYS and seeds.exists() and stat.S_IMODE(seeds.path().stat().st_mode) & 0o077:
        found.append(
            Error(_("验证器的密钥文件 {file} 别人也能读。").format(file=seeds.path()), hint=f"chmod 600 {seeds.path()}", id="bihuan.E019")
        )
    if (sealed := _a_seed()) and not _opens(sealed):
        found.append(
            Error(
                _("解开验证器的密钥 {file} 不见了或不对，验证码都会无效。").format(file=seeds.path()),
                hint=_("请从备份取回 seed.key，或在 BIHUAN_SEED_KEYS 里给出原来的密钥；确实丢失时，由系统管理员逐人解除两步验证。"),
                id="bihuan.E020",
            )
        )
    return found


def _a_seed() -> str:
    """Some sealed seed; none before the upgrade that seals them."""
    from bihuan.cli_start import waiting

    if waiting():
        return ""
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT totp_secret FROM organisation_person WHERE totp_secret <> '' LIMIT 1")
        row = cursor.fetchone()
    return row[0] if row else ""


def _opens(sealed: str) -> bool:
    from django.core.exceptions import ImproperlyConfigured

    from bihuan.kernel.access import seeds

    try:
        return seeds.exists() and bool(seeds.unseal(sealed))
    except ImproperlyConfigured:
        return False
