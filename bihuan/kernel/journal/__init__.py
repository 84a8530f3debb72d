"""Append-only, chained record of everything that happens, written in the transaction of what happened (design §3.5)."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .write import Veil, append, append_plain, current, unit

__all__ = ["Veil", "append", "append_plain", "current", "unit"]


def __getattr__(name: str) -> Any:
    """The functions of write.py, looked up late: this package is named in INSTALLED_APPS before models may load."""
    if name in __all__:
        from . import write

        return getattr(write, name)
    raise AttributeError(name)
