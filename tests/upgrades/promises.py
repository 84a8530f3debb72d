"""What an upgrade promises: nothing of before is missing or other, but for what stands here. And how it is started, as `bihuan up` does it."""

# Django's own books, which an upgrade writes; and what it may change on purpose: {"table.column": "why"}.
INDEX = {f"lists_words{end}" for end in ("", "_config", "_data", "_idx")}  # SQLite's full-text index, made of lists_document
BOOKS = {"django_migrations", "django_content_type", "auth_permission", "sqlite_sequence", *INDEX}
RULES = "the first start notes the texts in force in the journal of the whole organisation"
CHANGED: dict[str, str] = {
    "journal_chain.seq": RULES,
    "journal_chain.hash": RULES,
    "lists_document.words": "type and branch as one mark more; see unfindable()",
}
GROWN = {"journal_entry": RULES}  # nothing of before is missing or other; more may have come

READY = """
import sys
from bihuan import cli_start
sys.exit(0 if cli_start.ready(sys.stdout) and not cli_start.waiting() else 1)
"""
SEAL = """
from bihuan.kernel.proof.deliver import deliver
from bihuan.kernel.proof.seal import seal
seal(), deliver()
"""
