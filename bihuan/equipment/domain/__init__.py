"""What may be done with machines, the catalogue and bulletins. Each act is journalled; nothing is deleted."""

from .bulletins import acknowledge, issue, withdraw

__all__ = ["acknowledge", "issue", "withdraw"]
