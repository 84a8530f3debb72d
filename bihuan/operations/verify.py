"""Is a restored installation what was backed up, and does it hold together? Compares with the manifest, then asks the product's own checks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from bihuan.kernel.files.check import check_files
from bihuan.kernel.journal.read import differences
from bihuan.kernel.signing.verify import check_signatures

from .state import state_of


def not_as_backed_up(state: dict[str, Any]) -> Iterator[str]:
    """What differs between the database in use and the *state* of a manifest: rows by table, chains, migrations."""
    with connection.cursor() as cursor:
        here = state_of(cursor, connection.vendor)
    for table in sorted(here.counts.keys() | state["counts"].keys()):
        wanted, found = state["counts"].get(table, 0), here.counts.get(table, 0)
        if wanted != found:
            yield _("表 {table}：备份时 {wanted} 行，现在 {found} 行").format(table=table, wanted=wanted, found=found)
    if here.chains != state["chains"]:
        yield _("日志链的末尾与备份时不同")
    if here.migrations != state["migrations"]:
        yield _("数据库版本与备份时不同")


def not_sound() -> Iterator[str]:
    """What the journal's chain, the files and the signatures find wrong. Needs a database of this program's version."""
    yield from (_("日志：{problem}").format(problem=problem) for problem in differences())
    for attachment, problem in check_files():
        yield _("附件 {number}：{problem}").format(number=attachment.pk, problem=problem)
    yield from (problem for _signature, problem in check_signatures())
