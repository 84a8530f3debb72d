"""What stands on a printed form."""

import io
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from django.utils import translation
from pypdf import PdfReader

from ..forms import Approval, Cell, Cells, Checklist, Form, Photo, Photos, Signature, Signatures, Table, Text
from ..grids import grid_of, moment
from ..render import fingerprint, render
from .papers import APPROVALS, AT, SHANGHAI, SIGNED, a_form, a_long_form, pages, picture_bytes, words


@pytest.fixture(autouse=True)
def in_chinese():
    with translation.override("zh-hans"):
        yield


def reader(pdf: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(pdf))


def images(pdf: bytes) -> int:
    return sum(len(page.images) for page in reader(pdf).pages)


def test_a_form_carries_company_title_code_revision_and_number():
    text = words(render(a_form(revision=3)))
    for said in ("江南压缩机股份有限公司", "电话报修登记处理表", "表单编号BX", "A/3版", "记录编号：BX-HD-2026-000417"):
        assert said in text


def test_every_label_and_value_of_the_cells_is_there():
    text = words(render(a_form()))
    for said in ("来电号码", "13800005678", "华东精密机械（苏州）有限公司", "王工", "苏州工业园区星湖街328号二号厂房", "一、来电信息"):
        assert said in text


def test_long_text_tables_and_checklists_are_there():
    text = words(render(a_form()))
    for said in ("客户原话", "早上开机就报高压，声音也不对。", "经办人", "14:04转派系统", "序号项目结果备注", "2安全阀合格至2027-05"):
        assert said in text


def test_a_signature_shows_name_meaning_time_with_zone_method_version_and_verification():
    text = words(render(a_form(SIGNED)))
    for said in ("王建国", "服务已完成", "2026-11-2214:02UTC+8", "现场屏幕手写", "所签版本6", "核验签名有效"):
        assert said in text


def test_a_signature_picture_is_sixty_millimetres_wide():
    (drawn,) = (cell for cell in grid_of(SIGNED, SHANGHAI)["rows"][0]["cells"] if "picture" in cell)
    assert drawn["wide"] == 60.0
    assert images(render(a_form(SIGNED))) == 1


def test_a_tall_signature_picture_is_no_higher_than_twenty_millimetres():
    tall = Signatures([Signature("王", "签收", AT, image=picture_bytes(200, 400))])
    (drawn,) = (cell for cell in grid_of(tall, SHANGHAI)["rows"][0]["cells"] if "picture" in cell)
    assert drawn["wide"] == 10.0


def test_approvals_show_meaning_name_deputy_and_time():
    text = words(render(a_form(approvals=APPROVALS)))
    for said in ("登记审核批准", "李主管（代赵经理）", "2026-11-2214:02UTC+8"):
        assert said in text


def test_an_approval_not_given_is_left_to_be_signed_by_hand():
    text = words(render(a_form(Text("备注"), approvals=[Approval("陈部长", "批准")])))
    assert "待签：陈部长" in text
    assert "年月日" in text
    assert "UTC" not in text


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7])
def test_any_number_of_approvals_is_printed(count):
    text = words(render(a_form(Text("备注"), approvals=[Approval(f"审批人{n}", f"第{n}级", AT) for n in range(count)])))
    assert all(f"审批人{n}" in text for n in range(count))


def test_the_page_number_counts_to_the_last_page():
    found = pages(render(a_long_form()))
    assert len(found) == 5
    for number, page in enumerate(found, 1):
        assert f"第{number}页/共5页" in page


def test_the_head_of_a_table_repeats_on_every_page():
    for page in pages(render(a_long_form())):
        assert page.count("零件号") == 1


def test_number_code_and_revision_stand_on_every_page():
    for page in pages(render(a_long_form())):
        assert "BX-HD-2026-000417" in page
        assert "BX" in page.replace("BX-HD", "")
        assert "A/1版" in page


def test_a_row_that_fits_on_a_page_is_not_torn_apart():
    rows = [[str(n), "甲\n" * 8 + f"末{n}"] for n in range(1, 20)]
    for page in pages(render(a_form(Table(head=["序", "文"], rows=rows, widths=(1, 9))))):
        assert page.count("甲") == 8 * page.count("末")


