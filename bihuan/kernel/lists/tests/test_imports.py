"""Imports: nothing of a bad file, everything of a good one, once; undeclared columns by name."""

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction
from django.utils import timezone, translation

from bihuan.kernel.access.actors import system
from bihuan.kernel.access.refusals import Conflict, Invalid, NotAllowed, NotFound
from bihuan.kernel.journal.models import Entry
from bihuan.kernel.lists import imports
from bihuan.kernel.lists.imports import ImportColumn, Importer, RowError, at_row, register_importer, run_import
from bihuan.kernel.lists.models import ImportRun
from bihuan.kernel.lists.parsers import choice, text

from .test_reading import workbook

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.fixture
def people():
    return apps.get_model("organisation.Person").objects


@pytest.fixture
def kind(east, people):
    """An importer of people into the east branch."""

    def check(rows, actor):
        there = set(people.filter(username__in=[row.values["username"] for row in rows]).values_list("username", flat=True))
        for row in rows:
            if row.values["username"] in there:
                yield RowError(row.number, "账号", row.values["username"], "已经存在，请换一个账号。")

    def write(rows, actor):
        for row in rows:
            with at_row(row):
                if row.values["name"] == "不可写":
                    raise Invalid("此人不能写入，请删除。")
            people.create(home_branch=east, **{name: value for name, value in row.values.items() if value is not None})

    register_importer(
        Importer(
            "people",
            "人员",
            columns=[
                ImportColumn("username", "账号", required=True, parse=text(20)),
                ImportColumn("name", "姓名", required=True),
                ImportColumn("phone", "手机"),
                ImportColumn("language", "语言", parse=choice([("zh-hans", "中文"), ("en", "英文")])),
            ],
            check=check,
            write=write,
            may=lambda actor: "service_desk" in actor.roles,
        )
    )
    yield imports.importers["people"]
    del imports.importers["people"]


@pytest.fixture
def file(tmp_path):
    """A function that writes a CSV, or an XLSX from rows."""

    def put(content):
        path = tmp_path / ("人员.csv" if isinstance(content, str) else "人员.xlsx")
        path.write_bytes(content.encode() if isinstance(content, str) else workbook(content))
        return path

    return put


GOOD = "账号,姓名,手机,语言\nwang,王工,13800005678,英文\nzhao,赵工,,\n"


def names(people):
    return sorted(people.exclude(username__startswith="u").values_list("name", flat=True))


def test_a_good_file_is_written_whole(kind, file, desk, people):
    report = run_import("people", file(GOOD), by=desk)
    assert (report.rows, report.written, report.skipped, report.errors) == (2, 2, 0, [])
    wang = people.get(username="wang")
    assert (wang.name, wang.phone, wang.language) == ("王工", "13800005678", "en")
    assert names(people) == ["王工", "赵工"]


def test_an_excel_file_is_written_as_well(kind, file, desk, people):
    run_import("people", file([["账号*", "姓名*"], ["wang", "王工"]]), by=desk)
    assert names(people) == ["王工"]


def test_a_dry_run_writes_nothing_and_says_what_would_happen(kind, file, desk, people):
    report = run_import("people", file(GOOD), by=desk, dry_run=True)
    assert (report.rows, report.written, report.dry_run) == (2, 0, True)
    assert report.lines()[-1].startswith("试运行")
    assert names(people) == []
    assert not ImportRun.objects.exists()


BAD = "账号,姓名,语言\nwang,王工,英文\n,钱工,\nsun,孙工,火星文\n" + "x" * 21 + ",李工,\n"


def test_nothing_of_a_bad_file_is_written_and_every_fault_is_named(kind, file, desk, people):
    report = run_import("people", file(BAD), by=desk)
    assert (report.rows, report.written, report.skipped) == (4, 0, 3)
    assert [(error.number, str(error.column), error.value) for error in report.errors] == [
        (3, "账号", ""),
        (4, "语言", "火星文"),
        (5, "账号", "x" * 21),
    ]
    assert "中文、英文" in report.errors[1].sentence
    assert names(people) == []
    assert not Entry.objects.filter(action="import").exists()


def test_the_good_rows_of_a_bad_file_are_written_when_told_so(kind, file, desk, people):
    report = run_import("people", file(BAD), by=desk, skip_bad=True)
    assert (report.written, report.skipped) == (1, 3)
    assert names(people) == ["王工"]


def test_faults_that_only_the_whole_shows_are_named_too(kind, file, desk, people, east):
    people.create(username="zhao", name="老赵", home_branch=east)
    report = run_import("people", file(GOOD), by=desk)
    assert [(error.number, error.value, error.sentence) for error in report.errors] == [(3, "zhao", "已经存在，请换一个账号。")]
    assert names(people) == ["老赵"]


