"""A backup taken while others write comes back whole on an empty machine; whatever is broken is refused with a sentence (#79, #80, #82)."""

import datetime as dt
import io
import json
import sqlite3
import threading

import pytest
from django.db import connection, connections
from django.utils import timezone
from PIL import Image

from bihuan.config.tests.program import bihuan
from bihuan.kernel import journal
from bihuan.kernel.access.refusals import Conflict, Invalid
from bihuan.kernel.files import disk
from bihuan.kernel.files.store import attach
from bihuan.kernel.journal.models import Entry
from bihuan.kernel.proof.deliver import deliver
from bihuan.kernel.proof.seal import seal
from bihuan.operations import archive, postgres
from bihuan.operations.ages import ages
from bihuan.operations.backup import back_up, clear_old
from bihuan.operations.drill import drill
from bihuan.operations.models import Run
from bihuan.operations.nightly import claim, nightly
from bihuan.operations.restore import restore
from bihuan.service.models import ServiceRequest

pytestmark = pytest.mark.both


def photographed(company, request):
    """A photo of its own, attached."""
    out = io.BytesIO()
    Image.new("RGB", (40, 30), (request.pk % 256, request.pk // 256, 7)).save(out, "PNG")
    with journal.unit():
        return attach(request, out.getvalue(), kind="photo", name=f"{request.number}.png", by=company.by("desk"))


class Writers:
    """Registers requests with photos until the block ends; ``before``: the numbers that were acknowledged when it began."""

    def __init__(self, company) -> None:
        self.company, self.stop, self.done = company, threading.Event(), []
        self.troubles = []
        self.threads = [threading.Thread(target=self._write, daemon=True) for _n in range(2)]

    def _write(self) -> None:
        try:
            while not self.stop.is_set():
                request = self.company.registered()
                photographed(self.company, request)
                self.done.append(request.number)
        except Exception as trouble:  # noqa: BLE001
            self.troubles.append(trouble)
        finally:
            connections.close_all()

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        while len(self.done) < 6 and not self.troubles:
            self.stop.wait(0.01)
        return self

    def __exit__(self, *_problem) -> None:
        self.stop.set()
        for thread in self.threads:
            thread.join(timeout=60)


def read_back(home, url, statement):
    """The first column of what *statement* finds in a restored database."""
    if url:
        with postgres.connected(postgres.settings_of(url)) as database:
            return [row[0] for row in database.execute(statement).fetchall()]
    with sqlite3.connect(home / "bihuan.sqlite3") as database:
        return [row[0] for row in database.execute(statement).fetchall()]


def test_taken_while_others_write_it_comes_back_as_one_moment(committed_company, own_files, backups, elsewhere, tmp_path):
    with Writers(committed_company) as writers:
        before = list(writers.done)
        made = back_up(backups, by="test")
        during = len(writers.done) - len(before)
    assert not writers.troubles
    assert not made.problems
    assert during > 0, "nothing was written while the backup ran"

    home = tmp_path / "empty"
    answer = bihuan("restore", str(made.path), "--into", str(home), *(["--database", elsewhere] if elsewhere else []), home=tmp_path)

    assert answer.returncode == 0, answer.stderr
    assert "核对无误" in answer.stdout
    numbers = read_back(home, elsewhere, "SELECT number FROM service_servicerequest")
    told = read_back(home, elsewhere, "SELECT record_number FROM journal_entry WHERE action = 'BX.register'")
    assert set(before) <= set(numbers)
    assert sorted(numbers) == sorted(told)
    assert len(numbers) <= ServiceRequest.objects.count()
    assert (home / "secret.key").read_bytes() == (own_files / "secret.key").read_bytes()
    photos = read_back(home, elsewhere, "SELECT DISTINCT sha256 FROM files_attachment")
    assert [one for one in photos if not (home / "files" / one[:2] / one[2:4] / one).is_file()] == []


def test_a_checkpoint_that_arrives_while_files_are_added_is_not_in_it(
    committed_company, own_files, backups, elsewhere, tmp_path, monkeypatch, settings
):
    """It would promise entries that the backup does not have, and the restored journal would look cut off."""
    settings.CHECKPOINT_DIR = own_files / "checkpoints"
    photographed(committed_company, committed_company.registered())
    seal(), deliver()
    add, added = archive.Writer.add, []

    def meanwhile(self, name, path):
        added.append(timezone.now())
        committed_company.registered()
        seal(), deliver()
        return add(self, name, path)

    monkeypatch.setattr(archive.Writer, "add", meanwhile)
    made = back_up(backups, by="test")
    home = tmp_path / "empty"
    restored = restore(made.path, home, url=elsewhere)
    assert not restored.problems
    assert dt.datetime.fromisoformat(restored.manifest.made_at) < added[0], "what came while files were added is not in it"
    kept, there = ({path.name for path in place.rglob("*.checkpoint")} for place in (home, own_files))
    assert kept and kept < there
    verified = bihuan("verify", "--checkpoints", str(home / "checkpoints"), home=home, DATABASE_URL=elsewhere, BIHUAN_MODE="test")
    assert verified.returncode == 0, verified.stdout + verified.stderr


def test_the_restored_journal_is_still_append_only(committed_company, own_files, backups, elsewhere, tmp_path):
    committed_company.registered()
    restore(back_up(backups, by="test").path, tmp_path / "empty", url=elsewhere)

    with pytest.raises(Exception, match="append-only"):
        read_back(tmp_path / "empty", elsewhere, "UPDATE journal_entry SET actor_name = 'nobody' RETURNING id")


def test_an_attachment_that_was_damaged_before_is_told_by_both(committed_company, own_files, backups, elsewhere, tmp_path):
    request = committed_company.registered()
    attached = photographed(committed_company, request)
    disk.path_of(attached.sha256).write_bytes(b"x" * attached.size)

    made = back_up(backups, by="test")
    restored = restore(made.path, tmp_path / "empty", url=elsewhere)

    assert attached.sha256 in made.problems[0]
    assert any("附件" in problem for problem in restored.problems)
    assert Run.objects.get().ok is False


@pytest.fixture
def made(committed_company, own_files, backups):
    committed_company.registered()
    photographed(committed_company, ServiceRequest.objects.get())
    return back_up(backups, by="test").path


def test_a_target_that_is_not_empty_is_left_alone(made, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "bihuan.sqlite3").write_text("mine")
    with pytest.raises(Conflict, match="不是空目录"):
        restore(made, tmp_path / "full")
    assert (tmp_path / "full" / "bihuan.sqlite3").read_text() == "mine"


def test_a_load_that_fails_half_way_leaves_nothing_and_may_be_repeated(made, elsewhere, tmp_path, monkeypatch):
    from bihuan.operations import restore as module

    def broken(*_arguments):
        raise Conflict("the machine went away")

    with monkeypatch.context() as failing:
        failing.setattr(module.postgres, "load", broken)
        failing.setattr(module.gzip, "open", broken)
        with pytest.raises(Conflict, match="went away"):
            restore(made, tmp_path / "empty", url=elsewhere)
    assert not (tmp_path / "empty").exists()

    (tmp_path / "empty" / "lost+found").mkdir(parents=True)  # a disk of its own
    assert restore(made, tmp_path / "empty", url=elsewhere).problems == []


def test_a_database_that_is_not_empty_is_left_alone(made, tmp_path):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite's database lies in the folder, which the test above covers")
    with pytest.raises(Conflict, match="已经有表"):
        restore(made, tmp_path / "empty", url=postgres.url_of(connection.settings_dict))
    assert not (tmp_path / "empty").exists()


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.7, 0.99])
def test_an_archive_cut_short_is_refused_and_nothing_is_laid(made, elsewhere, tmp_path, share):
    data = made.read_bytes()
    made.write_bytes(data[: int(len(data.rstrip(b"\0")) * share)])
    with pytest.raises(Invalid, match=r"不完整|不是闭环"):
        restore(made, tmp_path / "empty", url=elsewhere)
    assert not (tmp_path / "empty").exists()


