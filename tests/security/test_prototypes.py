"""Nothing from outside becomes a property of an object's prototype in the browser (ASVS 15.3.6): no module writes under a name it was given.

``JSON.parse`` and ``Object.fromEntries`` make properties of the object's own, whatever they are called; only writing
``object[name] = …`` or copying such an object into another could reach a prototype, and our modules do neither.
"""

import re

import pytest

from bihuan.config.tests.program import ROOT

MODULES = sorted(path for path in (ROOT / "bihuan").rglob("static/**/*.js") if "vendor" not in path.parts)
REACHES = re.compile(
    r"\w\[(?![\"'\d])[^\]\n]+\]\s*(?:\?\?|\|\||&&|[-+*/])?=(?![=>])|Object\.(?:assign|setPrototypeOf|defineProperty)|Reflect\.set|__proto__"
)


def reaching(source):
    return REACHES.findall(source)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_no_module_writes_under_a_name_it_was_given(path):
    assert reaching(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "wrong",
    [
        "kept[name] = value;",
        "a.b[field.name] ||= {};",
        "Object.assign(kept, JSON.parse(text))",
        "x.__proto__.y = 1",
        "Reflect.set(a, b, c)",
    ],
)
def test_the_look_finds_what_it_looks_for(wrong):
    assert reaching(wrong)


def test_comparing_reading_and_destructuring_are_no_writing():
    assert not reaching("if (kept[name] === 1) x = kept[name]; const [a, b] = pair; const f = ([a]) => a; kept['x'] = 1; row[0] = 2;")
    assert len(MODULES) > 15
