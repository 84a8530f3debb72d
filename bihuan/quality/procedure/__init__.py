"""QM-2, QM-3, QM-7  Nonconformity and its correction; the monthly review of the journal. The approved text is docs/procedures/QM.md; tests compare the two."""

from bihuan.kernel.procedures.registry import register

from .nonconformity import NONCONFORMITY, N
from .review import REVIEW, Z

__all__ = ["NONCONFORMITY", "REVIEW", "N", "Z"]

register(NONCONFORMITY)
register(REVIEW)
