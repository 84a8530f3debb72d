"""A form is printed while one waits (target: 300 ms alone, 120 ms each in a batch). The bounds here are wide, for busy machines."""

import time
from dataclasses import replace

from bihuan.kernel.testing.overlap import together

from ..forms import Label, Photo, Photos
from ..render import render, render_labels
from .papers import CALL, CHECKS, SIGNED, STEPS, WORDS, a_form, a_long_form, picture_bytes, words


def milliseconds(work) -> float:
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000


def test_one_form_takes_less_than_a_second():
    render(a_form())
    shots = Photos([Photo(picture_bytes(1600, 1200 - n, "JPEG"), "照片") for n in range(2)])
    taken = milliseconds(lambda: render(a_form(CALL, WORDS, STEPS, CHECKS, SIGNED, shots, number="BX-HD-2026-000500")))
    print(f"one form with two photos and a signature: {taken:.0f} ms (target 300)")
    assert taken < 1000


def test_twenty_forms_take_less_than_a_second_each():
    forms = [a_form(number=f"BX-HD-2026-{number:06}", status_line=f"第 {number} 份", record_version=number) for number in range(20)]
    taken = milliseconds(lambda: [render(form) for form in forms]) / len(forms)
    print(f"a form in a batch of twenty: {taken:.0f} ms (target 120)")
    assert taken < 1000


def test_pages_and_labels_by_the_dozen_do_not_keep_anyone_waiting():
    labels = [Label(f"https://x.cn/u/{n}", "KX-160", [f"SN {n:07}"]) for n in range(63)]
    table = milliseconds(lambda: render(a_long_form(900)))
    sheets = milliseconds(lambda: render_labels(labels))
    print(f"a table of 900 rows: {table:.0f} ms; 63 labels: {sheets:.0f} ms")
    assert max(table, sheets) < 5000


def test_forms_printed_at_the_same_time_do_not_mix(committed):
    def work(number: int) -> str:
        time.sleep(0.02)  # the typesetter lets no other thread run: let all of them get here first
        return words(render(replace(a_form(), number=f"BX-HD-2026-{number:06}")))

    done = together(8, work)
    assert not done.failures
    found = done.results
    assert all(found[number].count("BX-HD-2026-") == 1 and f"BX-HD-2026-{number:06}" in found[number] for number in range(8))
