"""The development settings, for processes whose people sign in with the key of the tests."""

from site_config.settings.dev import *

SECRET_KEY = "test-only"
