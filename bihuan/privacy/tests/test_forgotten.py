"""#96: a person's request is granted; not a byte tells of them any more, and everything that was bound still verifies."""

import json
import os
import sqlite3
import subprocess
import sys
import zipfile
from contextlib import closing

import pytest
from django.db import connection
from django.utils import timezone

from bihuan.config.tests.program import environment
from bihuan.operations import postgres
from tests.faults.installation import installation

NAME, PHONE, WRITTEN, MAIL = "魏无忌特", "13977731773", "139 7773 1773", "zqx7731@example.com"
LEFT = "dead-row-7731"
NEEDLES = [text.encode() for text in (LEFT, NAME, json.dumps(NAME)[1:-1], PHONE, WRITTEN, "139-7773-1773", MAIL)]

LIFE = f"""
import json
from django.db import transaction
from django.utils import timezone
from bihuan.customers.domain import add_contact, change_contact
from bihuan.customers.models import Contact
from bihuan.kernel.access.idempotency import Answer, once
from bihuan.kernel.files.store import attach
from bihuan.kernel.lists.models import SavedView
from bihuan.kernel.notify.deliver import hand_out
from bihuan.kernel.proof.seal import seal as seal_checkpoints
from bihuan.service.domain import record as records, request as requests
from bihuan.service.models import ContactLine
from bihuan.service.tests.company import STROKES, Company, png

company = Company()
now = timezone.now()
customer = company.unit.customer
contact = add_contact(customer, {{"name": "{NAME}", "title": "{NAME}科", "email": "{MAIL}"}}, ["{WRITTEN}"], by=company.by("desk"), at=now)
change_contact(contact, {{"title": "设备科"}}, ["{WRITTEN}", "0512-8888{PHONE[:4]}"], by=company.by("desk"), at=now)
said = dict(caller_name="{NAME}", caller_phone="139-7773-1773", contact_person=contact, fault="高压报警，请找{NAME}，电话{WRITTEN}，厂区东门")
record = company.filled(**said)
lines = [{{**line, "remark": "{NAME}在场"}} for line in record.checklist]
records.fill_in(record, by=company.by("engineer"), at=timezone.now(), findings="{NAME}说压力开关失灵", checklist=lines)
with transaction.atomic():
    photo = attach(record, png(), kind="photo_after", by=company.by("engineer"), name="{NAME}与设备.png")
records.sign(record, by=company.by("engineer"), at=timezone.now(), signer_name="{NAME}", image=png(), strokes=STROKES, remarks="{NAME}：可以")
records.review(record, by=company.by("lead"), at=timezone.now(), review_note="已与{NAME}（{PHONE}）核实")
requests.close(record.order.request, by=company.by("lead"), at=timezone.now())
second = company.registered(fault="本月第二次，联系{NAME}")
other = company.registered(unit=company.other_unit, fault="也可打{PHONE}找人")
requests.cancel(second, by=company.by("desk"), at=timezone.now(), reason="{NAME}说不用来了")
SavedView.objects.create(person=company.desk, list="requests", name="我的", query="q={PHONE}")
with transaction.atomic():
    once(company.desk.pk, "k1", "f1", lambda: Answer(200, json.dumps({{"caller": "{NAME}", "phone": "{WRITTEN}"}}, ensure_ascii=False)))
hand_out()
seal_checkpoints()
print(json.dumps({{"contact": contact.pk, "number": record.number, "photo": photo.handle}}))
"""


def command(there, *words):
    return subprocess.run(
        [sys.executable, "-m", "bihuan", *words], env=environment(there.home, **there.settings), capture_output=True, text=True
    )


