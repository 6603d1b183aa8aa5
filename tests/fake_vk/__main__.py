"""The stand-in VK as a process, with a page that plays the operator's and the patient's VK.

python -m tests.fake_vk --port 8010 --callback http://127.0.0.1:8000/chat/vk/callback/
"""

import argparse
import threading
import time

from tests.fake_vk import fake
from tests.fake_vk.clock import START
from tests.fake_vk.state import Rules

OPERATOR = "555000111:Мария Операторова"
PATIENT = "777000222:Анна Пациентова"
VALUE = "NUMBER:NAME"


def person(text: str) -> tuple[int, str, str]:
    """Read 555:Имя Фамилия."""
    number, _, name = text.partition(":")
    first, _, last = name.strip().partition(" ")
    if not number.isdigit() or not first:
        raise argparse.ArgumentTypeError(f"{text!r} is not {VALUE}")
    return int(number), first, last


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.fake_vk")
    parser.add_argument("--port", type=int, default=8010)
    parser.add_argument("--callback", default="", help="the site's address for events")
    parser.add_argument("--token", default=fake.TOKEN)
    parser.add_argument("--group", type=int, default=fake.GROUP_ID)
    parser.add_argument("--secret", default=fake.SECRET)
    parser.add_argument("--confirmation", default=fake.CONFIRMATION)
    parser.add_argument("--seed", type=int, help="for the same ids as the last time")
    parser.add_argument("--operator", type=person, action="append", metavar=VALUE)
    parser.add_argument("--patient", type=person, action="append", metavar=VALUE)
    return parser.parse_args()


def main() -> None:
    """Run until Ctrl-C."""
    options = parse()
    # A site remembers the messages and events of the stand-ins before this one.
    age = int(time.time() - START)
    vk = fake.FakeVK(
        callback=options.callback,
        token=options.token,
        group_id=options.group,
        secret=options.secret,
        confirmation=options.confirmation,
        seed=age if options.seed is None else options.seed,
        port=options.port,
        real=True,
        count_from=age if options.seed is None else 0,
        # The site of a newcomer is restarted now and then; nobody edits a server for that.
        rules=Rules(switch_off_after=None),
        with_schema=False,
    )
    operators = options.operator or [person(OPERATOR)]
    for user_id, first, last in [*operators, *(options.patient or [person(PATIENT)])]:
        vk.add_user(user_id, first, last)
        vk.allow(user_id)
    vk.start()
    print(f"VK     {vk.url}/   API {vk.api_url}", flush=True)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        vk.stop()


if __name__ == "__main__":
    main()
