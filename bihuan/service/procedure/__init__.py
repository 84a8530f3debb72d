"""AS-5.1 – 5.3  After-sales service: from the call to the signed record.

Three forms, three tables: the repair request BX, the dispatch order PG, the service record FW. What a step does is the
verb of the same name in ``domain/``. The approved text is docs/procedures/AS.md; a test compares the two.
"""

from bihuan.kernel.procedures.registry import register

from .order import ORDER, O
from .record import RECORD, F
from .request import REQUEST, R

__all__ = ["ORDER", "RECORD", "REQUEST", "F", "O", "R"]

register(REQUEST, ORDER, RECORD)
