from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("proof", "0002_claimed"),
    ]

    operations = [
        migrations.AddField(
            model_name="checkpoint",
            name="peaks",
            field=models.TextField(blank=True, db_default=""),
        ),
    ]
