"""The development settings with a stream whose rounds never come while a test waits."""

from site_config.settings.dev import *
from site_config.settings.dev import CHAT_STREAM

# That of the tests: they sign people in.
SECRET_KEY = "test-only"
CHAT_STREAM |= {"BEAT_SECONDS": 3600}
