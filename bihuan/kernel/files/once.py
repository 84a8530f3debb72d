"""Rows that are written once: the application has no way to change or delete them."""

from typing import Any, NoReturn

from django.db import models


class WrittenOnceQuery(models.QuerySet[Any]):
    """Reads and inserts."""

    def _refuse(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise TypeError(f"{self.model._meta.label} is written once; correct it with a new row.")

    update = bulk_update = update_or_create = delete = _refuse


class WrittenOnce(models.Model):
    """Base of a table that only grows; each gives its ``objects`` as a manager of a ``WrittenOnceQuery``."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert. Raises TypeError for a row that is already kept."""
        if not self._state.adding:
            raise TypeError(f"{self._meta.label} is written once; correct it with a new row.")
        kwargs["force_insert"] = True
        super().save(*args, **kwargs)

    def delete(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise TypeError(f"{self._meta.label} is never deleted.")
