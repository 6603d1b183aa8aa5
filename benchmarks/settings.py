"""The settings of a measured server: as in development, with a view to compare with."""

from site_config.settings.dev import *
from site_config.settings.dev import CHAT_STREAM

ROOT_URLCONF = "benchmarks.urls"

# All browsers of a benchmark come from one address.
CHAT_STREAM |= {"CAPS": {"thread": 6, "network": 1_000_000, "operator": 100}}
