from django.db import migrations

from bihuan.kernel.indexes import without_pattern_index


class Migration(migrations.Migration):
    dependencies = [("journal", "0002_words")]

    operations = [
        without_pattern_index("journal_word", "commitment"),
    ]
