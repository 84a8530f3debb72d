"""What a migration must not do without a stated reason: each would hurt an installation that is full, or one that is upgraded while others serve (#82)."""

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.db import connection, migrations, models
from django.db.migrations.loader import MigrationLoader

BIG = {
    "journal.entry",
    "deadlines.deadline",
    "service.servicerequest",
    "service.dispatchorder",
    "service.servicerecord",
    "files.attachment",
}
FIRST = "before the first release that was given out: nobody ran the program that came before"
# (application, migration, operation as the linter names it) → why it may.
REASONS = {
    ("deadlines", "0002_counted", "AddField deadline.counted without db_default"): FIRST,
    ("deadlines", "0002_counted", "AddIndex on the big table deadlines.deadline"): FIRST,
    ("deadlines", "0003_uncounted_by_start", "AddIndex on the big table deadlines.deadline"): FIRST,
    ("evidence", "0002_nonconformity", "AddField deviation.nonconformity without db_default"): FIRST,
    ("organisation", "0002_directory", "AddField person.directory_mark without db_default"): FIRST,
    ("organisation", "0002_directory", "AddField person.directory_name without db_default"): FIRST,
    ("service", "0002_open_records", "AddField dispatchorder.is_open without db_default"): FIRST,
    ("service", "0002_open_records", "AddField servicerecord.is_open without db_default"): FIRST,
    ("service", "0002_open_records", "AddField servicerequest.is_open without db_default"): FIRST,
    ("service", "0002_open_records", "AddIndex on the big table service.dispatchorder"): FIRST,
    ("service", "0002_open_records", "AddIndex on the big table service.servicerequest"): FIRST,
}


def faults(label: str, migration: migrations.Migration) -> Iterator[str]:
    """What is doubtful about *migration* of the application *label*."""
    made = {operation.name_lower for operation in migration.operations if isinstance(operation, migrations.CreateModel)}
    if "_auto_" in migration.name:
        yield "it has no name"
    for operation in migration.operations:
        yield from _faults(label, operation, made)


def _faults(label: str, operation: migrations.operations.base.Operation, made: set[str]) -> Iterator[str]:
    kind, table = type(operation).__name__, getattr(operation, "model_name_lower", "")
    if not operation.reversible:
        yield f"{kind} cannot be taken back"
    elif isinstance(operation, migrations.AddField) and table not in made:
        field = operation.field
        if not field.null and not field.many_to_many and field.db_default is models.NOT_PROVIDED:
            yield f"AddField {table}.{operation.name} without db_default"  # the older program, still serving, does not fill it
    elif isinstance(operation, migrations.AddIndex | migrations.AddConstraint) and table not in made and f"{label}.{table}" in BIG:
        yield f"{kind} on the big table {label}.{table}"  # writers wait until it is built; state how long, or build it concurrently
    elif isinstance(operation, migrations.RemoveField | migrations.DeleteModel | migrations.RenameField | migrations.RenameModel):
        yield f"{operation.describe()}"  # what people wrote would be gone, or not be found by the older program


def ours():
    labels = {config.label for config in apps.get_app_configs() if config.name.startswith("bihuan.")}
    found = MigrationLoader(None).disk_migrations
    return sorted((label, name, migration) for (label, name), migration in found.items() if label in labels)


def test_no_migration_does_what_hurts_without_a_reason():
    found = {(label, name, fault) for label, name, migration in ours() for fault in faults(label, migration)}
    assert found - REASONS.keys() == set()
    assert REASONS.keys() - found == set(), "a reason for nothing"


class Careless(migrations.Migration):
    operations = []


BAD = {
    "cannot be taken back": migrations.RunPython(lambda apps, editor: None),
    "cannot be taken back ": migrations.RunSQL("SELECT 1"),
    "without db_default": migrations.AddField("entry", "more", models.CharField(default="", max_length=5)),
    "on the big table journal.entry": migrations.AddIndex("entry", models.Index(fields=["actor_id"], name="by_actor")),
    "Remove field body": migrations.RemoveField("entry", "body"),
    "Delete model": migrations.DeleteModel("Entry"),
}


@pytest.mark.parametrize("words", BAD)
def test_each_fault_is_found(words):
    careless = Careless("0099_careless", "journal")
    careless.operations = [BAD[words]]
    (fault,) = faults("journal", careless)
    assert words.strip() in fault


def test_what_does_no_harm_is_let_through():
    good = Careless("0099_good", "journal")
    good.operations = [
        migrations.CreateModel("Fresh", [("id", models.BigAutoField(primary_key=True))]),
        migrations.AddField("fresh", "text", models.TextField()),
        migrations.AddField("entry", "more", models.TextField(db_default="")),
        migrations.AddField("entry", "less", models.TextField(null=True)),
        migrations.RunPython(lambda apps, editor: None, migrations.RunPython.noop),
    ]
    assert list(faults("journal", good)) == []
    assert list(faults("journal", Careless("0003_auto_20261122", "journal"))) == ["it has no name"]


@pytest.mark.django_db
def test_the_tables_that_grow_most_keep_no_index_for_beginnings():
    """PostgreSQL gets one for each unique text; nothing asks for it, and each write pays for it."""
    grown = ("journal_word", "notify_notice", "service_servicerequest", "service_dispatchorder", "service_servicerecord")
    with connection.cursor() as cursor:
        for table in grown:
            constraints = connection.introspection.get_constraints(cursor, table)
            assert constraints and [name for name in constraints if name.endswith("_like")] == []
