"""The person the tests delete, and whether a text still tells of them: whole numbers, not four digits that any hash may hold."""

import json
import re

NAME, PHONE = "魏无忌", "139 7773 1773"
_NUMBER = re.compile(r"139[\s.*-]*(7773)?[\s.-]*1773")


def names(text: str) -> bool:
    """Whether ``text`` holds the name, as itself or as JSON escapes it, or the number in any writing, masked too."""
    return NAME in text or json.dumps(NAME)[1:-1] in text or _NUMBER.search(text) is not None
