"""What was sent, read strictly: JSON or multipart, each field known and of its type. Nothing is silently ignored."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from bihuan.kernel.access.actors import Actor
from bihuan.kernel.access.refusals import Invalid
from bihuan.kernel.lists.parameters import is_plain
from bihuan.kernel.typed import BIGGEST_ID

from .problems import Unreadable, WrongMediaType
from .reference import Reference

SECRETS = {"password"}  # never part of a fingerprint
CLOCK = "device_at"
MOST_DEEP = 20
EARLIEST, LATEST = 1990, 2100


@dataclass
class Sent:
    """The body of a request: ``data`` as a form takes it, and ``device_at``, what the device's clock claimed."""

    data: dict[str, Any] = field(default_factory=dict)
    files: Any = None
    device_at: datetime | None = None
    is_json: bool = True

    def canonical(self) -> bytes:
        """The same for the same content, whatever the order and spacing; secrets left out, files by their hash."""
        kept = {name: value for name, value in self.data.items() if name not in SECRETS}
        files = {name: [_digest(file) for file in self.files.getlist(name)] for name in self.files or ()}
        said = [kept, self.device_at.isoformat() if self.device_at else None, files]
        return json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()

    def heard_by(self, actor: Actor) -> Actor:
        """*actor* with the claimed device clock."""
        return actor.through("api", device_at=self.device_at)


class Misfits(Invalid):
    """Fields that are unknown or of the wrong type, each by name."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        name, sentence = next(iter(errors.items()))
        super().__init__(f"{name}：{sentence}", field=name)
        self.fields = {name: [sentence] for name, sentence in errors.items()}


def read(request: HttpRequest) -> Sent:
    """The body of *request*. Raises Unreadable, WrongMediaType, Misfits; Django's own for what is too large."""
    if request.GET:
        raise Unreadable(_("写操作的网址不带参数，请把内容放进请求体。"), field=_name(next(iter(request.GET))))
    kind = (request.content_type or "").lower()
    if kind == "application/json":
        if (request.content_params or {}).get("charset", "utf-8").lower() not in {"utf-8", "utf8"}:
            raise WrongMediaType(_("JSON 请用 UTF-8 编码。"))
        data, files, is_json = _json(request.body), None, True
    elif kind == "multipart/form-data":
        data, files, is_json = _parts(request), request.FILES, False
    elif not kind and not request.body:
        data, files, is_json = {}, None, True
    else:
        raise WrongMediaType(_("请求体须为 application/json；带文件时为 multipart/form-data。"))
    return Sent(data, files, _claimed(data.pop(CLOCK, None)), is_json)


def _json(raw: bytes) -> dict[str, Any]:
    if not raw.strip():
        return {}
    try:
        data = json.loads(raw.decode("utf-8"), object_pairs_hook=_once_each, parse_constant=_no_number, parse_float=_finite)
    except (ValueError, RecursionError):
        raise Unreadable(_("请求体不是有效的 JSON，请核对：UTF-8、每个名称一次、数字有限。")) from None
    if not isinstance(data, dict):
        raise Unreadable(_("请求体须为一个 JSON 对象，请用花括号括起字段。"))
    _refuse_unkeepable(data)
    return data


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name twice")
    return found


def _no_number(text: str) -> Any:
    raise ValueError(text)


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError(text)
    return number


def _parts(request: HttpRequest) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for name, values in request.POST.lists():
        if not all(is_plain(text, breaks=True) for text in (name, *values)):
            raise Misfits({_name(name): _("含有不可见字符，请删除。")})
        data[name] = values if len(values) > 1 else values[0]
    return data


def _refuse_unkeepable(data: dict[str, Any]) -> None:
    """Nothing that no database takes: control characters, halves of characters, numbers beyond 64 bits, nesting without end."""
    waiting: list[tuple[str, Any, int]] = [(name, value, 1) for name, value in data.items()]
    while waiting:
        name, value, depth = waiting.pop()
        texts = [value] if isinstance(value, str) else list(value) if isinstance(value, dict) else []
        if not all(is_plain(text, breaks=True) for text in (name, *texts)):
            raise Misfits({_name(name): _("含有不可见字符，请删除。")})
        if isinstance(value, int) and abs(value) > BIGGEST_ID:
            raise Misfits({_name(name): _("数字过大，请改正。")})
        if depth > MOST_DEEP:
            raise Misfits({_name(name): _("嵌套过深，请简化。")})
        parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        waiting += [(name, part, depth + 1) for part in parts]


