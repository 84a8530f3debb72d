"""The audit pack can be read and checked without Bihuan."""

import base64
import csv
import hashlib
import io
import json
import re
import subprocess
import sys
import zipfile

import pytest
from django.utils import timezone

from bihuan.cli import main
from bihuan.evidence import pack, pack_read, sample
from bihuan.evidence.access import scope_of
from bihuan.kernel.access.refusals import Invalid
from bihuan.kernel.files.store import attach
from bihuan.kernel.journal import unit
from bihuan.kernel.journal.models import Entry
from bihuan.kernel.proof.key import Signer, new_key, signer
from bihuan.kernel.proof.models import Checkpoint
from bihuan.kernel.proof.seal import seal
from bihuan.kernel.signing.models import Signature
from bihuan.service.tests.company import png


@pytest.fixture
def packed(company):
    request = company.closed()
    with unit():
        attach(request, png(), kind="photo", by=company.by("desk"), at=timezone.now(), name="同一张.png")
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
    (photo,) = [name for name in archive.namelist() if name.startswith(f"{folder}/files/")]
    assert hashlib.sha256(archive.read(photo)).hexdigest() in photo


def test_the_journals_slice_verifies_with_the_standard_library(packed):
    _request, archive = packed
    lines = [json.loads(line) for line in archive.read("journal.jsonl").splitlines()]
    for line in lines:
        assert line["hash"] == hashlib.new(line["alg"], f"{line['prev_hash']}\n{line['body']}".encode()).hexdigest()
    actions = [json.loads(line["body"])["action"] for line in lines]
    assert {"BX.register", "BX.close", "attach"} <= set(actions)
    assert {json.loads(line["body"])["record"]["number"] for line in lines} == set(json.loads(archive.read("manifest.json"))["records"])


def alone(path, *more):
    """As an auditor runs it: what the pack carries, with Python alone."""
    with zipfile.ZipFile(path) as archive:
        script = path.with_name("verify_export.py")
        script.write_bytes(archive.read("verify_export.py"))
    return subprocess.run([sys.executable, "-I", "-S", script, path, *more], capture_output=True, text=True, check=False)


@pytest.fixture
def sealed(company, tmp_path):
    """A pack of a matter whose entries lie under checkpoints, and one entry that does not yet."""
    request = company.closed()
    seal()
    with unit():
        attach(request, png(), kind="photo", by=company.by("desk"), at=timezone.now(), name="晚到.png")
    path = tmp_path / "sealed.zip"
    with path.open("wb") as out:
        pack.write(out, [request], by=company.by("head"), about={"thread": request.number})
    return path


def test_every_entry_leads_to_a_signed_checkpoint_and_a_pack_says_how_many_do_not_yet(sealed):
    said = alone(sealed, "--key", str(signer().key))
    assert said.returncode == 0, said.stdout + said.stderr
    assert "entries without a checkpoint when the pack was made: 4" in said.stdout  # the photo, and the three prints of the pack itself
    assert pack_read.read(sealed).is_known_here()
    assert alone(sealed, "--key", str(Signer(new_key("service.example.com")).key)).returncode


