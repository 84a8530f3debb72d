"""A dot, an empty box and a forged request are no signature."""

import json

import pytest

from bihuan.kernel.access.refusals import Invalid
from bihuan.kernel.files.tests import samples
from bihuan.kernel.signing.drawing import MOST_POINTS, refuse_blank, strokes_as_text

PAD = [
    {
        "penColor": "black",
        "points": [{"x": 1.6, "y": 2.4, "pressure": 0.5, "time": 1_790_000_000_000}, {"x": 30.2, "y": 40, "time": 1_790_000_000_040}],
    }
]


def test_strokes_are_kept_as_whole_numbers_in_order():
    text = strokes_as_text([[[1.6, 2.4, 0], [30.2, 40, 12.7]], [[5, 5], [6, 6]]])
    assert json.loads(text) == [[[2, 2, 0], [30, 40, 13]], [[5, 5], [6, 6]]]


def test_what_the_pad_gives_is_understood():
    assert json.loads(strokes_as_text(PAD)) == [[[2, 2, 1_790_000_000_000], [30, 40, 1_790_000_000_040]]]


@pytest.mark.parametrize(
    "strokes",
    [
        [],
        [[]],
        [[[10, 10]]],
        [[[10, 10], [10, 10], [10, 10]]],
        [[[10, 10], [15, 15]]],
        [{"points": []}],
    ],
    ids=["nothing", "empty stroke", "one point", "a dot", "a speck", "the pad's nothing"],
)
def test_an_empty_box_is_not_signed(strokes):
    with pytest.raises(Invalid, match="签名后再提交") as refusal:
        strokes_as_text(strokes)
    assert refusal.value.field == "strokes"


@pytest.mark.parametrize("axis", [0, 1])
def test_a_straight_line_is_a_drawing(axis):
    far = [0, 0]
    far[axis] = 50
    assert strokes_as_text([[[0, 0], far]])


@pytest.mark.parametrize(
    "strokes",
    [
        None,
        "M 0 0 L 10 10",
        {"points": []},
        [None],
        [{"x": 1}],
        [[1, 2, 3]],
        [[["1", "2"], ["30", "40"]]],
        [[[1], [30]]],
        [[[1, 2, 3, 4], [30, 40, 5, 6]]],
        [[[True, False], [30, 40]]],
        [[[float("nan"), 0], [30, 40]]],
        [[[float("inf"), 0], [30, 40]]],
        [[[10**9, 0], [30, 40]]],
        [[[0, 0]] * (MOST_POINTS + 1)],
        [[{"x": 1, "y": None}, {"x": 30, "y": 40}]],
    ],
)
def test_what_is_no_drawing_is_refused(strokes):
    with pytest.raises(Invalid) as refusal:
        strokes_as_text(strokes)
    assert refusal.value.field == "strokes"


@pytest.mark.parametrize("image", [samples.signature_png(), samples.png(mode="L"), samples.png(mode="P")])
def test_a_picture_with_ink_passes(image):
    refuse_blank(image)


@pytest.mark.parametrize(
    "image",
    [
        b"",
        b"not a picture",
        samples.jpeg(),
        samples.signature_png()[:60],
        samples.encoded(samples.Image.new("RGBA", (300, 120)), "PNG"),
        samples.encoded(samples.Image.new("RGB", (300, 120), "white"), "PNG"),
        samples.png_of_size(3000, 3000),
        samples.png_of_size(60_000, 60_000),
        samples.signature_png() + b"\0" * 2 * 2**20,
    ],
    ids=["empty", "text", "jpeg", "cut off", "see-through", "white", "too wide", "absurd", "too many bytes"],
)
def test_a_picture_without_a_signature_is_refused(image):
    with pytest.raises(Invalid, match="签名") as refusal:
        refuse_blank(image)
    assert refusal.value.field == "image"
