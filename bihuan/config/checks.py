"""What a server must be before it may serve (#22, #63, #82): each finding is a sentence and its remedy.

Errors stop ``bihuan up``; warnings are printed and left to the administrator. Checks that need the database are tagged
so and run when it is there: ``bihuan up``, ``bihuan check``, ``bihuan manage check --database default``.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, ProgrammingError, connections
from django.utils.translation import gettext as _

SHORTEST_KEY = 50
SAMPLE_WORDS = ("insecure", "change", "sample", "example", "secret", "password", "bihuan", "replace", "your-")
DEFAULT_NAMES = ("admin", "administrator", "root", "test", "demo", "guest")
DEMO_MARK = "demo.json"  # laid in BIHUAN_HOME by `bihuan demo`


def demo_home() -> bool:
    """Whether the demo company was ever loaded into this BIHUAN_HOME."""
    return (Path(settings.HOME) / DEMO_MARK).exists()


@register(Tags.security, deploy=True)
def production_settings(app_configs: Any, **_more: Any) -> list[CheckMessage]:
    """Settings that no production server may have (#22)."""
    return list(_unsafe_settings()) + list(_doubtful_settings()) if settings.PRODUCTION else []


def _unsafe_settings() -> Iterator[Error]:
    if settings.DEBUG:
        yield Error(_("调试模式开着，出错页面会泄露数据和设置。"), hint=_("去掉 BIHUAN_DEBUG，或写 BIHUAN_DEBUG=0。"), id="bihuan.E001")
    if _weak(settings.SECRET_KEY):
        yield Error(
            _("密钥是示例值，或短于 {count} 个字符，登录会话和签名可以伪造。").format(count=SHORTEST_KEY),
            hint=_("去掉 BIHUAN_SECRET_KEY，系统会在 BIHUAN_HOME/secret.key 自动生成一个；或换成随机的长密钥。"),
            id="bihuan.E002",
        )
    if not settings.ALLOWED_HOSTS or any("*" in host for host in settings.ALLOWED_HOSTS):
        yield Error(
            _("允许任何主机名访问，邮件和二维码里的网址可以被冒充。"),
            hint=_("把实际的主机名写进 BIHUAN_HOSTS，用逗号分开，例如 BIHUAN_HOSTS=service.example.com。"),
            id="bihuan.E003",
        )
    if demo_home():
        yield Error(
            _("BIHUAN_HOME（{home}）里装过示例公司，账号和密码都是公开的。").format(home=settings.HOME),
            hint=_("为生产环境另设一个空的 BIHUAN_HOME。"),
            id="bihuan.E005",
        )


def _weak(key: str) -> bool:
    return len(key) < SHORTEST_KEY or len(set(key)) < 10 or any(word in key.lower() for word in SAMPLE_WORDS)


def _doubtful_settings() -> Iterator[Warning]:
    if not settings.ORIGIN.startswith("https://"):
        yield Warning(
            _("对外网址 {origin} 不是 https，登录信息在网络上没有加密。").format(origin=settings.ORIGIN),
            hint=_("在前面放一个带证书的反向代理，并写 BIHUAN_ORIGIN=https://… 。"),
            id="bihuan.W001",
        )
    if not settings.EMAIL_HOST:
        yield Warning(
            _("没有设置发信服务器，时限提醒只在系统内显示。"),
            hint=_("设置 BIHUAN_SMTP_HOST、BIHUAN_SMTP_USER、BIHUAN_SMTP_PASSWORD 和 BIHUAN_MAIL_FROM。"),
            id="bihuan.W002",
        )
    if not settings.SECOND_FACTOR:
        yield Warning(
            _("总部和管理人员登录时不要求动态口令。"), hint=_("去掉 BIHUAN_SECOND_FACTOR=0，生产环境默认要求。"), id="bihuan.W004"
        )


@register(Tags.database, deploy=True)
def published_accounts(app_configs: Any, databases: Sequence[str] | None = None, **_more: Any) -> list[CheckMessage]:
    """Accounts whose name and password anybody can read in the manual (#22)."""
    if not settings.PRODUCTION or not databases or not _has("organisation_person"):
        return []
    if not (names := sorted(_published())):
        return []
    return [
        Error(
            _("账号 {names} 还在用公开的密码。").format(names="、".join(names)),
            hint=_("停用这些账号，或改掉密码：bihuan manage changepassword {name}。").format(name=names[0]),
            id="bihuan.E004",
        )
    ]


def _published() -> Iterator[str]:
    from django.contrib.auth import get_user_model

    names, passwords = _known()
    for person in get_user_model()._default_manager.filter(username__in=names, is_active=True):
        if any(person.check_password(password) for password in (*passwords, person.get_username())):
            yield person.get_username()


def _known() -> tuple[set[str], tuple[str, ...]]:
    try:
        from bihuan.demo.people import PASSWORD, USERNAMES
    except ImportError:  # an installation may leave the demo out
        return set(DEFAULT_NAMES), ("admin", "password")
    return {*DEFAULT_NAMES, *USERNAMES}, ("admin", "password", PASSWORD)


@register(Tags.database)
def durable_database(app_configs: Any, databases: Sequence[str] | None = None, **_more: Any) -> list[CheckMessage]:
    """The database keeps what it has acknowledged, and lets nobody wait for a lock that is never given (#63)."""
    if not databases:
        return []
    wrong = [f"{name}={found}" for name, found, wanted in durability() if not wanted]
    if not wrong:
        return []
    return [
        Error(
            _("数据库设置不可靠：{wrong}。断电时可能丢失已确认的记录。").format(wrong="、".join(wrong)),
            hint=_("恢复数据库的默认设置；SQLite 的设置由程序给出，数据目录须在本机磁盘上，不可放在网络盘。"),
            id="bihuan.E006",
        )
    ]


def durability(alias: str = "default") -> list[tuple[str, str, bool]]:
    """(setting, value found, whether it is as it must be) of the database in use."""
    connection = connections[alias]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            return list(_postgresql(cursor))
        begins = getattr(connection, "transaction_mode", None)
        return [*_sqlite(cursor), ("transaction_mode", str(begins), begins == "IMMEDIATE")]


def _sqlite(cursor: Any) -> Iterator[tuple[str, str, bool]]:
    wanted = {"journal_mode": ("wal",), "synchronous": (2, 3), "foreign_keys": (1,), "recursive_triggers": (1,)}
    for name, values in wanted.items():
        found = cursor.execute(f"PRAGMA {name}").fetchone()[0]
        yield name, str(found), found in values
    wait = cursor.execute("PRAGMA busy_timeout").fetchone()[0]
    yield "busy_timeout", f"{wait} ms", wait >= 5000


def _postgresql(cursor: Any) -> Iterator[tuple[str, str, bool]]:
    for name in ("fsync", "full_page_writes", "synchronous_commit"):
        cursor.execute("SELECT current_setting(%s)", [name])
        found = cursor.fetchone()[0]
        yield name, found, found != "off"


@register(Tags.database, deploy=True)
def journal_out_of_reach(app_configs: Any, databases: Sequence[str] | None = None, **_more: Any) -> list[CheckMessage]:
    """PostgreSQL: the account that serves may add to the journal, and nothing else (#49)."""
    if not settings.PRODUCTION or not databases or connections["default"].vendor != "postgresql" or not _has("journal_entry"):
        return []
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT pg_has_role(current_user, tableowner::name, 'MEMBER') OR has_table_privilege(current_user, 'journal_entry', 'UPDATE')"
            " FROM pg_tables WHERE tablename = 'journal_entry' AND schemaname = current_schema()"
        )
        row = cursor.fetchone()
    if not row or not row[0]:
        return []
    return [
        Warning(
            _("运行账号拥有审计日志表，可以改写它。"),
            hint=_("另建一个所有者账号，用 DATABASE_OWNER_URL 给出；bihuan up 会用它升级数据库，并收回运行账号的权利。"),
            id="bihuan.W003",
        )
    ]


