"""Tests derived from a table cannot see a wrong table; the approved text can (docs/procedures/AS.md)."""

from dataclasses import replace
from pathlib import Path

import pytest

from bihuan.kernel.tables.clauses import report
from bihuan.kernel.tables.diagram import svg
from bihuan.kernel.tables.document import markdown
from bihuan.organisation.roles import FINANCE
from bihuan.service.procedure import ORDER, RECORD, REQUEST

APPROVED = Path(__file__).parents[3] / "docs" / "procedures" / "AS.md"


@pytest.mark.parametrize("procedure", [REQUEST, ORDER, RECORD], ids=lambda procedure: procedure.form)
def test_what_the_system_does_is_what_was_approved(procedure):
    assert markdown(procedure) in APPROVED.read_text(encoding="utf-8")


def test_a_role_added_to_the_table_without_approval_is_found():
    approve = ORDER.step_named("approve")
    loosened = replace(ORDER, steps=tuple(replace(step, by=(*step.by, FINANCE)) if step is approve else step for step in ORDER.steps))
    assert markdown(loosened) not in APPROVED.read_text(encoding="utf-8")


@pytest.mark.parametrize("procedure", [REQUEST, ORDER, RECORD], ids=lambda procedure: procedure.form)
def test_the_diagram_shows_every_state_and_every_move(procedure):
    drawn = svg(procedure)
    for state in procedure.status:
        assert str(state.label) in drawn
    for step in procedure.steps:
        if step.move.frm and step.move.to not in (None, *step.move.frm):
            assert str(step.label) in drawn


def test_the_rules_of_the_main_job_are_claimed_and_the_others_are_shown_as_not():
    found = {clause.id: clause for clause in report()}
    for rule in ("AS-5.1.1", "AS-5.1.2", "AS-5.2.1", "AS-5.2.3", "AS-5.3.1", "AS-5.3.2"):
        assert found[rule].claimed and found[rule].records, rule
    assert "BX.first_contact" in found["AS-5.2.1"].clocks
    assert not found["QM-4"].claimed
    assert len(found) == 79