def bytes_of(there):
    """(where, bytes) of all that lies on disk: the home, and on PostgreSQL every relation and every row as text."""
    for folder, _folders, names in os.walk(there.home):
        for name in names:
            yield name, (there.home / folder / name).read_bytes()
    if connection.vendor == "postgresql":
        with postgres.connected(postgres.settings_of(there.settings["DATABASE_URL"])) as database:
            database.execute("CHECKPOINT")
            tables = database.execute(
                "SELECT oid::regclass::text, relkind FROM pg_class WHERE relkind IN ('r', 'i', 't') AND oid > 16383"
            ).fetchall()
            for table, kind in tables:
                content = database.execute("SELECT pg_read_binary_file(pg_relation_filepath(%s::regclass))", [table]).fetchone()[0]
                yield table, bytes(content)
                if kind == "r":
                    for (row,) in database.execute(f"SELECT t::text FROM {table} t"):
                        yield table, row.encode()


def leave_bytes_behind(there):
    """Rows written and deleted by ordinary means: nobody reads them any more, but their bytes still lie in the file."""
    rows = [(f"{n:032}", f"{LEFT} {NAME}", "2030-01-01 00:00:00+00:00") for n in range(300)]
    if connection.vendor == "postgresql":
        with postgres.connected(postgres.settings_of(there.settings["DATABASE_URL"])) as database, database.cursor() as cursor:
            cursor.executemany("INSERT INTO django_session VALUES (%s, %s, %s)", rows)
            cursor.execute("DELETE FROM django_session")
    else:
        with closing(sqlite3.connect(there.home / "bihuan.sqlite3")) as database:
            database.execute("PRAGMA secure_delete = OFF")
            database.executemany("INSERT INTO django_session VALUES (?, ?, ?)", rows)
            database.commit()
            database.execute("DELETE FROM django_session")
            database.commit()
    assert any(LEFT.encode() in content for _where, content in bytes_of(there))


def told(there):
    return {(where, needle.decode()) for where, content in bytes_of(there) for needle in NEEDLES if needle in content}


