"""``bihuan backup``, ``bihuan restore`` and ``bihuan orphans``: the sentences around bihuan/operations."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from argparse import Namespace

from bihuan.cli import _, home, start_django
from bihuan.kernel.access.refusals import Refusal


def backup(arguments: Namespace) -> int:
    """Take a backup, or with --drill restore the latest one into a temporary place; 1 when something is wrong."""
    start_django()
    from bihuan.operations.backup import back_up, folder
    from bihuan.operations.drill import drill

    to = (arguments.to or folder()).resolve()
    try:
        if arguments.drill:
            problems = drill(to, by=_("命令行"))
            said = _("演练完成：恢复、行数、文件、日志链和签名都核对无误。")
        else:
            made = back_up(to, by=_("命令行"))
            problems, said = (
                made.problems,
                _("备份完成：{file}（{size:.1f} MB），已回读核对。").format(file=made.path, size=made.size / 2**20),
            )
    except Refusal as refusal:
        print(refusal.sentence, file=sys.stderr)
        return 1
    return _report(problems, said)


def restore(arguments: Namespace) -> int:
    """Restore into an empty home (and an empty PostgreSQL database), then verify; 1 when something is wrong."""
    target = (arguments.into or home()).resolve()
    url = arguments.database or os.environ.get("DATABASE_URL", "")
    owner = "" if arguments.database else os.environ.get("DATABASE_OWNER_URL", "")
    with tempfile.TemporaryDirectory(prefix="bihuan-") as away:  # the settings make a key at home, and the target must stay empty
        os.environ["BIHUAN_HOME"] = away
        start_django()
        from bihuan.operations.restore import restore as lay

        try:
            restored = lay(arguments.file, target, url=url, owner=owner)
        except Refusal as refusal:
            print(refusal.sentence, file=sys.stderr)
            return 1
    manifest = restored.manifest
    rows = sum(manifest.state["counts"].values())
    told = {"home": target, "made_at": manifest.made_at[:19], "rows": rows, "files": len(manifest.files) - 1}
    print(_("已恢复到 {home}：{made_at} 的备份，{rows} 行，{files} 个文件。").format(**told))
    print(
        _("备份之后若删除过个人信息：把当时的 forgotten.jsonl 放回 {home}，先执行 bihuan forget-person --again，再开放使用。").format(
            home=target
        )
    )
    return _report(restored.problems, _("核对无误：行数、文件、日志链和签名都与备份时一致。接着执行 bihuan up。"))


def orphans(arguments: Namespace) -> int:
    """List the files that no attachment names, one hash a line; with --remove they go, however many."""
    start_django()
    from bihuan.kernel.files.orphans import find
    from bihuan.operations.tidy import tidy

    if arguments.remove:
        print(tidy(by=_("命令行"), however_many=True).said)
        return 0
    found = find()
    for sha256 in found.hashes:
        print(sha256)
    print(_("没有记录指向的文件：{count} 个。").format(count=len(found.hashes)), file=sys.stderr)
    return 0


def judge() -> None:
    """In a process on the restored installation: print what is wrong as JSON; the state it should have comes on the standard input."""
    start_django()
    from bihuan import cli_start
    from bihuan.operations.verify import not_as_backed_up, not_sound

    problems = list(not_as_backed_up(json.load(sys.stdin)))
    if cli_start.waiting():
        cli_start.upgrade()
    json.dump([*problems, *not_sound()], sys.stdout)


def _report(problems: list[str], said: str) -> int:
    if not problems:
        print(said)
        return 0
    for problem in problems[:50]:
        print(f"✗ {problem}", file=sys.stderr)
    print(_("有 {count} 处不对，请先查明原因。").format(count=len(problems)), file=sys.stderr)
    return 1
