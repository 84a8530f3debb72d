"""Who may see the evidence, of which branches, and who may dispose of a deviation (QM-7)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bihuan.kernel.access.actors import Actor
from bihuan.kernel.access.refusals import NotAllowed, NotFound
from bihuan.organisation import roles
from bihuan.organisation.models import Branch
from bihuan.quality.public import READERS

CHECKERS = (roles.AUDITOR, roles.ADMINISTRATOR, roles.AFTER_SALES_HEAD, roles.QUALITY)  # may start the check of everything
JUDGES = (roles.AFTER_SALES_HEAD, roles.QUALITY, roles.BRANCH_MANAGER)  # may accept a deviation; nobody his own
NOT_FOR_YOU = gettext_lazy("体系证据供审核员、管理者和分公司负责人查看。需要时请管理员任命。")
PACKERS = (roles.ADMINISTRATOR, roles.AFTER_SALES_HEAD, roles.QUALITY)  # a pack holds what an auditor sees masked
READER_CODES = frozenset(role.code for role in READERS)


@dataclass(frozen=True)
class Scope:
    """The branches whose evidence is looked at, of those whose evidence one may look at."""

    visible: Sequence[Branch]
    chosen: Branch | None = None
    names: dict[int, str] = field(default_factory=dict)

    @property
    def ids(self) -> list[int]:
        return [self.chosen.pk] if self.chosen else [branch.pk for branch in self.visible]

    @property
    def label(self) -> str:
        if self.chosen:
            return self.chosen.name
        return self.visible[0].name if len(self.visible) == 1 else _("全部分公司")

    @property
    def query(self) -> str:
        return f"&branch={self.chosen.code}" if self.chosen else ""

    def name(self, branch_id: int) -> str:
        """What people call that branch."""
        return self.names.get(branch_id, "")


def scope_of(actor: Actor, code: str = "") -> Scope:
    """What *actor* may see, narrowed to the branch *code*. Raises NotAllowed without the right, NotFound for a foreign branch. One statement."""
    grants = [grant for grant in actor.grants if grant.role in READER_CODES]
    if not grants:
        raise NotAllowed(NOT_FOR_YOU)
    mine = Q() if any(grant.everywhere for grant in grants) else Q(pk__in={grant.branch_id for grant in grants})
    visible = list(Branch.objects.filter(mine))
    chosen = next((branch for branch in visible if branch.code == code), None)
    if code and chosen is None:
        raise NotFound(_("没有这家分公司，或您无权查看。"))
    return Scope(visible, chosen, {branch.pk: branch.name for branch in visible})


def require_reader(actor: Actor, branches: Collection[int]) -> None:
    """Refuse unless *actor* may see evidence of all those branches: unseen branches are NotFound, a lacking role is NotAllowed."""
    if not all(actor.may_see(branch) for branch in branches):
        raise NotFound
    if not all(any(actor.holds(role.code, branch) for role in READERS) for branch in branches):
        raise NotAllowed(NOT_FOR_YOU)


def require_organisation_reader(actor: Actor) -> None:
    """Refuse unless a role of *actor* that reads evidence reaches every branch: what belongs to none is theirs alone."""
    if not any(grant.everywhere for grant in actor.grants if grant.role in READER_CODES):
        raise NotAllowed(_("全公司的日志供总部审核员和管理者查看。需要时请管理员任命。"))


def may_check(actor: Actor) -> bool:
    return bool(actor.roles & {role.code for role in CHECKERS})


def may_pack(actor: Actor) -> bool:
    return bool(actor.roles & {role.code for role in PACKERS})


def may_judge(actor: Actor, branch_id: int) -> bool:
    return any(actor.holds(role.code, branch_id) for role in JUDGES)