@pytest.mark.parametrize(
    "column",
    [
        "分公司",
        "branch",
        "branch_id",
        "所属分公司",
        "状态",
        "status",
        "负责人",
        "owner",
        "签字时间",
        "signed_at",
        "历史",
        "journal",
        "id",
        "编号",
    ],
)
def test_a_column_that_is_not_declared_is_refused_by_name(kind, file, desk, people, column):
    with pytest.raises(Invalid, match=f"“{column}”"):
        run_import("people", file(f"账号,姓名,{column}\nwang,王工,1\n"), by=desk, skip_bad=True)
    assert names(people) == []


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("账号,姓名,账号\na,b,c\n", "重复：“账号”"),
        ("账号,username,姓名\na,b,c\n", "重复：“账号”"),
        ("账号,手机\na,1\n", "缺少必填的栏目：“姓名”"),
    ],
)
def test_doubled_and_missing_columns_are_named(kind, file, desk, content, word):
    with pytest.raises(Invalid, match=word):
        run_import("people", file(content), by=desk)


def test_a_cell_without_a_heading_is_a_fault(kind, file, desk):
    (error,) = run_import("people", file("账号,姓名\nwang,王工,机密\n"), by=desk).errors
    assert (error.number, error.value) == (2, "机密")


def test_headings_fit_whatever_language_the_importer_reads(kind, file, desk, people):
    with translation.override("en"):
        run_import("people", file(GOOD), by=desk)
    assert len(names(people)) == 2


def test_the_same_file_is_written_once(kind, file, desk, people):
    run_import("people", file(GOOD), by=desk)
    people.filter(username__in=["wang", "zhao"]).delete()
    with pytest.raises(Conflict, match="导入过"):
        run_import("people", file(GOOD), by=desk)
    assert names(people) == []
    run_import("people", file(GOOD), by=desk, forced=True)
    assert names(people) == ["王工", "赵工"]
    assert [run.forced for run in ImportRun.objects.order_by("pk")] == [False, True]


def test_two_who_import_the_same_file_at_once_write_it_once(kind, desk):
    done = {"kind": "people", "sha256": "a" * 64, "status": "done", "created_at": timezone.now()}
    ImportRun.objects.create(**done)
    with pytest.raises(IntegrityError), transaction.atomic():
        ImportRun.objects.create(**done)
    ImportRun.objects.create(**done | {"forced": True})
    ImportRun.objects.create(**done | {"status": "preview"})
    ImportRun.objects.create(**done | {"kind": "units"})


def test_a_preview_is_confirmed_once(kind, desk, people):
    run = imports.upload(kind, "人员.csv", GOOD.encode(), desk)
    twice = ImportRun.objects.get(pk=run.pk)
    imports.confirm(kind, run, desk)
    with pytest.raises(Conflict):
        imports.confirm(kind, twice, desk, forced=True)
    assert names(people) == ["王工", "赵工"]


def test_a_refusal_in_the_middle_undoes_everything_and_names_the_row(kind, file, desk, people):
    with pytest.raises(Invalid, match="第 3 行：此人不能写入"):
        run_import("people", file("账号,姓名\nwang,王工\nx,不可写\n"), by=desk)
    assert names(people) == []
    assert not ImportRun.objects.filter(status="done").exists()
    assert not Entry.objects.filter(action="import").exists()


def test_a_clash_in_the_database_undoes_everything_and_is_a_sentence(kind, file, desk, people):
    with pytest.raises(Conflict, match="什么也没有写入"):
        run_import("people", file("账号,姓名\nwang,王工\nwang,也是王工\n"), by=desk)
    assert names(people) == []


def test_an_import_is_journalled(kind, file, desk):
    run_import("people", file(BAD), by=desk, skip_bad=True)
    said = Entry.objects.get(action="import").said
    assert said["record"]["number"] == "import:people"
    assert said["actor"]["name"] == desk.name
    assert {"file": "人员.csv", "rows": 4, "written": 1, "skipped": 3, "forced": False}.items() <= said["data"].items()
    assert len(said["data"]["sha256"]) == 64


def test_the_content_of_a_file_is_not_kept_longer_than_needed(kind, file, desk):
    import datetime as dt

    run_import("people", file(GOOD), by=desk)
    assert ImportRun.objects.get().content is None
    old = imports.upload(kind, "旧.csv", b"username,name\na,b\n", desk)
    ImportRun.objects.filter(pk=old.pk).update(created_at=timezone.now() - dt.timedelta(hours=25))
    imports.upload(kind, "新.csv", b"username,name\nc,d\n", desk)
    assert not ImportRun.objects.filter(pk=old.pk).exists()


