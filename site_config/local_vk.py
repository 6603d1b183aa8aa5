"""The stand-in VK that `make run` starts beside a site that knows no real one."""

from typing import Any

OPERATOR_ID = 555_000_111
PATIENT = "777000222:Анна Пациентова"
GROUP_ID = 224_584_658
# The site remembers the last of them.
TOKEN, SECRET, CONFIRMATION = "stand-in-token", "stand-in-secret", "stand-in"


def is_wanted() -> bool:
    """Say whether the site has no key to the real VK."""
    from django.conf import settings  # noqa: PLC0415 - the environment comes first

    return not settings.VK_GROUP_TOKEN


def bind_operator() -> Any:
    """Let a demo operator have the stand-in's operator account; return who it is, or None."""
    from chat.demo.vk import bind_operator  # noqa: PLC0415 - needs Django to be set up

    return bind_operator(OPERATOR_ID)


def unbind_operator() -> None:
    """Take the stand-in's operator account away: in the real VK it is somebody else's."""
    from chat.demo.vk import unbind_operator  # noqa: PLC0415 - needs Django to be set up

    unbind_operator(OPERATOR_ID)


def arrange(site: str, port: int, operator_name: str) -> tuple[str, dict[str, str]]:
    """Return the command of a stand-in at this port and what the site must know to reach it."""
    here = f"http://127.0.0.1:{port}"
    environment = {
        "VK_GROUP_ID": str(GROUP_ID),
        "VK_GROUP_TOKEN": TOKEN,
        "VK_CALLBACK_SECRET": SECRET,
        "VK_CALLBACK_CONFIRMATION": CONFIRMATION,
        "VK_API_BASE_URL": f"{here}/method",
        "VK_FILE_HOSTS": here,
    }
    command = (
        f"python -m tests.fake_vk --port {port} --callback {site}/chat/vk/callback/"
        f" --group {GROUP_ID} --token {TOKEN} --secret {SECRET} --confirmation {CONFIRMATION}"
        f" --operator '{OPERATOR_ID}:{operator_name}' --patient '{PATIENT}'"
    )
    return command, environment
