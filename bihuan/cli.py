"""The command line: ``bihuan COMMAND …``. Nothing heavy is imported before the command is known, so that --help answers at once.

What a command does lives elsewhere; here stand its name, its options, and the text that teaches it.
"""

from __future__ import annotations

import argparse
import gettext
import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

LOCALE = Path(__file__).resolve().parent / "locale"


def home() -> Path:
    """Where this installation keeps its data; as the settings have it, without reading them."""
    return Path(os.environ.get("BIHUAN_HOME") or LOCALE.parent.parent / "var").resolve()


def language() -> str:
    """``zh-hans`` for a Chinese or unnamed locale, ``en`` for every other one."""
    said = next(filter(None, (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    return "zh-hans" if said.lower().startswith("zh") or said.split(".")[0] in {"", "C", "POSIX"} else "en"


def _(text: str) -> str:
    """The text in the reader's language, from the same catalogue as the pages."""
    languages = ["en"] if language() == "en" else []
    return gettext.translation("django", LOCALE, languages=languages, fallback=True).gettext(text)


class Parser(argparse.ArgumentParser):
    """argparse with headings in the reader's language, and refusals that name the remedy."""

    def __init__(self, **more) -> None:
        super().__init__(formatter_class=Formatter, add_help=False, **more)
        self._positionals.title, self._optionals.title = _("参数"), _("选项")
        self.add_argument("-h", "--help", action="help", help=_("显示本说明"))

    def error(self, message: str) -> None:  # type: ignore[override]
        self.exit(2, _("命令有误：{message}\n用法请看：{prog} --help\n").format(message=message, prog=self.prog))


class Formatter(argparse.RawDescriptionHelpFormatter):
    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=110, max_help_position=32)

    def add_usage(self, usage, actions, groups, prefix=None) -> None:
        super().add_usage(usage, actions, groups, _("用法：") if prefix is None else prefix)

    def add_argument(self, action) -> None:
        super().add_argument(action)
        for command in self._iter_indented_subactions(action):  # argparse forgets how far commands are indented
            self._action_max_length = max(self._action_max_length, len(self._format_action_invocation(command)) + self._current_indent)


def parser() -> Parser:
    """The whole grammar. Each command's defaults name the function that carries it out."""
    top = Parser(prog="bihuan", description=_("闭环 Bihuan：让 ISO 9001 售后程序照着执行，并且处处有据可查。"), epilog=_first_steps())
    commands = top.add_subparsers(title=_("命令"), metavar="COMMAND", prog="bihuan", dest="command", required=True, parser_class=Parser)
    for define in (
        _demo, _up, _worker, _check, _verify, _token, _clauses, _conformance, _audit_pack, _seed, _import, _export, _backup, _restore,
        _orphans, _forget_person, _person_copy, _manage,
    ):  # fmt: skip
        define(commands)
    return top


def _command(commands, name: str, target: str, summary: str, text: str) -> Parser:
    command = commands.add_parser(name, help=summary, description=text)
    command.set_defaults(target=target)
    return command


def _first_steps() -> str:
    return _(
        "先试试：\n"
        "  bihuan demo                      打开示例公司，照屏幕上的账号登录\n"
        "  bihuan check                     看这台机器是否够好\n"
        "  bihuan import --help             一条命令怎么用，都写在它自己的说明里\n\n"
        "环境变量：\n"
        "  BIHUAN_HOME    数据、文件和密钥的目录（默认 ./var）\n"
        "  PORT           端口（默认 8000）\n"
        "  DATABASE_URL   留空用 SQLite；postgres://用户:密码@主机/库 用 PostgreSQL\n"
        "  其余见 docs/production.md。"
    )


def _serving(command: Parser) -> None:
    command.add_argument("--host", default=os.environ.get("HOST", "127.0.0.1"), help=_("监听地址（默认 127.0.0.1）"))
    command.add_argument("--port", type=int, default=os.environ.get("PORT", "8000"), help=_("端口（默认取 PORT，否则 8000）"))


def _demo(commands) -> None:
    text = _(
        "用 SQLite 建一家虚构的公司并打开网页，约一分钟可以上手。\n"
        "数据放在 BIHUAN_HOME；第二次启动接着用，不会重建。生产环境里拒绝执行。\n\n"
        "  bihuan demo\n"
        "  PORT=8080 BIHUAN_HOME=/tmp/try bihuan demo"
    )
    _serving(_command(commands, "demo", "bihuan.cli_serve:demo", _("打开示例公司"), text))


def _up(commands) -> None:
    text = _(
        "正式启动：升级数据库，检查设置，然后开始服务（网页和后台任务在一起）。\n"
        "设置不安全时拒绝启动，并逐条说明怎么改：调试模式、示例密钥或过短的密钥、示例账号、通配主机名、示例数据。\n"
        "给出 DATABASE_OWNER_URL 时用它升级数据库，运行账号对审计日志只有写入和读取的权利。\n\n"
        "  BIHUAN_HOSTS=service.example.com BIHUAN_ORIGIN=https://service.example.com bihuan up\n"
        "  DATABASE_URL=postgres://bihuan@db/bihuan DATABASE_OWNER_URL=postgres://owner@db/bihuan bihuan up --workers 4"
    )
    command = _command(commands, "up", "bihuan.cli_serve:up", _("正式启动服务"), text)
    _serving(command)
    command.add_argument("--workers", type=int, help=_("网页进程数（默认每核 1 个；SQLite 最多 2 个，PostgreSQL 最多 4 个）"))
    command.add_argument("--no-worker", action="store_true", help=_("不在网页进程里跑后台任务；另用 bihuan worker 启动"))


def _worker(commands) -> None:
    text = _(
        "单独运行后台任务：时限提醒与升级、通知、每日工作。多台机器时用；单机由 bihuan up 一并运行。\n"
        "可以同时开几个，每件事只做一次。\n\n"
        "  bihuan worker"
    )
    _command(commands, "worker", "bihuan.cli_serve:worker", _("单独运行后台任务"), text)


def _check(commands) -> None:
    text = _(
        "逐项检查数据库、日历、字体、磁盘和设置，打印结论表。有一项不合格时退出码为 1，可用于监控。\n\n"
        "  bihuan check\n"
        "  BIHUAN_MODE=production bihuan check      按生产环境的要求检查"
    )
    _command(commands, "check", "bihuan.cli_check:check", _("检查这台机器和设置"), text)


def _verify(commands) -> None:
    text = _(
        "核对日志、签名和附件有没有被改过，逐条写明是哪条记录、哪一处。给出另处保存的校验点，数据库所有者重写、\n"
        "截去或退回日志也能查出。退出码：0 一致，1 不一致，2 没有可核对的内容。\n\n"
        "  bihuan verify --checkpoints /mnt/other/checkpoints\n"
        "  bihuan verify --from 2026-11-01 --json\n"
        "  bihuan verify --export 日志.zip              导出，交给审核员自行核对"
    )
    command = _command(commands, "verify", "bihuan.cli_verify:verify", _("核对有没有被改过"), text)
    command.add_argument("--checkpoints", metavar="DIR", type=Path, help=_("另处保存的校验点所在目录"))
    command.add_argument("--key", metavar="KEY", action="append", default=[], help=_("公钥（默认本机的；换过密钥的各写一次）"))
    command.add_argument("--held", metavar="3/27:9f3a…", action="append", default=[], help=_("纸质单据页脚所印的日志号与校验值，可写几次"))
    command.add_argument("--from", dest="since", metavar="DATE", help=_("签名和附件只核对这一天以后的；导出从这一天之前的校验点开始"))
    command.add_argument("--json", action="store_true", help=_("输出 JSON"))
    command.add_argument("--processes", metavar="N", type=int, help=_("用几个进程同时核对，各核对一条链（默认：日志很长时用上全部处理器）"))
    command.add_argument("--export", metavar="FILE.zip", type=Path, help=_("不核对，只把日志连同校验点和核对程序导出"))


def _token(commands) -> None:
    text = _("为一名人员生成 API 令牌。令牌只显示这一次，数据库里只存摘要；权限与本人相同。\n\n  bihuan token zhang.wei --name 呼叫中心")
    command = _command(commands, "token", "bihuan.cli_data:token", _("生成 API 令牌"), text)
    command.add_argument("user", metavar="USER", help=_("账号"))
    command.add_argument("--name", default="bihuan token", help=_("用途，日后据此停用"))


def _clauses(commands) -> None:
    text = _("列出程序文件的每一条款，以及由哪一步、哪个时限、哪张表单落实。\n\n  bihuan clauses\n  bihuan clauses --json > clauses.json")
    command = _command(commands, "clauses", "bihuan.cli_data:clauses", _("列出条款与落实之处"), text)
    command.add_argument("--json", action="store_true", help=_("输出 JSON"))


def _conformance(commands) -> None:
    text = _(
        "把日志与程序规定逐条核对：步骤顺序、两人办理、办理人、时限、缺号、倒填和迟录。新发现的偏差写入“体系证据”，重复执行不会重复记。\n"
        "有待处理的偏差时退出码为 1。\n\n"
        "  bihuan conformance\n"
        "  bihuan conformance --from-the-start      从第一条日志重新核对"
    )
    command = _command(commands, "conformance", "bihuan.cli_data:conformance", _("核对日志与程序规定"), text)
    command.add_argument("--from-the-start", action="store_true", help=_("从第一条日志重新核对"))
    command.add_argument("--by", metavar="USER", help=_("以谁的名义（默认记为“命令行”）"))


def _audit_pack(commands) -> None:
    text = _(
        "把一个期间的单据装成一个 ZIP：单据内容、受控打印件、照片、日志条目和带 SHA-256 的清单，交给审核员。\n"
        "打印和制作都记入日志。\n\n"
        "  bihuan audit-pack --procedure BX --from 2026-10 --to 2026-10 --out BX-2026-10.zip\n"
        "  bihuan audit-pack --check BX-2026-10.zip     核对收到或保存多年的包"
    )
    command = _command(commands, "audit-pack", "bihuan.cli_data:audit_pack", _("制作审核包"), text)
    command.add_argument("--procedure", metavar="FORM", help=_("表单代码：BX、PG、FW …"))
    command.add_argument("--from", dest="first", metavar="YYYY-MM", help=_("从哪个月（按录入时间）"))
    command.add_argument("--to", dest="last", metavar="YYYY-MM", help=_("到哪个月"))
    command.add_argument("--out", type=Path, metavar="FILE", help=_("写到哪个文件"))
    command.add_argument("--by", metavar="USER", help=_("以谁的名义（默认记为“命令行”）"))
    command.add_argument("--check", type=Path, metavar="FILE", help=_("只核对这个审核包，不制作"))


def _seed(commands) -> None:
    text = _(
        "往示例数据库里添加大量虚构的报修记录，用来试用和测速。同一种子得到同样的数据。生产环境里拒绝执行。\n\n"
        "  bihuan seed --requests 10000 --seed 1"
    )
    command = _command(commands, "seed", "bihuan.cli_data:seed", _("添加虚构的大量数据"), text)
    command.add_argument("--requests", type=int, default=1000, help=_("报修记录数（默认 1000）"))
    command.add_argument("--seed", type=int, default=1, help=_("随机种子（默认 1）"))


def _import(commands) -> None:
    text = _(
        "从 Excel 或 CSV 导入。全部合格才写入；有一行不合格就一行也不写，并逐行说明原因（退出码 1）。\n"
        "先用 --dry-run 试一遍，再正式导入。\n\n"
        "  bihuan import 客户.xlsx --as customers --dry-run\n"
        "  bihuan import after_sales_dialogues.csv --as dialogues"
    )
    command = _command(commands, "import", "bihuan.cli_data:import_", _("从 Excel 或 CSV 导入"), text)
    command.add_argument("file", metavar="FILE", type=Path, help=_("文件，.xlsx 或 .csv（UTF-8）"))
    command.add_argument("--as", dest="kind", metavar="KIND", required=True, help=_("导入成什么：customers、units、dialogues …"))
    command.add_argument("--by", metavar="USER", help=_("以谁的名义（默认记为“命令行”）"))
    command.add_argument("--dry-run", action="store_true", help=_("只检查，不写入"))
    command.add_argument("--skip-bad", action="store_true", help=_("跳过有错误的行，写入其余各行"))
    command.add_argument("--again", action="store_true", help=_("同一个文件再导入一次"))


def _export(commands) -> None:
    text = _(
        "把一类记录导出，写到标准输出；筛选条件照抄列表页网址里问号后面的部分。\n\n"
        "  bihuan export customers > customers.csv\n"
        "  bihuan export requests --query 'status=open' --format xlsx > requests.xlsx\n"
        "  bihuan export dialogues > dialogues.csv"
    )
    command = _command(commands, "export", "bihuan.cli_data:export", _("导出为 CSV 或 Excel"), text)
    command.add_argument("kind", metavar="KIND", help=_("导出什么：customers、units、dialogues …"))
    command.add_argument("--by", metavar="USER", help=_("以谁的权限（默认全部）"))
    command.add_argument("--query", default="", help=_("筛选条件"))
    command.add_argument("--format", choices=["csv", "xlsx"], default="csv", help=_("格式（默认 csv，UTF-8）"))


def _backup(commands) -> None:
    text = _(
        "备份数据库、附件、密钥和其他文件，写成一个 tar 文件，并回读核对。期间可以照常工作。\n"
        "每晚自动备份：设 BIHUAN_BACKUP_TO（目录）；再抄一份到别处：BIHUAN_BACKUP_COPY；保留份数：BIHUAN_BACKUP_KEEP（默认 14）。\n"
        "备份文件里有密钥和个人信息，只有运行账号能读；请同样保管抄出去的那一份。\n\n"
        "  bihuan backup --to /srv/backups\n"
        "  bihuan backup --drill            把最新一份恢复到临时位置并核对，结果记入日志"
    )
    command = _command(commands, "backup", "bihuan.cli_backup:backup", _("备份，或演练恢复"), text)
    command.add_argument("--to", metavar="DIR", type=Path, help=_("目录（默认 BIHUAN_BACKUP_TO，否则 BIHUAN_HOME/backups）"))
    command.add_argument("--drill", action="store_true", help=_("不备份，而是试着恢复最新一份"))


def _restore(commands) -> None:
    text = _(
        "把一份备份恢复到空的目录（和空的 PostgreSQL 数据库），然后核对行数、文件、日志链和签名。\n"
        "目标不是空的、文件损坏或不完整、备份比程序新：都会拒绝，什么也不改。\n\n"
        "  bihuan restore bihuan-20261122-020000.tar --into /srv/bihuan\n"
        "  bihuan restore bihuan-20261122-020000.tar --into /srv/bihuan --database postgres://bihuan@db/bihuan"
    )
    command = _command(commands, "restore", "bihuan.cli_backup:restore", _("从备份恢复"), text)
    command.add_argument("file", metavar="FILE", type=Path, help=_("备份文件，.tar"))
    command.add_argument("--into", metavar="DIR", type=Path, help=_("空目录（默认 BIHUAN_HOME）"))
    command.add_argument("--database", metavar="URL", default="", help=_("空的 PostgreSQL 数据库（默认 DATABASE_URL）"))


def _orphans(commands) -> None:
    text = _(
        "列出没有任何附件记录指向、七天以上没有动过的文件（磁盘和对象存储）：保存时断了电、事务回滚，都可能留下。\n"
        "后台任务每晚自己清理；一次太多时不删，只告警：恢复了较旧的数据库，旁边是较新的文件，看起来正是这样。\n"
        "先确认数据库是对的，再用 --remove，删掉就找不回来了。\n\n"
        "  bihuan orphans\n"
        "  bihuan orphans --remove"
    )
    command = _command(commands, "orphans", "bihuan.cli_backup:orphans", _("没有记录指向的文件"), text)
    command.add_argument("--remove", action="store_true", help=_("删除列出的文件，多少都删，并记入日志"))


def _forget_person(commands) -> None:
    text = _(
        "删除一个人的个人信息（个人信息保护法第四十七条）：姓名、电话、邮箱、文字里提到的、签名图片和笔迹、搜索索引。\n"
        "单据、日志链和签名照样核对得上；日志记下哪些内容已删除。还有未办结的报修需要此人时拒绝。\n"
        "先用 --dry-run 看会删什么。照片里有没有此人，只有人眼能判断，所以要用 --photos 说明。\n\n"
        "  bihuan forget-person --find 13800001111 --dry-run\n"
        "  bihuan forget-person --contact 42 --reason 本人要求 --photos none\n"
        "  bihuan forget-person --again       恢复旧备份之后，把以前删过的再删一遍"
    )
    command = _command(commands, "forget-person", "bihuan.cli_privacy:forget_person", _("删除一个人的个人信息"), text)
    _whom(command)
    command.add_argument("--reason", metavar="TEXT", default="", help=_("原因，记入日志，不要写姓名和电话"))
    command.add_argument("--photos", metavar="none|all|HANDLE,…", default="", help=_("照片和附件：都留、都删、或只删这几个"))
    command.add_argument("--dry-run", action="store_true", help=_("只说明会删什么，不改动"))
    command.add_argument("--again", action="store_true", help=_("按 BIHUAN_HOME/forgotten.jsonl 再删一遍"))


def _person_copy(commands) -> None:
    text = _(
        "把系统里保存的某个人的个人信息写成一个文件（个人信息保护法第四十五条），只含此人自己的。\n\n"
        "  bihuan person-copy --find 13800001111 --out copy.zip"
    )
    command = _command(commands, "person-copy", "bihuan.cli_privacy:person_copy", _("给本人的个人信息副本"), text)
    _whom(command)
    command.add_argument("--out", type=Path, required=True, metavar="FILE", help=_("写到哪个 ZIP 文件"))


def _whom(command: Parser) -> None:
    command.add_argument("--contact", metavar="ID", type=int, help=_("联系人编号"))
    command.add_argument("--find", metavar="PHONE", default="", help=_("按电话找人"))


def _manage(commands) -> None:
    text = _("Django 自带的管理命令，给开发和运维人员用。\n\n  bihuan manage migrate\n  bihuan manage shell")
    command = _command(commands, "manage", "bihuan.cli_data:manage", _("Django 的管理命令"), text)
    command.add_argument("arguments", nargs=argparse.REMAINDER, metavar="…", help=_("命令及其参数"))


def start_django() -> None:
    """Read the settings and load the applications; a setting that cannot be understood ends the program with its sentence."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bihuan.config.settings")
    import django
    from django.core.exceptions import ImproperlyConfigured
    from django.utils import translation

    try:
        django.setup()
    except ImproperlyConfigured as problem:
        sys.exit(f"bihuan: {problem}")
    importlib.import_module("bihuan.config.checks")
    importlib.import_module("bihuan.config.checks_identity")
    importlib.import_module("bihuan.config.checks_lines")
    translation.activate(language())


def _open_standard_lines() -> None:
    """Who starts us without 0, 1 or 2 would see a socket or a database get that number, and error texts written into it."""
    while (handle := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(handle, True)
    os.close(handle)


def main(argv: Sequence[str] | None = None) -> int:
    """Carry out one command and return its exit code."""
    _open_standard_lines()
    arguments = parser().parse_args(argv)
    module, function = arguments.target.split(":")
    try:
        return getattr(importlib.import_module(module), function)(arguments) or 0
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # `bihuan export … | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
