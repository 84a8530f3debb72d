"""Text into search tokens, the same for both databases: Chinese in overlapping pairs, everything else by word.

A run of Chinese characters 轴承异响 becomes 轴承 承异 异响 响: any part of it, from two characters on, is a phrase of
neighbouring tokens, and the lone last character lets one character be looked for as a prefix. No dictionary, so no word
is ever "unknown". Tokens hold ASCII letters and digits and non-ASCII characters only; never ``§``, which marks what the
program adds (type, branch), so that no text can pretend to be in another branch.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

MARK = "§"
LONGEST_WORD = 64  # characters of a word that count; PostgreSQL refuses lexemes above 2 kB
MOST_TOKENS = 16_000  # of a document; PostgreSQL keeps positions up to 16,383
MOST_PARTS = 12  # of a query
LONGEST_QUERY = 200

_NAME_DOTS = dict.fromkeys(map(ord, "·•‧・∙⋅"))  # 欧阳·阿不都 is written with any of them, or with none
_PAIRED = re.compile(
    "["
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3038-\u303b"  # radicals, 々〆〇, numerals
    "\u3040-\u30ff\u3105-\u312f\u31a0-\u31bf\u31f0-\u31ff"  # kana, bopomofo
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uac00-\ud7a3"  # Han, Hangul syllables
    "\ue000-\uf8ff\U000f0000-\U0010fffd"  # private use: rare name characters in older systems
    "\U00016fe0-\U00018cff\U0001aff0-\U0001b2ff\U00020000-\U0003fffd"  # rarer Han (𠮷), also what Unicode has yet to assign
    "]+"
)
# Words joined as numbers are: BX-HD-2026-000417, KX-160, wang@hd.cn; and digits in groups: 138 0000 5678.
_COMPOUND = re.compile(r"(?<!\w)[0-9]+(?:[- ][0-9]+)*(?: [0-9]+)(?:[- ][0-9]+)*(?![\w])|\w+(?:[-./_+#*@]+\w+)*")
_JOINTS = re.compile(r"[-./_+#*@ ]+")
_OTHER = re.compile(r"[^\w\-./+#*@ ]")


@dataclass(frozen=True)
class Part:
    """What must occur: ``words`` next to each other (``loose``: anywhere), or ``joined``, the same without hyphens and spaces.

    ``prefix``: the last word may go on.
    """

    words: tuple[str, ...]
    joined: str = ""
    prefix: bool = False
    loose: bool = False


def normal(text: str) -> str:
    """*text* as it is compared: compatibility forms, case, width, marks without a composed form and invisible characters gone."""
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return "".join(map(_letter, text.translate(_NAME_DOTS)))


@lru_cache(maxsize=16_384)
def _letter(char: str) -> str:
    if char < "\x7f":
        return char if char >= " " else " "
    kind = unicodedata.category(char)
    if kind in {"Mn", "Mc", "Me", "Cf"}:  # marks without a composed form, zero-width, direction marks
        return ""
    if kind == "Nd":
        return str(unicodedata.decimal(char))
    if kind[0] in "LN" or _PAIRED.match(char):
        return char
    if kind in {"So", "Sk"} and char not in MARK:  # emoji, ℃-like signs: each a word of its own
        return f"\0{char}\0"
    return " "


def _runs(text: str) -> Iterator[tuple[bool, str]]:
    """The pieces of normalised text: (whether Chinese, characters)."""
    for at, piece in enumerate(text.split("\0")):
        if at % 2:  # between two \0 stands one sign
            yield False, piece
            continue
        end = 0
        for run in _PAIRED.finditer(piece):
            yield from _words(piece[end : run.start()])
            yield True, run.group()
            end = run.end()
        yield from _words(piece[end:])


def _words(text: str) -> Iterator[tuple[bool, str]]:
    return ((False, word.group()) for word in _COMPOUND.finditer(_OTHER.sub(" ", text)))


def _pairs(run: str) -> list[str]:
    return [run[at : at + 2] for at in range(len(run))]


def _pieces(compound: str) -> list[str]:
    return [piece[:LONGEST_WORD] for piece in _JOINTS.split(compound) if piece]


def tokens(text: str) -> tuple[list[str], set[str]]:
    """The tokens of *text* in order, and further words that find it: numbers written without hyphens or leading zeros."""
    ordered: list[str] = []
    further: set[str] = set()
    for chinese, run in _runs(normal(text)):
        if chinese:
            ordered += _pairs(run)
            continue
        pieces = _pieces(run)
        ordered += pieces
        if len(pieces) > 1:
            further.add("".join(pieces)[:LONGEST_WORD])
        further |= {piece.lstrip("0") for piece in pieces if piece.isdigit() and piece.startswith("0")} - {""}
    return ordered, further


def document(texts: Iterable[str], *, marks: Iterable[str] = (), words: Iterable[str] = ()) -> list[str]:
    """The tokens of a whole record. ``§`` between the texts keeps a phrase from running over from one into the next."""
    ordered: list[str] = []
    further = set(words)
    for text in texts:
        if text:
            inside, beside = tokens(str(text))
            ordered += [*inside, MARK]
            further |= beside
    head = [f"{MARK}{mark}" for mark in marks]
    room = MOST_TOKENS - len(head)
    tail = sorted(further)[: room // 4]
    return [*head, *ordered[: room - len(tail)], *tail]


def parts(text: str) -> list[Part]:
    """What a query asks for; all parts must occur. The last word may go on (typing is under way)."""
    runs = list(_runs(normal(text[:LONGEST_QUERY])))[:MOST_PARTS]
    found = [_part(chinese, run, last=at == len(runs) - 1) for at, (chinese, run) in enumerate(runs)]
    return [part for part in found if part is not None]


def _part(chinese: bool, run: str, *, last: bool) -> Part | None:
    if chinese:
        return Part(tuple(_pairs(run)[:-1]) or (run,), prefix=len(run) == 1)
    pieces = _pieces(run)
    if not pieces:
        return None
    joined = "".join(pieces)[:LONGEST_WORD] if len(pieces) > 1 else ""
    return Part(tuple(pieces), joined=joined, prefix=last, loose=" " in run)


def is_enough(text: str) -> bool:
    """Whether a query has the two characters that a search asks for (#8). Joints alone are no word: they would find everything."""
    return sum(len("".join(_JOINTS.split(run))) for _chinese, run in _runs(normal(text[:LONGEST_QUERY]))) >= 2


def pinyin_initials(name: str, *, most: int = 6) -> list[str]:
    """The initials of a name's pinyin, most usual first: 华东精密 → hdjm; 重庆 → cq, zq. Letters and digits stay as they are."""
    from pypinyin import Style, lazy_pinyin, pinyin  # 60 MB and 0.3 s: only where names are written

    text = normal(name)[:30]
    usual = _word(lazy_pinyin(text, style=Style.FIRST_LETTER))
    choices = [list(dict.fromkeys(letters)) or [""] for letters in pinyin(text, style=Style.FIRST_LETTER, heteronym=True)]
    several = [letters for letters in choices if len(letters) > 1][:4]
    fixed = [letters if letters in several else letters[:1] for letters in choices]
    variants = (_word(letters) for letters, _ in zip(product(*fixed), range(64), strict=False))
    return [word for word in dict.fromkeys([usual, *variants]) if word][:most]


def _word(letters: Iterable[str]) -> str:
    return re.sub(r"[^0-9a-z]", "", "".join(letters).lower())


def initial_words(names: Iterable[str]) -> set[str]:
    """Initials to index, of names or given as initials: also from every later character on, because 苏州华东精密 is asked for as hdjm."""
    words: set[str] = set()
    for name in names:
        for initials in pinyin_initials(name) if not name.isascii() else [_word(name.lower())]:
            words |= {initials[at : at + 24] for at in range(min(24, len(initials) - 1))} or {initials}
    return words - {""}
