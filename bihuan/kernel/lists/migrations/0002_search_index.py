"""The full-text index beside the table: FTS5 kept in step by triggers on SQLite, GIN on PostgreSQL.

A later migration that alters lists_document must lay the triggers anew: SQLite rebuilds the table and drops them.
"""

from django.db import migrations

SQLITE = (
    "CREATE VIRTUAL TABLE lists_words USING fts5(words, content='lists_document', content_rowid='id', tokenize='ascii', columnsize=0)",
    "CREATE TRIGGER lists_words_new AFTER INSERT ON lists_document BEGIN "
    "INSERT INTO lists_words(rowid, words) VALUES (new.id, new.words); END",
    "CREATE TRIGGER lists_words_gone AFTER DELETE ON lists_document BEGIN "
    "INSERT INTO lists_words(lists_words, rowid, words) VALUES ('delete', old.id, old.words); END",
    "CREATE TRIGGER lists_words_changed AFTER UPDATE OF words ON lists_document BEGIN "
    "INSERT INTO lists_words(lists_words, rowid, words) VALUES ('delete', old.id, old.words); "
    "INSERT INTO lists_words(rowid, words) VALUES (new.id, new.words); END",
)
POSTGRESQL = ("CREATE INDEX lists_document_words ON lists_document USING gin (words)",)
UNDO = {
    "sqlite": (
        "DROP TRIGGER lists_words_new",
        "DROP TRIGGER lists_words_gone",
        "DROP TRIGGER lists_words_changed",
        "DROP TABLE lists_words",
    ),
    "postgresql": ("DROP INDEX lists_document_words",),
}


def create(apps, schema_editor):
    for statement in SQLITE if schema_editor.connection.vendor == "sqlite" else POSTGRESQL:
        schema_editor.execute(statement, params=None)


def undo(apps, schema_editor):
    for statement in UNDO[schema_editor.connection.vendor]:
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("lists", "0001_lists")]
    operations = [migrations.RunPython(create, undo)]