def told_by_what_is_sent_out(there, folder, forms=("BX", "FW")):
    """The audit pack with its prints, and the journal's export, which a stranger checks without Bihuan."""
    month = f"{timezone.localdate():%Y-%m}"
    for form in forms:
        packed = command(there, "audit-pack", "--procedure", form, "--from", month, "--to", month, "--out", str(folder / f"{form}.zip"))
        assert packed.returncode == 0, packed.stderr
    exported = command(there, "verify", "--export", str(folder / "journal.zip"))
    assert exported.returncode == 0, exported.stderr
    with zipfile.ZipFile(folder / "journal.zip") as archive:
        archive.extract("verify_export.py", folder)
    checked = subprocess.run(
        [sys.executable, "-I", str(folder / "verify_export.py"), str(folder / "journal.zip")], capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stdout
    found = set()
    for archive in map(zipfile.ZipFile, folder.glob("*.zip")):
        found |= {(name, needle.decode()) for name in archive.namelist() for needle in NEEDLES if needle in archive.read(name)}
    return found


@pytest.mark.both
@pytest.mark.django_db
def test_after_forgetting_no_byte_tells_of_the_person_and_all_verifies(tmp_path):
    with installation(tmp_path / "home") as there:
        there.run("from django.core.management import call_command; call_command('migrate', verbosity=0)")
        life = json.loads(there.run(LIFE).splitlines()[-1])
        assert len(told(there)) > 4  # so that the search can find something
        assert command(there, "verify").returncode == 0

        preview = command(there, "forget-person", "--find", PHONE, "--dry-run")
        assert preview.returncode == 0, preview.stderr
        assert len(told(there)) > 4
        undecided = command(there, "forget-person", "--find", PHONE, "--reason", "本人要求")
        assert undecided.returncode == 1 and life["photo"] in undecided.stdout and "--photos" in undecided.stderr

        leave_bytes_behind(there)
        done = command(there, "forget-person", "--find", PHONE, "--reason", f"{NAME}本人要求", "--photos", "all")
        assert done.returncode == 0, done.stdout + done.stderr
        assert told(there) == set()
        assert "最迟" in done.stdout
        verified = command(there, "verify")
        assert verified.returncode == 0, verified.stdout

        shown = there.run(f"""
from bihuan.kernel.signing.models import Signature
from bihuan.kernel.signing.show import signature_line
from bihuan.service.models import ServiceRecord
record = ServiceRecord.objects.get(number={life["number"]!r})
line = signature_line(Signature.objects.of(record).first(), record=record)
print(line.verdict, line.name, record.order.request.fault, record.findings)
""")
        assert shown.split() == ["intact", "【已删除】", "高压报警，请找【已删除】，电话【已删除】，厂区东门", "【已删除】说压力开关失灵"]
        backup = command(there, "backup", "--to", str(tmp_path / "backups"))
        assert backup.returncode == 0, backup.stderr  # a file deleted on request is not a file that is missing
        assert told_by_what_is_sent_out(there, tmp_path) == set()
        assert command(there, "forget-person", "--contact", str(life["contact"]), "--reason", "本人要求").returncode == 1  # nothing is left


PAGE = """
from django.test import Client
from bihuan.organisation.models import Person
from bihuan.privacy.models import PersonRequest
from bihuan.service.tests.company import PASSWORD

def at_desk(name):
    client = Client(SERVER_NAME="localhost")
    client.force_login(Person.objects.get(username=name))
    return client

desk, head = at_desk("desk"), at_desk("head")
found = {{"phone": "{phone}", "person": "contact-{contact}", "identity": "callback"}}
refused = desk.post("/person-requests/new/", found | {{"wish": "copy"}})["Location"]
head.post(refused + "steps/refuse/", {{"basis": "withdrawn", "refusal": "{name}（{phone}）撤回"}})
asked = desk.post("/person-requests/new/", found | {{"wish": "deletion"}})["Location"]
assert head.get(asked).status_code == 200
assert head.get(asked + "print/").status_code == 200
answer = head.post(asked + "steps/forget/", {{"confirm": "on", "password": PASSWORD, "photo_{photo}": "delete"}})
assert answer.status_code == 302, answer.content.decode()
assert desk.post(asked + "steps/answer/", {{"answered_how": "phone"}}).status_code == 302
print(*(record.status for record in PersonRequest.objects.order_by("pk")))
"""


@pytest.mark.both
@pytest.mark.django_db
def test_granted_on_a_page_and_cleaned_by_the_command_no_byte_tells_of_the_person_and_all_verifies(tmp_path):
    with installation(tmp_path / "home") as there:
        there.run("from django.core.management import call_command; call_command('migrate', verbosity=0)")
        life = json.loads(there.run(LIFE).splitlines()[-1])
        said = there.run(PAGE.format(name=NAME, phone=PHONE, contact=life["contact"], photo=life["photo"]))
        assert said.split() == ["decided", "answered"]
        leave_bytes_behind(there)
        cleaned = command(there, "forget-person", "--again")
        assert cleaned.returncode == 0 and "已清理" in cleaned.stdout, cleaned.stdout + cleaned.stderr
        assert told(there) == set()
        verified = command(there, "verify")
        assert verified.returncode == 0, verified.stdout
        assert told_by_what_is_sent_out(there, tmp_path, forms=("BX", "FW", "GR")) == set()


COMPACT = """
from bihuan.kernel.access.refusals import Conflict
from bihuan.privacy import compact
compact.PATIENCE = 1
try:
    compact.compact()
except Conflict as refused:
    print(refused)
"""


@pytest.mark.skipif("connection.vendor == 'sqlite'", reason="SQLite's VACUUM refuses by itself while another transaction is open")
@pytest.mark.parametrize("writes", [True, False])
@pytest.mark.django_db
def test_bytes_go_only_after_those_who_still_read_them_or_write_beside_them_have_ended(tmp_path, writes):
    with installation(tmp_path / "home") as there:
        there.run("from django.core.management import call_command; call_command('migrate', verbosity=0)")
        here = postgres.settings_of(there.settings["DATABASE_URL"])
        with postgres.connected({**here, "NAME": "postgres"} if writes else here) as other:
            other.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
            other.execute("SELECT pg_current_xact_id()" if writes else "SELECT 1")
            leave_bytes_behind(there)
            assert "--again" in there.run(COMPACT)
            assert told(there)
            other.execute("ROLLBACK")
        assert there.run(COMPACT) == ""
        assert told(there) == set()
