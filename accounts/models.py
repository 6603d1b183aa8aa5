"""The person who signs in: a patient, an editor, an operator."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.managers import UserManager


class User(AbstractBaseUser, PermissionsMixin):
    """A person known by an e-mail address, which is the login.

    The address may be absent: a patient who came from VK may have none and signs in through VK.
    """

    # NULL, not "": addresses are unique, the absence of one is not.
    email = models.EmailField(_("e-mail"), null=True, unique=True)  # noqa: DJ001
    first_name = models.CharField(_("first name"), max_length=150, blank=True)
    last_name = models.CharField(_("last name"), max_length=150, blank=True)
    is_staff = models.BooleanField(_("staff"), default=False)
    is_active = models.BooleanField(
        _("active"),
        default=True,
        help_text=_("Take the mark away instead of deleting a person who has left."),
    )
    date_joined = models.DateTimeField(_("joined"), default=timezone.now)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: list[str] = []

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="user_email_unique",
                violation_error_message=_("There is a user with this e-mail already."),
            )
        ]

    def __str__(self) -> str:
        return self.get_full_name() or self.email or f"#{self.pk}"

    def clean(self) -> None:
        """Keep one spelling of an address, and no empty one."""
        super().clean()
        self.email = type(self).objects.normalize_email(self.email) or None

    def get_full_name(self) -> str:
        """First and last name, or an empty string."""
        return f"{self.first_name} {self.last_name}".strip()

    def get_short_name(self) -> str:
        """What to call the person in a greeting."""
        return self.first_name