def test_a_byte_changed_anywhere_is_refused(made, elsewhere, tmp_path):
    data = made.read_bytes()
    length = len(data.rstrip(b"\0"))
    for position in range(1, 40):
        broken = bytearray(data)
        place = length * position // 40
        broken[place] ^= 0x55
        made.write_bytes(bytes(broken))
        try:
            archive.read(made)
        except Invalid:
            continue
        assert data[place] == 0 or _is_padding_or_time(data, place), f"byte {place} of {length} was changed unnoticed"


def _is_padding_or_time(data: bytes, place: int) -> bool:
    """Between two members, or in a header's unused part, nothing is kept."""
    return data[place : place + 8].count(0) > 0


def test_an_archive_of_a_newer_program_is_refused(made, elsewhere, tmp_path, monkeypatch):
    from bihuan.operations import restore as module

    real = archive.read

    def newer(file, into=None):
        manifest = real(file, into)
        manifest.state["migrations"].append("service.9999_of_next_year")
        return manifest

    monkeypatch.setattr(module.archive, "read", newer)
    with pytest.raises(Conflict, match="9999_of_next_year"):
        restore(made, tmp_path / "empty", url=elsewhere)
    assert not (tmp_path / "empty").exists()


def test_a_later_format_is_refused(made):
    writer = archive.Writer(made.with_name("later.tar"))
    writer.seal({"made_at": "", "program": "9.0", "database": "", "state": {}, "damaged": []})
    text = made.with_name("later.tar").read_bytes()
    assert b'"format": 1' in text
    archive.FORMAT, kept = 0, archive.FORMAT
    try:
        with pytest.raises(Invalid, match=r"新版程序 9\.0"):
            archive.read(made.with_name("later.tar"))
    finally:
        archive.FORMAT = kept


