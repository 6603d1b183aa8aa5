"""The number that says which state of the content a cached page was made from."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class ContentVersion(models.Model):
    """One row. Whoever changes content raises it in the same transaction (see
    services.freshness).
    """

    number = models.PositiveBigIntegerField(default=1)

    class Meta:
        verbose_name = _("content version")
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="content_version_single_row")]

    def __str__(self) -> str:
        return str(self.number)
