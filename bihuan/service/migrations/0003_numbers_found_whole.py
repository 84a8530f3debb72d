from django.db import migrations

from bihuan.kernel.indexes import without_pattern_index


class Migration(migrations.Migration):
    dependencies = [("service", "0002_open_records")]

    operations = [
        without_pattern_index("service_servicerequest", "number"),
        without_pattern_index("service_dispatchorder", "number"),
        without_pattern_index("service_servicerecord", "number"),
    ]
