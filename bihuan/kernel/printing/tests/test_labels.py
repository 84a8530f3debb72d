"""Labels of 60 × 40 mm for machines."""

import io

import pytest
from pypdf import PdfReader

from ..forms import Label
from ..render import render_label, render_labels
from .papers import words

UNIT = Label(
    "https://service.example.cn/u/22A0457", "KX-160 螺杆式压缩机", ["SN 22A0457", "服务电话 400-800-1234"], company="江南压缩机股份有限公司"
)


def sizes(pdf: bytes) -> list[list[int]]:
    """Page sizes in mm."""
    return [[round(float(side) * 25.4 / 72) for side in page.mediabox[2:]] for page in PdfReader(io.BytesIO(pdf)).pages]


def test_a_label_says_model_serial_number_phone_and_company():
    text = words(render_label(UNIT))
    for said in ("KX-160螺杆式压缩机", "SN22A0457", "服务电话400-800-1234", "江南压缩机股份有限公司"):
        assert said in text


def test_a_single_label_is_its_own_page():
    assert sizes(render_label(UNIT)) == [[60, 40]]


@pytest.mark.parametrize(("count", "sheets"), [(1, 1), (21, 1), (22, 2), (43, 3)])
def test_twenty_one_labels_go_on_a_sheet_of_a4(count, sheets):
    pdf = render_labels([UNIT] * count)
    assert sizes(pdf) == [[210, 297]] * sheets
    assert words(pdf).count("22A0457") == count


@pytest.mark.parametrize("length", [40, 400, 4_000])
def test_a_label_too_full_stays_one_label(length):
    full = Label("https://x.cn/u/1", "型号" * length, ["S" * length, "服务电话"], company="公司" * length)
    assert sizes(render_label(full)) == [[60, 40]]
    assert "型号" in words(render_label(full))


def test_a_label_without_lines_is_printed():
    assert "KX-160" in words(render_label(Label("https://x.cn/u/1", "KX-160")))


def test_the_company_comes_from_the_settings_if_the_label_names_none(settings):
    settings.COMPANY = "环海机电有限公司"
    assert "环海机电有限公司" in words(render_label(Label("https://x.cn/u/1", "KX-160")))