def _name(name: str) -> str:
    """A sent name, fit to be shown."""
    return name if is_plain(name) and len(name) <= 60 else "?"


def _claimed(value: Any) -> datetime | None:
    if value in (None, ""):
        return None
    if sentence := _moment(value):
        raise Misfits({CLOCK: sentence})
    return parse_datetime(value)


def refuse_misfits(sent: Sent, fields: Mapping[str, forms.Field]) -> None:
    """Refuse names that the form does not know, and values of another type than the field's. Raises Misfits."""
    errors = {
        _name(name): _("没有这个字段，请去掉或改成：%(names)s。") % {"names": _listed(fields)} for name in sent.data if name not in fields
    }
    for name in sent.files or ():
        if not isinstance(fields.get(name), forms.FileField):
            errors[_name(name)] = _("这里不收文件，请去掉。")
    for name, value in sent.data.items():
        if name in fields and (sentence := misfit(fields[name], value, strict=sent.is_json)):
            errors[name] = sentence
    if errors:
        raise Misfits(errors)
    sent.data = {name: "" if value is None else value for name, value in sent.data.items()}


def _listed(fields: Iterable[str]) -> str:
    return "、".join([*fields, CLOCK])


def misfit(field: forms.Field, value: Any, *, strict: bool = True) -> str:
    """Why *value* is not of the field's type; empty when it is. Without *strict* (multipart) numbers come as text."""
    if value is None:
        return ""
    if isinstance(field, forms.FileField):
        return _("请以 multipart/form-data 上传文件。")
    if isinstance(field, forms.DateTimeField):
        return _moment(value)
    if not strict and isinstance(value, str):
        return ""
    fits, sentence = _expected(field)
    if isinstance(value, bool) and bool not in fits:
        return sentence
    return "" if isinstance(value, fits) and (list not in fits or _scalars(field, value)) else sentence


def _expected(field: forms.Field) -> tuple[tuple[type, ...], str]:
    if isinstance(field, forms.JSONField):
        return (dict, list, str, int, float, bool), ""
    if isinstance(field, Reference):
        return ((int,), _("须为整数，请去掉引号和小数。")) if field.key == "pk" else ((str,), _("须为文本，请改成字符串。"))
    if isinstance(field, forms.BooleanField):
        return (bool,), _("须为 true 或 false，请改正。")
    if isinstance(field, forms.DecimalField | forms.FloatField):
        return (int, float, str), _("须为数字，请改正。")
    if isinstance(field, forms.IntegerField):
        return (int,), _("须为整数，请去掉引号和小数。")
    if isinstance(field, forms.MultipleChoiceField | forms.ModelMultipleChoiceField):
        return (list,), _("须为数组，请逐个列出可选值。")
    if isinstance(field, forms.ModelChoiceField | forms.ChoiceField):
        return (str, int), _("须为可选值之一，请从 choices 中选取。")
    if takes_lists(field):
        return (str, list), _("须为数组或文本，请改正。")
    return (str,), _("须为文本，请改成字符串。")


def takes_lists(field: forms.Field) -> bool:
    """Whether a text field reads lists of objects too, by its own ``to_python``."""
    return isinstance(field, forms.CharField) and type(field).to_python.__module__ != "django.forms.fields"


def _scalars(field: forms.Field, value: Any) -> bool:
    if not isinstance(value, list) or isinstance(field, forms.JSONField):
        return True
    kinds = (dict,) if takes_lists(field) else (str, int)
    return all(isinstance(part, kinds) and not isinstance(part, bool) for part in value)


def _moment(value: Any) -> str:
    """Why *value* is no moment: ISO 8601 with its zone, in years that occur."""
    try:
        moment = parse_datetime(value.strip()) if isinstance(value, str) and len(value) <= 40 else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or not EARLIEST <= moment.year <= LATEST:
        return _("须为带时区的时间，请写成 2026-11-22T09:30:00+08:00 的样子。")
    return ""


def _digest(file: Any) -> str:
    whole = hashlib.sha256()
    for piece in _pieces(file):
        whole.update(piece)
    file.seek(0)
    return whole.hexdigest()


def _pieces(file: Any) -> Iterator[bytes]:
    file.seek(0)
    yield from file.chunks()
