"""PI  Requests of persons about their data. The approved text is docs/procedures/PI.md; a test compares the two."""

from bihuan.kernel.procedures.registry import register

from .request import PERSON_REQUEST, RECEIVERS, P

__all__ = ["PERSON_REQUEST", "RECEIVERS", "P"]

register(PERSON_REQUEST)