def test_a_narrow_cell_too_high_for_a_page_goes_on_on_the_next():
    assert len(pages(render(a_form(Table(["序", "说明"], [["1", "深" * 200]], widths=(20, 1)))))) > 1


def test_a_text_longer_than_a_page_goes_on_on_the_next():
    found = pages(render(a_form(Text("长文", "售后服务人员应在到达现场后电话报告。" * 300))))
    assert len(found) == 3
    assert "".join(found).count("售后服务") > 290


def test_the_foot_says_who_printed_when_and_which_version():
    text = words(render(a_form(printed_by="周敏", record_version=7)))
    for said in ("打印件以系统为准", "周敏打印于2026-11-2214:02UTC+8", "记录版本7", "内容校验码"):
        assert said in text


def test_the_foot_carries_the_first_twelve_digits_of_the_fingerprint():
    form = a_form(record_version=7)
    assert f"内容校验码{fingerprint(form)[:12]}" in words(render(form))


def test_the_status_is_shown_when_there_is_one():
    assert "状态：已派工" in words(render(a_form(status_line="已派工")))
    assert "状态" not in words(render(a_form()))


@pytest.mark.parametrize("stamp", ["作废", "草稿", "未经批准不得执行"])
def test_a_stamp_lies_over_every_page(stamp):
    for page in pages(render(replace(a_long_form(), stamp=stamp))):
        assert stamp in page


def test_a_form_that_is_not_current_says_so_and_a_current_one_does_not():
    assert "非现行版本" in words(render(a_form(is_current=False)))
    assert "非现行版本" not in words(render(a_form()))


def test_photos_are_printed_with_captions_two_in_a_row():
    shots = Photos([Photo(picture_bytes(800 + n, 600, "JPEG"), f"照片{n}") for n in range(3)], title="现场照片")
    pdf = render(a_form(shots))
    assert images(pdf) == 3
    assert all(f"照片{n}" in words(pdf) for n in range(3))
    assert [len(row["cells"]) for row in grid_of(shots, SHANGHAI)["rows"]] == [2, 2]


def test_a_damaged_photo_is_said_to_be_damaged():
    text = words(render(a_form(Photos([Photo(b"\xff\xd8 no picture", "铭牌")]))))
    assert "图片损坏" in text
    assert "铭牌" in text


@pytest.mark.parametrize("empty", [Table(["时间", "步骤"], []), Checklist([]), Photos([]), Signatures([])])
def test_an_empty_section_says_that_there_is_nothing(empty):
    assert "（无）" in words(render(a_form(empty)))


def test_a_form_without_sections_is_still_a_form():
    assert "电话报修登记处理表" in words(render(Form("BX", "电话报修登记处理表", "BX-1", "https://example.cn/r/1")))


def test_rows_with_fewer_cells_are_filled_up_to_the_edge():
    found = grid_of(Cells([[Cell("甲"), Cell("乙"), Cell("丙")], [Cell("丁")], [Cell("戊"), Cell("己")]]), SHANGHAI)
    for row in found["rows"]:
        assert sum(cell["span"] for cell in row["cells"]) == len(found["columns"]) == 6


def test_a_table_row_of_another_length_than_the_head_keeps_the_grid_whole():
    found = grid_of(Table(["甲", "乙"], [["1"], ["1", "2", "3"]]), SHANGHAI)
    assert [len(row["cells"]) for row in (*found["heads"], *found["rows"])] == [3, 3, 3]
    assert "123" in words(render(a_form(Table(["甲", "乙"], [["1"], ["1", "2", "3"]]))))


def test_columns_share_the_width_of_the_page():
    assert sum(grid_of(Table(["甲", "乙", "丙"], [], widths=(1, 2)), SHANGHAI)["columns"]) == pytest.approx(174)


def test_more_than_four_pairs_in_a_row_are_refused():
    with pytest.raises(ValueError, match="one to four"):
        render(a_form(Cells([[Cell(str(n)) for n in range(5)]])))


