"""Numbers that somebody typed or a program sent."""

BIGGEST_ID = 2**63 - 1


def whole(text: str, most: int = BIGGEST_ID) -> int | None:
    """The whole number from 0 to *most* that *text* spells in the digits 0–9; None for everything else.

    ``str.isdigit`` is no guard before ``int``: it says yes to ``²`` and ``①``.
    """
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= most else None
