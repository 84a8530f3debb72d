"""The boring tests of a controlled record, inherited: state it how to reach each state, and the table is tested cell by cell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.utils import timezone

from ..access.actors import Actor, Grant
from ..access.refusals import Conflict, Invalid, NotAllowed, NotFound
from ..journal.models import Entry
from ..journal.read import differences
from ..procedures.declare import Procedure
from ..tables.actions import actions
from ..tables.checks import problems
from ..tables.pages import record_by_number
from ..tables.show import path


class RecordContract:
    """Subclass with ``procedure``, ``reach`` (state → function of the company that makes such a record) and ``arguments``.

    ``arguments(name, record, company)`` gives the verb's keyword arguments beyond ``by`` and ``at``.
    """

    procedure: Procedure
    reach: dict[str, Callable[[Any], Any]]

    def arguments(self, name: str, record: Any, company: Any) -> dict[str, Any]:
        return {}

    def take(self, name: str, record: Any, by: Actor, company: Any) -> Any:
        verb = getattr(import_module(self.procedure.verbs), name)
        return verb(record, by=by, at=timezone.now(), **self.arguments(name, record, company))

    def by_hand(self) -> list[Any]:
        return [step for step in self.procedure.steps if step.move.frm]

    def stranger(self, company: Any) -> Actor:
        """Someone at headquarters who sees everything and holds a role that no step names."""
        return Actor("过客", 10**6, (Grant("finance", company.hq.pk, True),), person=None).proved(timezone.now())

    def test_every_state_can_be_reached(self, company: Any) -> None:
        for state, make in self.reach.items():
            assert make(company).status == state
        assert set(self.reach) == set(self.procedure.status.values)

    def test_it_is_open_until_a_final_state(self, company: Any) -> None:
        for state, make in self.reach.items():
            record = make(company)
            stored = type(record)._base_manager.filter(pk=record.pk).values_list("is_open", flat=True).get()
            assert stored is (state not in self.procedure.final), state

    def test_a_step_is_refused_in_every_state_it_does_not_start_from(self, company: Any) -> None:
        for state, make in self.reach.items():
            record = make(company)
            for step in self.by_hand():
                if state in step.move.frm:
                    continue
                by, given = company.by("desk").proved(timezone.now()), self.arguments(step.name, record, company)
                before = Entry.objects.count()
                with pytest.raises(Conflict) as refused:
                    getattr(import_module(self.procedure.verbs), step.name)(record, by=by, at=timezone.now(), **given)
                assert str(self.procedure.status(state).label) in refused.value.sentence
                record.refresh_from_db()
                assert record.status == state
                assert Entry.objects.count() == before

    def test_a_step_is_refused_to_everybody_the_table_does_not_name(self, company: Any) -> None:
        for state, make in self.reach.items():
            record = make(company)
            for step in self.procedure.from_state(state):
                for by in (
                    self.stranger(company),
                    company.by("auditor").proved(timezone.now()),
                    company.by("other_lead").proved(timezone.now()),
                ):
                    with pytest.raises(NotAllowed):
                        self.take(step.name, record, by, company)

    def test_what_a_step_needs_cannot_be_left_out(self, company: Any) -> None:
        for state, make in self.reach.items():
            record = make(company)
            for step in self.procedure.from_state(state):
                for need in step.needs:
                    with pytest.raises(Invalid) as refused:
                        self.take_bare(step, record, self.allowed(step, record, company), without=need)
                    assert refused.value.field == need
                    record.refresh_from_db()
                    assert record.status == state

    def take_bare(self, step: Any, record: Any, by: Actor, *, without: str) -> None:
        """The step itself, with everything it needs but one thing."""
        with self.procedure.step(step.name, record, by=by, at=timezone.now()) as taking:
            taking.note(**{need: "" if need == without else "说明" for need in step.needs})

    def test_a_step_that_needs_proof_is_refused_without_a_fresh_one(self, company: Any) -> None:
        for state, make in self.reach.items():
            for step in self.procedure.from_state(state):
                if not step.reauth:
                    continue
                record = make(company)
                by = self.allowed(step, record, company)
                for proof in (None, timezone.now() - timedelta(minutes=5, seconds=1)):
                    with (
                        pytest.raises(NotAllowed),
                        self.procedure.step(step.name, record, by=replace(by, proved_at=proof), at=timezone.now()),
                    ):
                        pass

    def allowed(self, step: Any, record: Any, company: Any) -> Actor:
        """An actor of the company that the table names for *step* on *record*."""
        for key in company.people:
            actor = company.by(key).proved(timezone.now())
            if any(party.includes(actor, record) for party in step.by) and not self.took_one_of(step, record, actor):
                return actor
        raise AssertionError(f"nobody in the company may take {step.name}")

    def took_one_of(self, step: Any, record: Any, actor: Actor) -> bool:
        names = [f"{self.procedure.form}.{name}" for name in step.unlike]
        rows = Entry.objects.filter(record_type=record._meta.label, record_id=record.pk, action__in=names, actor_id=actor.person_id)
        return bool(names) and rows.exists()

    def test_a_foreign_branch_and_an_invented_number_give_the_same_answer(self, company: Any) -> None:
        record = next(iter(self.reach.values()))(company)
        answers = []
        for number in (record.number, record.number[:-6] + "999999"):
            with pytest.raises(NotFound) as refused:
                record_by_number(company.by("other_lead"), number)
            answers.append((refused.value.sentence, refused.value.status))
        assert answers[0] == answers[1]

    def test_the_page_offers_exactly_what_the_table_allows(self, company: Any) -> None:
        for state, make in self.reach.items():
            record = make(company)
            assert path(record)
            for key in company.people:
                actor = company.by(key)
                for action in actions(record, actor):
                    if action.step.move.frm and state in action.step.move.frm:
                        assert action.possible == any(party.includes(actor, record) for party in action.step.by)

    def test_the_table_has_no_problems_and_the_journal_holds(self, company: Any) -> None:
        for make in self.reach.values():
            make(company)
        assert list(problems(self.procedure)) == []
        assert list(differences()) == []