@register(Tags.database)
def journal_protected(app_configs: Any, databases: Sequence[str] | None = None, **_more: Any) -> list[CheckMessage]:
    """Nobody serves on a journal whose append-only protection is gone (#49). Before an upgrade it may be: the upgrade lays it anew."""
    from bihuan.cli_start import waiting
    from bihuan.kernel.journal.protect import unprotected

    if not databases or waiting() or not (bare := unprotected()):
        return []
    return [
        Error(
            _("这些表的防改写保护不见了：{tables}。").format(tables="、".join(bare)),
            hint=_("先用 bihuan verify --checkpoints 核对有没有被改写，再用所有者账号执行 bihuan manage migrate 重新装上。"),
            id="bihuan.E008",
        )
    ]


@register(Tags.security, deploy=True)
def checkpoint_settings(app_configs: Any, **_more: Any) -> list[CheckMessage]:
    """The key that signs checkpoints is nobody else's, and checkpoints leave this machine (#50)."""
    return [*_checkpoint_key(), *_checkpoint_places()] if settings.PRODUCTION else []


def _checkpoint_key() -> Iterator[Error]:
    from bihuan.kernel.proof import key

    if settings.CHECKPOINT_KEY:
        try:
            key.signer()
        except ImproperlyConfigured as problem:
            yield Error(str(problem), hint=_("请从保管处原样取回密钥，或去掉 BIHUAN_CHECKPOINT_KEY。"), id="bihuan.E009")
    elif key.path().exists() and stat.S_IMODE(key.path().stat().st_mode) & 0o077:
        yield Error(_("校验点密钥 {file} 别人也能读，可以冒签。").format(file=key.path()), hint=f"chmod 600 {key.path()}", id="bihuan.E010")


