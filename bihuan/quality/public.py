"""What others may ask of quality."""

from __future__ import annotations

from bihuan.organisation.models import Person

from .domain.nonconformity import declare
from .forms import DeclareForm
from .models import Nonconformity

__all__ = ["DeclareForm", "Nonconformity", "Person", "declare"]
