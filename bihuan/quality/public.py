"""What others may ask of quality."""

from __future__ import annotations

from bihuan.organisation.models import Person

from .domain.monthly import open_reviews
from .domain.nonconformity import declare
from .forms import DeclareForm
from .models import Finding, Nonconformity, Review
from .queries.anomalies import DEFAULT, NEAR, OF_A_BRANCH, Anomaly, Oddity, act, anomalies, limits_text, sentence
from .queries.months import month_of, shifted, starts
from .rules import READERS

__all__ = [
    "DEFAULT", "NEAR", "OF_A_BRANCH", "READERS", "Anomaly", "DeclareForm", "Finding", "Nonconformity", "Oddity", "Person", "Review", "act", "anomalies",
    "declare", "limits_text", "month_of", "open_reviews", "sentence", "shifted", "starts",
]  # fmt: skip