def test_who_may_not_import_is_refused(kind, file, east_lead, people):
    with pytest.raises(NotAllowed):
        run_import("people", file(GOOD), by=east_lead)
    with pytest.raises(NotFound):
        run_import("nothing", file(GOOD), by=east_lead)
    assert names(people) == []


def test_the_command_line_may_import_in_the_systems_name(kind, file, people):
    run_import("people", file(GOOD), by=system("命令行"))
    assert len(names(people)) == 2


def test_a_report_reads_line_by_line(kind, file, desk):
    assert run_import("people", file(BAD), by=desk).lines() == [
        "第 3 行 账号 “”：必填，请填写。",
        "第 4 行 语言 “火星文”：应为：中文、英文。",
        f"第 5 行 账号 “{'x' * 21}”：太长，最多 20 个字。",
        "共 4 行，写入 0 行，有错误 3 行。",
    ]


def test_two_columns_with_one_heading_are_refused_when_declared():
    columns = [ImportColumn("a", "名称"), ImportColumn("b", "名 称")]
    with pytest.raises(ValueError, match="one heading"):
        register_importer(Importer("x", "", columns, write=lambda rows, actor: None, may=lambda actor: True))


# The pages


@pytest.fixture
def pages(kind, as_client, desk, client):
    from django.core.files.uploadedfile import SimpleUploadedFile

    def send(content, name="人员.csv", actor=desk):
        return as_client(actor).post("/imports/people/", {"file": SimpleUploadedFile(name, content.encode())})

    return send


@pytest.mark.urls("bihuan.kernel.lists.tests.urls")
class TestPages:
    def test_a_file_goes_from_upload_over_preview_to_confirmation(self, pages, as_client, desk, people):
        preview = pages(GOOD)["Location"]
        page = as_client(desk).get(preview).content.decode()
        assert "2 行可以写入" in page
        assert "王工" in page
        assert names(people) == []
        assert as_client(desk).post(f"{preview}confirm/").status_code == 302
        assert names(people) == ["王工", "赵工"]
        assert "已写入 2 行" in as_client(desk).get(preview).content.decode()

    def test_a_bad_file_needs_the_tick(self, pages, as_client, desk, people):
        preview = pages(BAD)["Location"]
        page = as_client(desk).get(preview).content.decode()
        assert "火星文" in page
        assert "跳过有错误的行" in page
        refused = as_client(desk).post(f"{preview}confirm/")
        assert refused.status_code == 422
        assert "什么也没有写入" in refused.content.decode()
        assert names(people) == []
        as_client(desk).post(f"{preview}confirm/", {"skip_bad": "1"})
        assert names(people) == ["王工"]

    def test_the_same_file_again_needs_another_tick(self, pages, as_client, desk, people):
        as_client(desk).post(f"{pages(GOOD)['Location']}confirm/")
        people.filter(username__in=["wang", "zhao"]).delete()
        preview = pages(GOOD)["Location"]
        assert "再次导入同一个文件" in as_client(desk).get(preview).content.decode()
        assert as_client(desk).post(f"{preview}confirm/").status_code == 409
        assert as_client(desk).post(f"{preview}confirm/", {"forced": "1"}).status_code == 302
        assert len(names(people)) == 2

    def test_a_file_that_cannot_be_read_is_answered_on_the_same_page(self, pages, as_client, desk):
        refused = pages("账号,姓名,状态\na,b,c\n")
        assert refused.status_code == 422
        assert "“状态”" in refused.content.decode()
        assert as_client(desk).post("/imports/people/").status_code == 422
        assert not ImportRun.objects.exists()

    def test_a_preview_belongs_to_who_uploaded_it(self, pages, as_client, headquarters, person):
        from .conftest import acting

        preview = pages(GOOD)["Location"]
        other = acting(person(headquarters, "另一位", role="service_desk"))
        assert as_client(other).get(preview).status_code == 404
        assert as_client(other).post(f"{preview}confirm/").status_code == 404

    @pytest.mark.parametrize("path", ["", "template.xlsx", "1/"])
    def test_who_may_not_import_sees_none_of_it(self, kind, as_client, east_lead, path):
        assert as_client(east_lead).get(f"/imports/people/{path}").status_code == 403
        assert as_client(east_lead).get("/imports/nothing/").status_code == 404

    def test_confirming_is_not_a_link(self, pages, as_client, desk):
        assert as_client(desk).get(f"{pages(GOOD)['Location']}confirm/").status_code == 405

    def test_the_template_has_the_headings_and_is_read_back(self, kind, as_client, desk):
        import io

        import openpyxl

        answer = as_client(desk).get("/imports/people/template.xlsx")
        book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
        assert [cell.value for cell in book["数据"][1]] == ["账号*", "姓名*", "手机", "语言"]
        assert book["说明"]["A2"].value == "账号"
        assert "账号" in as_client(desk).get("/imports/people/").content.decode()