def _checkpoint_places() -> Iterator[Warning]:
    if Path(settings.CHECKPOINT_DIR).resolve().is_relative_to(settings.HOME):
        yield Warning(
            _("校验点只存在本机的 {folder}，能改数据库的人也能改它。").format(folder=settings.CHECKPOINT_DIR),
            hint=_("把 BIHUAN_CHECKPOINT_DIR 指到另一台机器的目录。"),
            id="bihuan.W005",
        )
    if not settings.CHECKPOINT_MAIL:
        yield Warning(
            _("没有人在邮箱里保存校验点。"), hint=_("把 BIHUAN_CHECKPOINT_MAIL 设为质量负责人等人的邮箱，用逗号分开。"), id="bihuan.W006"
        )


@register(Tags.database)
def checkpoint_key_kept(app_configs: Any, databases: Sequence[str] | None = None, **_more: Any) -> list[CheckMessage]:
    """A key that signed checkpoints and is gone is not silently followed by another."""
    from bihuan.cli_start import waiting
    from bihuan.kernel.proof import key

    if not databases or key.exists() or not _has("proof_checkpoint") or waiting():
        return []
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT 1 FROM proof_checkpoint LIMIT 1")
        if not cursor.fetchone():
            return []
    return [
        Error(
            _("签过校验点的密钥 {file} 不见了。").format(file=key.path()),
            hint=_("请从保管处取回；确实丢失时，用 BIHUAN_CHECKPOINT_KEY 给出新的，并把换密钥的时间告知保存校验点的人。"),
            id="bihuan.E011",
        )
    ]


@register(Tags.database)
def database_not_newer(app_configs: Any, databases: Sequence[str] | None = None, **_more: Any) -> list[CheckMessage]:
    """An older program must not write into a newer database (#82). Whoever may not ask (a restored database) leaves it to the owner's upgrade."""
    try:
        if not databases or not (unknown := unknown_migrations()):
            return []
    except ProgrammingError:
        return []
    return [
        Error(
            _("数据库比程序新：有本程序不认识的升级 {names}。").format(names="、".join(unknown)),
            hint=_("请安装新版程序，或恢复升级前的备份。"),
            id="bihuan.E007",
        )
    ]


@register(Tags.database)
def copy_follows(app_configs: Any, databases: Sequence[str] | None = None, **_more: Any) -> list[CheckMessage]:
    """What lists are read from is a copy of this database and of no other; one that does not answer only costs the primary work."""
    if not databases or "replica" not in settings.DATABASES:
        return []
    try:
        with connections["replica"].cursor() as cursor:
            cursor.execute("SELECT pg_is_in_recovery()")
            if cursor.fetchone()[0]:
                return []
    except OperationalError as problem:
        said = _("连不上只读副本：{problem}。列表暂由主库提供。").format(problem=str(problem).strip())
        return [Warning(said, hint=_("请核对 DATABASE_REPLICA_URL，并确认副本已启动。"), id="bihuan.W008")]
    hint = _("请改成主库的流复制副本的地址，或去掉这一项。")
    return [Error(_("DATABASE_REPLICA_URL 给出的不是副本，列表会显示别处的数据。"), hint=hint, id="bihuan.E021")]


def unknown_migrations(alias: str = "default") -> list[str]:
    """Migrations of our own applications that were applied to the database and are not in this program."""
    from django.apps import apps
    from django.db.migrations.loader import MigrationLoader

    loader = MigrationLoader(connections[alias], replace_migrations=False)
    ours = {config.label for config in apps.get_app_configs()}
    absent = set(loader.applied_migrations or ()) - set(loader.disk_migrations or ())
    return sorted(f"{label}.{name}" for label, name in absent if label in ours)


def _has(table: str) -> bool:
    return table in connections["default"].introspection.table_names()
