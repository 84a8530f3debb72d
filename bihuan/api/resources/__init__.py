"""What the API shows of each context. A new context adds its module here."""

from . import customers, equipment, kernel, organisation, privacy, quality, service

__all__ = ["customers", "equipment", "kernel", "organisation", "privacy", "quality", "service"]
