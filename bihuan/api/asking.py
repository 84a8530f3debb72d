"""A form as data: what a step asks for, in the record's answer and in the OpenAPI document."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.forms.models import ModelChoiceIteratorValue

from .body import takes_lists
from .reference import Reference

MOST_CHOICES = 500


def described(bound: BoundField) -> dict[str, Any]:
    """A field of a form: name, label, type, whether it must be filled in, what it may be."""
    field = bound.field
    return {
        "name": bound.name,
        "label": str(field.label or bound.label),
        "type": type_of(field),
        "required": field.required,
        "help": str(field.help_text) or None,
        "max_length": getattr(field, "max_length", None),
        "choices": choices_of(field),
    }


def choices_of(field: forms.Field) -> list[dict[str, Any]] | None:
    """What may be chosen, without the empty choice; None where anything may be written."""
    if not hasattr(field, "choices"):
        return None
    found = []
    for value, label in field.choices:
        value = value.value if isinstance(value, ModelChoiceIteratorValue) else value
        if value not in ("", None):
            found.append({"value": value, "label": str(label)})
        if len(found) >= MOST_CHOICES:
            break
    return found


def type_of(field: forms.Field) -> str:
    """The field's type in one word, for people."""
    if isinstance(field, Reference):
        return "reference"
    if isinstance(field, forms.ModelChoiceField | forms.ChoiceField):
        return "choices" if isinstance(field, forms.MultipleChoiceField) else "choice"
    if isinstance(field, forms.DateTimeField):
        return "date-time"
    return str(schema_of(field).get("type", "json"))


def schema_of(field: forms.Field) -> dict[str, Any]:
    """The field as JSON Schema, without choices that depend on the record; texts stay lazy, so the document speaks the reader's language."""
    return _schema(field) | ({"title": field.label} if field.label else {}) | ({"description": field.help_text} if field.help_text else {})


def _schema(field: forms.Field) -> dict[str, Any]:
    if isinstance(field, forms.JSONField):
        return {}
    if isinstance(field, forms.FileField):
        return {"type": "string", "format": "binary"}
    if isinstance(field, forms.DateTimeField):
        return {"type": "string", "format": "date-time"}
    if isinstance(field, forms.BooleanField):
        return {"type": "boolean"}
    if isinstance(field, forms.DecimalField | forms.FloatField):
        return {"type": "number"}
    if isinstance(field, forms.IntegerField):
        return {"type": "integer"}
    if isinstance(field, forms.ModelChoiceField):
        return {"type": "integer"}
    if isinstance(field, Reference):
        return {"type": "integer" if field.key == "pk" else "string"}
    if isinstance(field, forms.MultipleChoiceField):
        return {"type": "array", "items": {"type": ["string", "integer"]}}
    if isinstance(field, forms.ChoiceField):
        return {"type": "string", "enum": [choice["value"] for choice in choices_of(field) or []]}
    if takes_lists(field):
        return {"type": "array", "items": {"type": "object"}}
    return {"type": "string"} | ({"maxLength": field.max_length} if getattr(field, "max_length", None) else {})
