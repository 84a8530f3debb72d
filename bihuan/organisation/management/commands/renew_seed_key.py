"""``bihuan manage renew_seed_key``: a new key for the seeds of authenticators; every seed is sealed anew with it."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils.translation import gettext as _

from bihuan.kernel.access import seeds
from bihuan.kernel.access.told import tell
from bihuan.organisation.models import Person


class Command(BaseCommand):
    help = "A new key for the seeds of authenticators. With BIHUAN_SEED_KEYS: put the new key first there before."

    def handle(self, *_arguments: Any, **_options: Any) -> None:
        from django.conf import settings

        if not settings.SEED_KEYS:
            seeds.add_key()
        with transaction.atomic():
            count = sum(_sealed_anew(person) for person in Person.objects.exclude(totp_secret="").order_by("pk"))
            tell("seed-key.renew", subject="seed.key", count=count)
        self.stdout.write(_("%(count)d 个验证器密钥已用新密钥重新加密。") % {"count": count})
        if Person.objects.exclude(totp_secret="").count() == count:
            seeds.forget_old_keys()


def _sealed_anew(person: Person) -> bool:
    """Whether the seed is still the one that was read, and now lies under the new key."""
    rows = Person.objects.filter(pk=person.pk, totp_secret=person.totp_secret)
    return rows.update(totp_secret=seeds.sealed_anew(person.totp_secret)) == 1
