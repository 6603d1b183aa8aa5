"""The development settings with a stream in a hurry: tests wait for its rounds."""

from site_config.settings.dev import *

# That of the tests: they sign people in.
SECRET_KEY = "test-only"
CHAT_STREAM = {
    "BEAT_SECONDS": 0.5,
    "WRITE_SECONDS": 1,
    "SEEN_SECONDS": 0.5,
    "CAPS": {"thread": 3, "network": 12, "operator": 2},
}
