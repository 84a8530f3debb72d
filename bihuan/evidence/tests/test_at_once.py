"""Several workers count and check at once: everything is counted once (#106)."""

from collections import Counter

import pytest

from bihuan.evidence import conformance, tally
from bihuan.evidence.models import Deviation, Mark, StepTally, Tally
from bihuan.kernel.deadlines.models import Deadline
from bihuan.kernel.journal.models import Chain, Entry
from bihuan.kernel.testing.overlap import together


@pytest.mark.both
def test_three_workers_count_every_deadline_and_every_step_once(committed_company):
    company = committed_company

    def work(_index, _fresh):
        for _turn in range(40):
            conformance.settle(limit=2)
            for chain in list(Chain.objects.values_list("pk", flat=True)):
                conformance.advance(chain, limit=5)

    done = together(3, work, fresh=lambda: [company.closed(), company.closed()])
    assert done.failures == []
    conformance.catch_up()

    steps = Counter(Entry.objects.filter(action__regex="^(BX|PG|FW)[.]").values_list("action", flat=True))
    assert Counter({row.action: row.taken for row in StepTally.objects.filter(branch_id=company.east.pk)}) == steps
    settled = Deadline.objects.exclude(state__in=["running", "paused"]).count()
    assert sum(row.kept + row.late_entry + row.missed + row.void for row in Tally.objects.all()) == settled
    assert not tally.waiting().exists()
    assert dict(Mark.objects.values_list("chain", "seq")) == dict(Chain.objects.values_list("pk", "seq"))
    assert not Deviation.objects.exclude(kind="time_limit").exists()
