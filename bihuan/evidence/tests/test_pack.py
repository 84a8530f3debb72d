"""The audit pack can be read and checked without Bihuan."""

import hashlib
import io
import json
import zipfile

import pytest
from django.utils import timezone

from bihuan.cli import main
from bihuan.evidence import pack, sample
from bihuan.evidence.access import scope_of
from bihuan.kernel.access.refusals import Invalid
from bihuan.kernel.files.store import attach
from bihuan.kernel.journal import unit
from bihuan.kernel.journal.models import Entry
from bihuan.service.tests.company import png


@pytest.fixture
def packed(company):
    request = company.closed()
    with unit():
        attach(request, png(), kind="photo", by=company.by("desk"), at=timezone.now(), name="铭牌.png")
    out = io.BytesIO()
    pack.write(out, [request], by=company.by("head"), about={"procedure": "BX"})
    return request, zipfile.ZipFile(out)


def test_every_file_is_in_the_manifest_with_its_hash(packed):
    _request, archive = packed
    manifest = json.loads(archive.read("manifest.json"))
    told = {file["path"]: file["sha256"] for file in manifest["files"]}
    assert told == {name: hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist() if name != "manifest.json"}
    said = Entry.objects.get(action="evidence.pack").said["data"]
    assert said["manifest_sha256"] == hashlib.sha256(archive.read("manifest.json")).hexdigest()


def test_record_print_photo_and_journal_are_there_and_personal_values_are_not(packed):
    request, archive = packed
    folder = f"records/{request.number}"
    record = json.loads(archive.read(f"{folder}/record.json"))
    assert record["number"] == request.number
    assert {row["verdict"] for row in record["deadlines"]} == {"kept"}
    for name in request.personal_fields:
        value = getattr(request, name)
        if value:
            assert record["values"][name].startswith("hmac:")
            assert str(value) not in archive.read(f"{folder}/record.json").decode()
    assert "privacy_key" not in record["values"]
    assert archive.read(f"{folder}/{request.number}.pdf").startswith(b"%PDF")
    (photo,) = [name for name in archive.namelist() if "/files/" in name]
    assert hashlib.sha256(archive.read(photo)).hexdigest() in photo


def test_the_journals_slice_verifies_with_the_standard_library(packed):
    request, archive = packed
    lines = [json.loads(line) for line in archive.read("journal.jsonl").splitlines()]
    for line in lines:
        assert line["hash"] == hashlib.new(line["alg"], f"{line['prev_hash']}\n{line['body']}".encode()).hexdigest()
    actions = [json.loads(line["body"])["action"] for line in lines]
    assert {"BX.register", "BX.close", "attach"} <= set(actions)
    assert {json.loads(line["body"])["record"]["number"] for line in lines} == {request.number}


def test_only_what_the_maker_may_see_goes_in_and_an_empty_pack_is_refused(company):
    foreign = company.registered(unit=company.other_unit)
    with pytest.raises(Invalid):
        pack.records_of(company.by("lead"), foreign.procedure, [foreign.number])
    assert pack.records_of(company.by("head"), foreign.procedure, [foreign.number]) == [foreign]


def test_a_sample_is_packed_from_its_page_but_not_by_the_auditor(browse, company, period):
    company.registered()
    auditor = company.by("auditor")
    made = sample.draw(auditor, form="BX", size=1, seed="7", scope=scope_of(auditor), period=period, at=timezone.now())
    assert browse("auditor").get(f"/evidence/samples/{made.pk}/pack.zip").status_code == 403
    answer = browse("head").get(f"/evidence/samples/{made.pk}/pack.zip")
    names = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))).namelist()
    assert f"records/{made.numbers[0]}/record.json" in names


def test_the_command_writes_the_period_and_names_what_is_wrong(company, period, tmp_path, capsys):
    company.registered()
    out = tmp_path / "BX.zip"
    month = f"{period.last:%Y-%m}"
    assert main(["audit-pack", "--procedure", "BX", "--from", month, "--to", month, "--out", str(out)]) == 0
    assert zipfile.ZipFile(out).testzip() is None
    assert main(["audit-pack", "--procedure", "XX", "--from", month, "--to", month, "--out", str(out)]) == 1
    assert "XX" in capsys.readouterr().err
    assert main(["audit-pack", "--procedure", "BX", "--from", "2019-13", "--to", month, "--out", str(out)]) == 1


def test_the_conformance_command_tells_scripts_by_its_exit_code(company, contacted_after, capsys):
    assert main(["conformance"]) == 0
    contacted_after(75)
    assert main(["conformance"]) == 1
    assert "新发现偏差 1 条" in capsys.readouterr().out
