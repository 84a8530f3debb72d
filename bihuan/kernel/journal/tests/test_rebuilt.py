"""A migration that rebuilds the journal's table leaves its entries and its protection (#49), on both engines."""

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, migrations, models, transaction
from django.db.migrations.loader import MigrationLoader

from bihuan.config.checks import journal_protected
from bihuan.kernel.journal import protect
from bihuan.kernel.journal.models import Entry
from bihuan.kernel.journal.read import differences
from bihuan.kernel.testing.committed import lift_triggers

ADD = migrations.AddField("entry", "remark", models.CharField(max_length=20, default=""))
ALTER = migrations.AlterField("entry", "alg", models.CharField(max_length=16, default="sha256"))
BACK = migrations.AlterField("entry", "alg", models.CharField(max_length=8, default="sha256"))
REMOVE = migrations.RemoveField("entry", "remark")


def migrate(*operations):
    """Apply *operations* as ``migrate`` does: through the schema editor, then the signal after all are applied."""
    state = MigrationLoader(connection).project_state()
    if operations[0] is REMOVE:
        ADD.state_forwards("journal", state)
    for operation in operations:
        after = state.clone()
        operation.state_forwards("journal", after)
        with connection.schema_editor(atomic=True) as editor:
            operation.database_forwards("journal", editor, state, after)
        state = after


def refused(statement):
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.fixture
def rebuilt(committed_company):
    """The journal with entries in it, rebuilt twice over."""
    committed_company.registered()
    before = list(Entry.objects.order_by("pk").values_list("pk", "hash", "body"))
    migrate(ADD, ALTER)
    yield before
    migrate(REMOVE, BACK)
    call_command("migrate", verbosity=0)


@pytest.mark.both
def test_after_a_rebuild_entries_are_whole_and_cannot_be_changed(rebuilt):
    call_command("migrate", verbosity=0)
    assert list(Entry.objects.order_by("pk").values_list("pk", "hash", "body")) == rebuilt != []
    assert list(differences()) == []
    assert protect.unprotected() == []
    statements = ["UPDATE journal_entry SET body = ''", "DELETE FROM journal_entry", "UPDATE journal_entry SET remark = 'x'"]
    for statement in [*statements, *(["TRUNCATE journal_entry"] if connection.vendor == "postgresql" else ["DROP TABLE journal_entry"])]:
        refused(statement)
    assert list(Entry.objects.order_by("pk").values_list("pk", "hash", "body")) == rebuilt


@pytest.mark.both
def test_the_start_is_refused_while_the_protection_is_gone(committed_company):
    assert journal_protected(None, databases=["default"]) == []
    lift_triggers()
    (found,) = journal_protected(None, databases=["default"])
    assert found.id == "bihuan.E008" and "journal_entry" in found.msg and found.is_serious()
    call_command("migrate", verbosity=0)
    assert journal_protected(None, databases=["default"]) == []


@pytest.mark.both
def test_a_trigger_of_the_same_name_that_does_nothing_is_no_protection(committed_company):
    lift_triggers()
    with protect.as_owner(connection), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            protect.lay_triggers()
            cursor.execute("ALTER TABLE journal_entry DISABLE TRIGGER journal_entry_append_only_rows")
        else:
            protect.lay_triggers()
            cursor.execute("DROP TRIGGER journal_entry_append_only_delete")
            cursor.execute("CREATE TRIGGER journal_entry_append_only_delete BEFORE DELETE ON journal_entry BEGIN SELECT 1; END")
    assert protect.unprotected() == ["journal_entry"]
