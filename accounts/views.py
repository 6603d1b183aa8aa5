"""The door of the admin."""

from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from wagtail.admin.views.account import LoginView

from accounts.limits import FailureLimit
from site_config.common.client_ip import client_network
from site_config.common.errors import too_many_requests

# Many people may share one address, so it may fail more often than one login.
BY_ADDRESS = FailureLimit("sign-in-address", count=20, seconds=600)
BY_LOGIN = FailureLimit("sign-in-login", count=7, seconds=600)


class AdminLoginView(LoginView):
    """Wagtail's sign-in, which refuses to try passwords after too many wrong ones."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Check the password, unless the address or the login has failed too often."""
        if BY_ADDRESS.is_reached(client_network(request)) or BY_LOGIN.is_reached(self._login()):
            return too_many_requests(request, retry_after=BY_LOGIN.seconds)
        response: HttpResponseBase = super().post(request, *args, **kwargs)
        return response

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Forget the failures of a login that has proved itself."""
        BY_LOGIN.forget(self._login())
        response: HttpResponse = super().form_valid(form)
        return response

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        """Count the failure against the address and the login."""
        BY_ADDRESS.record(client_network(self.request))
        BY_LOGIN.record(self._login())
        response: HttpResponse = super().form_invalid(form)
        return response

    def _login(self) -> str:
        return self.request.POST.get("username", "")
