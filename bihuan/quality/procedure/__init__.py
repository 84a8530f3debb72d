"""QM-2, QM-3  Nonconformity and its correction. The approved text is docs/procedures/QM.md; a test compares the two."""

from bihuan.kernel.procedures.registry import register

from .nonconformity import NONCONFORMITY, N

__all__ = ["NONCONFORMITY", "N"]

register(NONCONFORMITY)
