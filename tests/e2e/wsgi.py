"""The site at the moment SITE_MOMENT, from which its clock goes on.

So an office is open in the tests, at whatever hour and on whatever holiday they run.
"""

import os
from datetime import datetime

import time_machine

time_machine.travel(datetime.fromisoformat(os.environ["SITE_MOMENT"])).start()

from site_config.wsgi import application  # noqa: E402 - after the clock is set

__all__ = ["application"]
