from django.db import migrations

from bihuan.kernel.indexes import without_pattern_index


class Migration(migrations.Migration):
    dependencies = [("notify", "0002_claimed")]

    operations = [
        without_pattern_index("notify_notice", "key"),
    ]
