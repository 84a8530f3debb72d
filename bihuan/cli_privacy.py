"""``bihuan forget-person`` and ``bihuan person-copy``: the sentences around bihuan/privacy."""

from __future__ import annotations

import sys
from argparse import Namespace
from typing import Any

from bihuan.cli import _, start_django
from bihuan.kernel.access.refusals import Invalid, Refusal


def forget_person(arguments: Namespace) -> int:
    """0: deleted (or told, with --dry-run) and nothing is left; 1: refused, or some of it may not be changed."""
    start_django()
    try:
        return _again() if arguments.again else _forget(arguments)
    except Refusal as refusal:
        print(refusal.sentence, file=sys.stderr)
        return 1


def person_copy(arguments: Namespace) -> int:
    """Write what is kept of a person to one ZIP."""
    start_django()
    from django.utils import timezone

    from bihuan.kernel.access.actors import system
    from bihuan.privacy.copy import write

    try:
        told = write(arguments.out, _person(arguments), by=system(_("命令行")), at=timezone.now())
    except Refusal as refusal:
        print(refusal.sentence, file=sys.stderr)
        return 1
    print(_("已写出 {file}：{records} 份单据，{files} 个文件。请当面或用本人的邮箱交付，交付后删除。").format(file=arguments.out, **told))
    return 0


def _person(arguments: Namespace) -> Any:
    from bihuan.privacy import person

    if (arguments.contact is None) == (not arguments.find):
        raise Invalid(_("请用 --contact 或 --find 指明一个人。"))
    return person.of_contact(arguments.contact) if arguments.contact is not None else person.of_phone(arguments.find)


def _forget(arguments: Namespace) -> int:
    from bihuan.privacy import again, forget

    person = _person(arguments)
    photos = forget.photos_of(person)
    chosen = _chosen(arguments.photos, photos)
    if arguments.dry_run:
        return _preview(person, photos)
    if photos and chosen is None:
        for photo in photos:
            print(f"  {photo.handle}  {photo.get_absolute_url()}  {photo.name}")
        raise Invalid(
            _("此人的单据上有 {count} 个照片或附件，请先看过，再用 --photos none、all 或上面的编号说明。").format(count=len(photos))
        )
    done = again.grant(person, reason=arguments.reason, photos=chosen or ())
    return _said(done)


def _chosen(said: str, photos: list[Any]) -> list[str] | None:
    handles = [photo.handle for photo in photos]
    if said in ("none", "all"):
        return handles if said == "all" else []
    named = [one.strip() for one in said.split(",") if one.strip()]
    if unknown := [one for one in named if one not in handles]:
        raise Invalid(_("附件 {handle} 不在此人的单据上。").format(handle=unknown[0]))
    return named or None


def _preview(person: Any, photos: list[Any]) -> int:
    from bihuan.privacy.forget import preview

    told = preview(person)
    print(
        _("会删除：{fields} 处字段、{words} 处日志和签名的原文、{lines} 行对话和汇报、{others} 行其他记录，涉及 {records} 份单据。").format(
            **told
        )
    )
    print(_("照片和附件 {count} 个，须用 --photos 说明去留。").format(count=len(photos)))
    print(_("会留下：单据编号、时间、设备、处理结果、日志链和封印；理由见 docs/privacy.md。"))
    if person.open_numbers:
        print(_("现在还不能删：{numbers} 还在办理。").format(numbers="、".join(person.open_numbers)))
    return 0


def _again() -> int:
    from bihuan.privacy import again

    worst = 0
    for done in again.repeat():
        worst = max(worst, _said(done))
    print(_("文件和空间已清理。"))
    for one in (told := again.interrupted()):
        print(f"! {one}", file=sys.stderr)
    return max(worst, 1 if told else 0)


def _said(done: Any) -> int:
    from bihuan.privacy.again import backups_expire

    print(_("已删除：{fields} 处字段、{words} 处原文、{files} 个文件，涉及 {records} 份单据。").format(
        fields=done.went["fields"], words=done.went["words"], files=len(done.files), records=done.went["records"]
    ))  # fmt: skip
    print(backups_expire())
    for one in done.remains:
        print(f"! {one}", file=sys.stderr)
    return 1 if done.remains else 0
