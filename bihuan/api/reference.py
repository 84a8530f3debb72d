"""A field that names a record of another type by its key. It is found through the getter, so a foreign one is an unknown one (#3)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from bihuan.kernel.access.actors import Actor
from bihuan.kernel.access.refusals import NotFound

from .declare import by_key


class Reference(forms.Field):
    """*record_type*: its label; *key*: what it is named by. ``actor``, set by the form, lends the field their eyes."""

    actor: Actor | None = None

    def __init__(self, record_type: str, *, key: str = "number", **more: Any) -> None:
        super().__init__(required=more.pop("required", False), **more)
        self.record_type, self.key = record_type, key

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values:
            return None
        if self.actor is None:
            raise RuntimeError("A reference needs the eyes of an actor.")
        try:
            return by_key(self.record_type, self.key, value, self.actor)
        except NotFound:
            raise forms.ValidationError(_("没有找到“%(value)s”，或您无权查看，请核对。"), params={"value": str(value)[:60]}) from None


class SeeingForm(forms.Form):
    """A form whose references see what its ``actor`` sees."""

    def lend_sight(self, actor: Actor) -> None:
        for name in self.fields:
            if isinstance(field := self.fields[name], Reference):
                field.actor = actor
