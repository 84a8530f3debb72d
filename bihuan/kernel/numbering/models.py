from django.db import models


class Counter(models.Model):
    """The last running number given for a form in a branch and year. Drawn inside the record's transaction."""

    form = models.CharField(max_length=4)
    branch = models.CharField(max_length=8)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        db_table = "numbering_counter"
        constraints = [models.UniqueConstraint(fields=["form", "branch", "year"], name="one_counter_per_form_branch_year")]
