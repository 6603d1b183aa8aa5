"""How users are made: by e-mail address, which is their login."""

from typing import Any

from django.contrib.auth.base_user import BaseUserManager
from django.db.models.functions import Lower


class UserManager(BaseUserManager):
    """Makes and finds users by e-mail address, whatever its case."""

    use_in_migrations = True

    def get_by_natural_key(self, email: str | None) -> Any:
        """Return the user with this address; the case of the letters does not matter."""
        return self.annotate(email_lower=Lower("email")).get(email_lower=(email or "").lower())

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> Any:
        """Create a user who cannot enter the admin.

        Raises ValueError without an address, IntegrityError if the address is taken.
        """
        if not email:
            raise ValueError("A user needs an e-mail address.")
        user: Any = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> Any:
        """Create a user who may do everything."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)
