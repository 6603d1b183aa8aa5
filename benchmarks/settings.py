"""The settings of a measured server: as in development, with a view to compare with."""

from site_config.settings.dev import *

ROOT_URLCONF = "benchmarks.urls"
