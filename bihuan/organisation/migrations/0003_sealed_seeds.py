"""Seeds of authenticators that lie in the clear are sealed with the key at home."""

from django.db import migrations


def seal(apps, schema_editor):
    from bihuan.kernel.access import seeds

    people = apps.get_model("organisation", "Person").objects
    for person in people.exclude(totp_secret=""):
        people.filter(pk=person.pk).update(totp_secret=seeds.seal(person.totp_secret))


def unseal(apps, schema_editor):
    from bihuan.kernel.access import seeds

    people = apps.get_model("organisation", "Person").objects
    for person in people.exclude(totp_secret=""):
        people.filter(pk=person.pk).update(totp_secret=seeds.unseal(person.totp_secret))


class Migration(migrations.Migration):
    dependencies = [("organisation", "0002_directory")]

    operations = [migrations.RunPython(seal, unseal)]
