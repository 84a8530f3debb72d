"""What the table cannot say: named predicates."""

from django.utils.translation import gettext_lazy as _

from bihuan.kernel.access.parties import Relation
from bihuan.organisation import roles

RESPONSIBLE = Relation(
    "responsible",
    _("责任人"),
    lambda actor, record: actor.person_id is not None and record.responsible_id == actor.person_id and actor.may_see(record.branch_id),
)
REVIEWER = Relation(
    "reviewer",
    _("审查人"),
    lambda actor, record: actor.person_id is not None and record.reviewer_id == actor.person_id and actor.may_see(record.branch_id),
)
# Of evidence and reviews, which say who did what and when.
READERS = (
    roles.AUDITOR, roles.ADMINISTRATOR, roles.AFTER_SALES_HEAD, roles.QUALITY, roles.GM_OFFICE, roles.GENERAL_MANAGER, roles.SALES_GM,
    roles.VICE_PRESIDENT, roles.BRANCH_MANAGER, roles.BRANCH_LEAD,
)  # fmt: skip
