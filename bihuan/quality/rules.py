"""What the table cannot say: named predicates."""

from django.utils.translation import gettext_lazy as _

from bihuan.kernel.access.parties import Relation

RESPONSIBLE = Relation(
    "responsible",
    _("责任人"),
    lambda actor, record: actor.person_id is not None and record.responsible_id == actor.person_id and actor.may_see(record.branch_id),
)
