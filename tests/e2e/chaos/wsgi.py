"""The site without the limits that keep floods out: here one patient says more than a flood."""

from site_config.wsgi import application

from chat.services import protection  # isort: skip - its models need Django to be set up

WITHOUT_END = protection.Limit(1_000_000, 60)

protection.MESSAGES_A_MINUTE = protection.MESSAGES_A_DAY = WITHOUT_END.count
protection.NETWORK_MESSAGES = WITHOUT_END
protection.CALLS |= dict.fromkeys(protection.CALLS, WITHOUT_END)

__all__ = ["application"]
