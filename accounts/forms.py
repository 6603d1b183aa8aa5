"""Forms of the door of the admin."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from wagtail.admin.forms.auth import LoginForm


class AdminSignInForm(LoginForm):
    """Wagtail's form, with labels that are Russian sentences too."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].label = _("Password")
        self.fields["username"].widget.attrs["placeholder"] = "name@example.org"