def test_the_other_engine_s_archive_is_refused(made, tmp_path):
    wrong = "" if connection.vendor == "postgresql" else "postgres://nobody@127.0.0.1:1/nothing"
    with pytest.raises(Conflict, match="这份备份来自"):
        restore(made, tmp_path / "empty", url=wrong)


def test_the_drill_is_recorded_and_leaves_nothing_behind(made, backups):
    assert drill(backups, by="test") == []
    run = Run.objects.first()
    assert (run.kind, run.ok, run.archive) == ("drill", True, str(made))
    assert json.loads(Entry.objects.get(action="drill").body)["data"]["ok"] is True
    assert [path.name for path in backups.iterdir()] == [made.name]
    assert [age.warning for age in ages()] == ["", ""]


def test_a_second_copy_is_made_and_its_failure_is_told(made, backups, tmp_path, monkeypatch):
    monkeypatch.setenv("BIHUAN_BACKUP_COPY", str(tmp_path / "away"))
    second = back_up(backups, by="test")
    assert (tmp_path / "away" / second.path.name).read_bytes() == second.path.read_bytes()

    (tmp_path / "file").write_text("")
    monkeypatch.setenv("BIHUAN_BACKUP_COPY", str(tmp_path / "file" / "below"))
    third = back_up(backups, by="test")
    assert "没能复制" in third.problems[0]
    assert third.path.is_file()
    assert "没能复制" in ages()[0].warning


def test_a_backup_that_cannot_be_written_is_an_alarm(committed_company, own_files, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(Conflict, match="没有写成"):
        back_up(tmp_path / "file" / "below", by="test")
    assert "失败" in ages()[0].warning
    assert Entry.objects.filter(action="backup").count() == 1


def test_a_missing_tool_is_named_with_its_package(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(postgres, "Path", lambda _place: tmp_path)
    with pytest.raises(Invalid, match="postgresql-client"):
        postgres._tool("pg_dump")


def test_old_ones_go_but_the_last_of_each_month_stays(tmp_path):
    for day in range(70):
        (tmp_path / f"bihuan-{dt.date(2026, 9, 1) + dt.timedelta(days=day):%Y%m%d}-020000.tar").write_text("")
    (tmp_path / "bihuan-notes.tar").write_text("not ours")

    clear_old(tmp_path, keep=5)

    assert sorted(path.name[7:15] for path in tmp_path.iterdir()) == [
        "20260930", "20261031", "20261105", "20261106", "20261107", "20261108", "20261109", "notes.ta",
    ]  # fmt: skip


def test_each_night_is_done_once(made, backups, monkeypatch):
    monkeypatch.setenv("BIHUAN_BACKUP_TO", str(backups))
    monkeypatch.setenv("BIHUAN_BACKUP_HOUR", "0")
    assert [nightly(), nightly()] == [1, 0]
    assert Run.objects.filter(night=timezone.localdate(), ok=True).count() == 1
    assert Run.objects.filter(kind="drill", ok=True).count() == 1


def test_a_night_that_broke_off_is_taken_over(committed_company):
    night = timezone.localdate()
    assert [claim(night), claim(night)] == [True, False]
    Run.objects.update(started_at=timezone.now() - dt.timedelta(hours=7))
    assert [claim(night), claim(night)] == [True, False]


def test_an_old_backup_is_a_warning(committed_company):
    old = timezone.now() - dt.timedelta(days=3)
    Run.objects.create(kind="backup", started_at=old, ended_at=old, ok=True)
    backup, exercise = ages()
    assert "已经过期" in backup.warning
    assert "还没有做过" in exercise.warning


def test_the_administrator_sees_the_red_age(client, company):
    client.force_login(company.people["admin"])
    said = client.get("/operations/").content.decode()
    assert "还没有做过备份" in said
    assert 'data-tone="red"' in said
