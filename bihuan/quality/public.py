"""What others may ask of quality."""

from __future__ import annotations

from bihuan.organisation.models import Person

from .domain.nonconformity import declare
from .forms import DeclareForm
from .models import Nonconformity
from .queries.anomalies import DEFAULT, NEAR, OF_A_BRANCH, Anomaly, Oddity, anomalies, limits_text, sentence
from .queries.months import month_of, shifted, starts

__all__ = [
    "DEFAULT", "NEAR", "OF_A_BRANCH", "Anomaly", "DeclareForm", "Nonconformity", "Oddity", "Person", "anomalies", "declare", "limits_text",
    "month_of", "sentence", "shifted", "starts",
]  # fmt: skip