@pytest.mark.parametrize(("hours", "said"), [(8, "14:02 UTC+8"), (0, "06:02 UTC+0"), (-3.5, "02:32 UTC-3:30"), (5.75, "11:47 UTC+5:45")])
def test_a_time_is_shown_in_the_forms_zone_with_its_offset(hours, said):
    assert moment(AT, timezone(timedelta(hours=hours))) == f"2026-11-22 {said}"


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="zone"):
        render(a_form(approvals=[Approval("周敏", "登记", datetime(2026, 11, 22, 14, 2))]))


def test_the_file_is_an_archival_pdf_a_2b_on_a4_with_embedded_fonts_only():
    pdf = render(a_form())
    file = reader(pdf)
    assert pdf.startswith(b"%PDF-1.7")
    marks = file.trailer["/Root"]["/Metadata"].get_data().decode()
    assert "<pdfaid:part>2</pdfaid:part>" in marks
    assert "<pdfaid:conformance>B</pdfaid:conformance>" in marks
    assert [round(float(side)) for side in file.pages[0].mediabox[2:]] == [595, 842]
    fonts = {str(font.get_object()["/BaseFont"]).split("+")[1] for font in file.pages[0]["/Resources"]["/Font"].values()}
    assert fonts == {"NotoSansSC-Regular", "NotoSansSC-Bold"}


def test_the_file_names_itself():
    about = reader(render(a_form())).metadata
    assert about.title == "电话报修登记处理表 BX-HD-2026-000417"
    assert about.author == "江南压缩机股份有限公司"


def test_the_same_form_gives_the_same_bytes():
    assert render(a_form()) == render(a_form())


def test_in_english_the_file_says_that_it_is_english():
    with translation.override("en"):
        assert reader(render(a_form())).trailer["/Root"]["/Lang"].startswith("en")
    assert reader(render(a_form())).trailer["/Root"]["/Lang"].startswith("zh")


def test_the_company_comes_from_the_settings_if_the_form_names_none(settings):
    settings.COMPANY = "环海机电有限公司"
    assert "环海机电有限公司" in words(render(a_form(company="")))


def test_the_companys_logo_is_printed_if_there_is_one(settings, tmp_path):
    settings.HOME = tmp_path
    assert images(render(a_form(Text("备注")))) == 0
    (tmp_path / "logo.png").write_bytes(picture_bytes(300, 100))
    assert images(render(a_form(Text("备注")))) == 1


def test_a_damaged_logo_is_left_out(settings, tmp_path):
    settings.HOME = tmp_path
    (tmp_path / "logo.png").write_bytes(b"not a picture")
    assert images(render(a_form(Text("备注")))) == 0


class TestFingerprint:
    def test_does_not_depend_on_who_prints_when_and_for_which_link(self):
        form = a_form()
        assert fingerprint(form) == fingerprint(
            replace(form, printed_by="别人", printed_at=AT + timedelta(days=1), record_url="https://x/?p=1")
        )

    @pytest.mark.parametrize(
        "change",
        [
            {"number": "BX-HD-2026-000418"},
            {"record_version": 8},
            {"revision": 2},
            {"approvals": [Approval("周敏", "登记", AT)]},
            {"sections": [Text("客户原话", "另一句话")]},
            {"sections": [Signatures([Signature("王", "签收", AT, image=picture_bytes(60, 20))])]},
            {"stamp": "作废"},
        ],
    )
    def test_changes_with_everything_the_form_says(self, change):
        assert fingerprint(a_form()) != fingerprint(a_form(**change))

    def test_tells_pictures_apart(self):
        one, other = (a_form(Photos([Photo(picture_bytes(side, 50), "照片")])) for side in (50, 51))
        assert fingerprint(one) != fingerprint(other)

    def test_is_the_same_for_the_same_moment_in_another_zone(self):
        one, other = (a_form(approvals=[Approval("周敏", "登记", at)]) for at in (AT, AT.astimezone(SHANGHAI)))
        assert fingerprint(one) == fingerprint(other)
