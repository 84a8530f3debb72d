"""What is attacked, and what a look at it finds."""

import datetime as dt
from types import SimpleNamespace

from django.utils import timezone

from bihuan.kernel.files.models import Attachment
from bihuan.kernel.journal.models import Chain
from bihuan.kernel.proof.deliver import deliver
from bihuan.kernel.proof.key import signer
from bihuan.kernel.proof.models import Checkpoint
from bihuan.kernel.proof.seal import seal
from bihuan.kernel.proof.verify import Verification


def sealed_world(company):
    """A company with a signed visit, two checkpoints of its branch, and records still going on."""
    record = company.signed(caller_phone="13912345678", caller_name="钱多多", at=timezone.now() - dt.timedelta(minutes=3))
    seal()
    company.registered(unit=company.other_unit)
    request = company.assigned(caller_phone="13912345678")
    seal()
    deliver()
    chain = Chain.objects.get(pk=company.east.pk)
    last = Checkpoint.objects.get(chain=chain.pk, size=chain.seq)
    picture = Attachment.objects.of(record).get(kind="signature")
    return SimpleNamespace(
        chain=chain.pk, size=chain.seq, other=company.north.pk, record=record, request=request, last=last, picture=picture,
        key=signer().key, mend=lambda: None,
    )  # fmt: skip


def findings(folder):
    return list(Verification(folder=folder).findings())
