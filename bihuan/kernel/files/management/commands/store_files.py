"""``bihuan manage store_files``: attachments on this disk go to the object storage, when it is new or was restored. May be repeated."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from bihuan.kernel.files import disk
from bihuan.kernel.files.models import Attachment


class Command(BaseCommand):
    """Exits with 1 when an attachment is in neither place, or here with other content."""

    help = __doc__

    def handle(self, *_arguments: Any, **_options: Any) -> None:
        if (there := disk.storage()) is None:
            raise CommandError(_("没有设置对象存储，请先设 BIHUAN_FILES_S3。"))
        sent, lost = 0, []
        for sha256 in Attachment.objects.order_by("sha256").values_list("sha256", flat=True).distinct().iterator():
            path = disk.path_of(sha256)
            if path.exists() and disk.measure(path)[1] == sha256:
                sent += disk.send(path, sha256)
            elif not there.exists(disk.name_of(sha256)):
                lost.append(sha256)
        self.stdout.write(_("已存入 {sent} 个文件。").format(sent=sent))
        if lost:
            raise CommandError(_("这些文件两处都没有好的，请从备份恢复：{names}").format(names="、".join(lost[:20])))