def rewritten(path, change):
    """The pack changed by somebody who also mends the manifest and every hash that they can."""
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    manifest = json.loads(files["manifest.json"])
    for file in manifest["files"]:
        file |= {"sha256": hashlib.sha256(files[file["path"]]).hexdigest(), "size": len(files[file["path"]])}
    files["manifest.json"] = pack.text_of(manifest)
    forged = path.with_name("forged.zip")
    with zipfile.ZipFile(forged, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return forged


def another_body(files):
    lines = [json.loads(line) for line in files["journal.jsonl"].splitlines()]
    lines[0]["body"] = lines[0]["body"].replace("BX.register", "BX.registre")
    lines[0]["hash"] = hashlib.sha256(f"{lines[0]['prev_hash']}\n{lines[0]['body']}".encode()).hexdigest()
    files["journal.jsonl"] = b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def one_less(files):
    files["journal.jsonl"] = b"\n".join(files["journal.jsonl"].splitlines()[1:]) + b"\n"


def another_path(files):
    proof = json.loads(files["proof.json"])
    proof["paths"][0]["sisters"] = proof["paths"][1]["sisters"]
    files["proof.json"] = json.dumps(proof).encode()


def another_root(files):
    name = next(name for name in files if name.endswith(".checkpoint"))
    lines = files[name].decode().split("\n")
    lines[2] = base64.b64encode(b"x" * 32).decode()
    files[name] = "\n".join(lines).encode()


@pytest.mark.parametrize("change", [another_body, one_less, another_path, another_root])
def test_who_changes_the_pack_and_mends_its_hashes_is_found(sealed, change):
    forged = rewritten(sealed, change)
    said = alone(forged, "--key", str(signer().key))
    assert said.returncode and "✗" in said.stdout, said.stdout
    with pytest.raises(Invalid):
        pack_read.read(forged)


def test_a_pack_holds_the_checkpoints_over_its_entries_and_no_more(company, sealed):
    company.closed()
    seal()
    seal()
    with zipfile.ZipFile(sealed) as archive:
        held = [name for name in archive.namelist() if name.endswith(".checkpoint")]
    assert len(held) == 1 < Checkpoint.objects.count()


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


def kept(packed, tmp_path, **changed):
    """The pack as a file, with the content of some files changed, without those that became None, and with new ones."""
    _request, archive = packed
    path = tmp_path / "kept.zip"
    with zipfile.ZipFile(path, "w") as out:
        for name in [*archive.namelist(), *(set(changed) - set(archive.namelist()))]:
            content = changed[name] if name in changed else archive.read(name)
            if content is not None:
                out.writestr(name, content)
    return path


def test_a_pack_read_back_and_written_again_is_equal_byte_for_byte(packed, tmp_path):
    """#54: a request with its photo, and its order and record with it."""
    request, archive = packed
    papers = pack_read.read(kept(packed, tmp_path))
    assert papers.written_again() == {name: archive.read(name) for name in archive.namelist() if name.endswith("/record.json")}
    assert len(papers.records) == 3
    assert papers.records[request.number]["files"]
    assert papers.is_known_here()


def test_signatures_read_back_are_those_of_the_record(company, tmp_path):
    """#54: the customer's signature on FW, with its picture."""
    record = company.signed()
    with (tmp_path / "FW.zip").open("wb") as out:
        pack.write(out, [record], by=company.by("head"), about={"procedure": "FW"})
    papers = pack_read.read(tmp_path / "FW.zip")
    name = f"records/{record.number}/record.json"
    assert papers.written_again()[name] == zipfile.ZipFile(tmp_path / "FW.zip").read(name)
    told = papers.records[record.number]["signatures"]
    assert told
    assert [row["seal"] for row in told] == list(Signature.objects.of(record).order_by("pk").values_list("seal", flat=True))


def test_each_changed_file_of_a_pack_is_named(packed, tmp_path):
    for name in [name for name in packed[1].namelist() if name != "manifest.json"]:
        content = packed[1].read(name)
        with pytest.raises(Invalid, match=re.escape(name)):
            pack_read.read(kept(packed, tmp_path, **{name: bytes([content[0] ^ 1]) + content[1:]}))


def test_missing_and_added_files_are_named_and_what_is_no_pack_is_refused(packed, tmp_path):
    with pytest.raises(Invalid, match=r"缺少文件 journal\.jsonl"):
        pack_read.read(kept(packed, tmp_path, **{"journal.jsonl": None}))
    with pytest.raises(Invalid, match=r"没有的文件 extra\.txt"):
        pack_read.read(kept(packed, tmp_path, **{"extra.txt": b"?"}))
    with pytest.raises(Invalid, match=r"没有 manifest\.json"):
        pack_read.read(kept(packed, tmp_path, **{"manifest.json": None}))
    (tmp_path / "no.zip").write_bytes(b"PK nothing")
    with pytest.raises(Invalid, match="不是完整的 ZIP"):
        pack_read.read(tmp_path / "no.zip")


def forged(archive, name, content):
    """Files of a pack in which *name* was changed together with the manifest."""
    manifest = json.loads(archive.read("manifest.json"))
    for file in manifest["files"]:
        if file["path"] == name:
            file |= {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
    return {name: content, "manifest.json": pack.text_of(manifest)}


def test_an_entry_changed_with_the_manifest_is_found_by_its_hash_and_the_manifest_by_the_journal(packed, tmp_path):
    request, archive = packed
    lines = archive.read("journal.jsonl").replace(request.number.encode(), b"BX-0", 1)
    with pytest.raises(Invalid, match=r"journal\.jsonl"):
        pack_read.read(kept(packed, tmp_path, **forged(archive, "journal.jsonl", lines)))
    record = archive.read(f"records/{request.number}/record.json").replace(b'"kept"', b'"late"', 1)
    papers = pack_read.read(kept(packed, tmp_path, **forged(archive, f"records/{request.number}/record.json", record)))
    assert not papers.is_known_here()


def test_the_table_of_a_type_says_what_the_records_say_with_personal_values_as_commitments(packed):
    request, archive = packed
    text = archive.read(f"tables/{request._meta.label}.csv").decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text))
    values = {heading.split()[-1]: cell for heading, cell in row.items()}
    assert values["number"] == request.number
    assert "privacy_key" not in values
    personal = [name for name in request.personal_fields if getattr(request, name)]
    assert personal
    assert all(values[name].startswith("hmac:") for name in personal)


def test_the_command_checks_a_pack_and_asks_for_what_is_missing(packed, tmp_path, capsys):
    path = kept(packed, tmp_path)
    assert main(["audit-pack", "--check", str(path)]) == 0
    assert "3 份单据" in capsys.readouterr().out
    assert main(["audit-pack", "--check", str(kept(packed, tmp_path, **{"README.txt": b"?"}))]) == 1
    assert "README.txt" in capsys.readouterr().err
    assert main(["audit-pack", "--procedure", "BX"]) == 1
    assert "--from --to --out" in capsys.readouterr().err
