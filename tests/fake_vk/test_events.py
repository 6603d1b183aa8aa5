"""The stand-in posts events as VK does: repeats, patience, switch-off, order."""

from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import pairwise
from threading import Thread

import pytest

from tests.fake_vk.conftest import OPERATOR, PATIENT, Call, Site
from tests.fake_vk.emitter import REPEATS
from tests.fake_vk.fake import CONFIRMATION, GROUP_ID, SECRET, FakeVK
from tests.fake_vk.transports import Reply, post_over_http

FAILURE = Reply(500, b"oops")


def write(vk: FakeVK, *texts: str) -> None:
    """Let the patient write, with no event left but the messages."""
    with vk.world.lock:
        vk.group.dialog(PATIENT).allowed = True
    for text in texts:
        vk.user_writes(PATIENT, text)


def test_the_first_message_brings_a_permission_along(vk: FakeVK, site: Site) -> None:
    vk.user_writes(PATIENT, "Здравствуйте")
    assert [attempt.ok for attempt in vk.deliver()] == [True, True]
    allow, new = site.events
    assert (allow["type"], allow["object"]["user_id"]) == ("message_allow", PATIENT)
    assert new["object"]["message"]["text"] == "Здравствуйте"
    assert (new["group_id"], new["secret"], new["v"]) == (GROUP_ID, SECRET, "5.199")
    assert len(new["event_id"]) == 40


@pytest.mark.parametrize(
    "reply",
    [
        FAILURE,
        Reply(200, b"ok\n"),
        Reply(200, b"OK"),
        Reply(200, b'"ok"'),
        Reply(200, b"\xef\xbb\xbfok"),
        Reply(201, b"ok"),
        Reply(301, b"ok"),
        TimeoutError(),
        ConnectionRefusedError(),
    ],
)
def test_only_200_and_ok_count_and_all_else_is_repeated_on_vks_schedule(
    vk: FakeVK, site: Site, reply: Reply | Exception
) -> None:
    vk.rules.switch_off_after = None
    write(vk, "Вопрос")
    site.replies = [reply] * 6
    begin = vk.clock.now()
    attempts = vk.advance(24 * 3600)
    waits = [round(attempt.moment - begin) for attempt in attempts]
    assert waits == [0, *(sum(REPEATS[: place + 1]) for place in range(len(REPEATS)))]
    counters = [headers.get("X-Retry-Counter") for headers in site.headers]
    assert counters == [None, "1", "2", "3", "4", "5"]
    assert len(vk.emitter.gone) == 1


def test_nothing_is_repeated_after_success(vk: FakeVK, site: Site) -> None:
    write(vk, "Вопрос")
    site.replies = [FAILURE]
    assert [attempt.ok for attempt in vk.advance(24 * 3600)] == [False, True]


@pytest.mark.parametrize("status", [410, 429, 503])
def test_a_site_that_asks_for_time_gets_it(vk: FakeVK, site: Site, status: int) -> None:
    write(vk, "Вопрос")
    site.replies = [Reply(status, b"", {"retry-after": "77"})]
    moments = [attempt.moment for attempt in vk.advance(3600)]
    assert moments[1] - moments[0] == 77


def test_the_wished_moment_may_be_a_date_but_not_days_away(vk: FakeVK, site: Site) -> None:
    write(vk, "Вопрос")
    date = datetime.fromtimestamp(vk.clock.now() + 120, UTC)
    site.replies = [
        Reply(503, b"", {"retry-after": format_datetime(date, usegmt=True)}),
        Reply(503, b"", {"retry-after": "10800"}),
        Reply(500, b"", {"retry-after": "5"}),
    ]
    moments = [attempt.moment for attempt in vk.advance(24 * 3600)]
    waits = [later - earlier for earlier, later in pairwise(moments)]
    assert waits == [120, REPEATS[1], REPEATS[2]]


def test_a_site_that_fails_too_often_is_switched_off_until_it_is_confirmed_again(
    vk: FakeVK, site: Site, call: Call
) -> None:
    write(vk, *"12345")
    site.always = FAILURE
    vk.deliver()
    assert len(vk.attempts) == 5
    assert vk.group.servers[1].status == "failed"
    write(vk, "упало")
    assert vk.advance(600) == []
    site.always = None
    params = {"group_id": GROUP_ID, "server_id": 1, "url": "http://site.test/", "title": "a"}
    call("groups.editCallbackServer", **params, secret_key=SECRET)
    vk.deliver()
    assert sorted(site.texts()[5:]) == list("12345")
    assert [event["object"]["message"]["text"] for event in vk.emitter.gone] == ["упало"]


def test_a_late_repeat_comes_after_what_was_written_later(vk: FakeVK, site: Site) -> None:
    write(vk, "1", "2")
    site.replies = [FAILURE]
    vk.advance(10)
    assert site.texts() == ["1", "2", "1"]


def test_two_servers_are_told_under_different_event_ids_unless_the_rule_says_otherwise(
    vk: FakeVK, site: Site
) -> None:
    vk.add_server("http://site.test/second")
    write(vk, "Вопрос")
    vk.rules.shared_event_id = True
    write(vk, "Ещё")
    vk.deliver()
    one, two, three, four = (event["event_id"] for event in site.events)
    assert one != two
    assert three == four


def test_the_word_remove_takes_the_server_away(vk: FakeVK, site: Site) -> None:
    write(vk, "Вопрос")
    site.replies = [Reply(200, b"remove")]
    vk.advance(3600)
    assert len(site.events) == 1
    assert vk.group.servers == {}


def test_the_word_version_changes_what_the_server_gets(vk: FakeVK, site: Site) -> None:
    write(vk, "1")
    site.replies = [Reply(200, b"version 5.92")]
    vk.deliver()
    write(vk, "2")
    vk.deliver()
    assert site.events[-1]["v"] == "5.92"
    assert site.events[-1]["object"]["text"] == "2"


def test_a_managers_answer_is_told_with_its_author(vk: FakeVK, site: Site) -> None:
    write(vk, "Вопрос")
    vk.manager_replies(PATIENT, "Ответ", admin_id=OPERATOR)
    vk.deliver()
    assert site.events[-1]["type"] == "message_reply"
    assert site.events[-1]["object"]["admin_author_id"] == OPERATOR


def test_reading_is_told_once(vk: FakeVK, site: Site) -> None:
    write(vk, "Вопрос")
    vk.manager_replies(PATIENT, "Ответ")
    vk.user_reads(PATIENT)
    vk.user_reads(PATIENT)
    vk.deliver()
    read = [event["object"] for event in site.events if event["type"] == "message_read"]
    assert [what["conversation_message_id"] for what in read] == [2]


def test_edits_by_people_are_not_told(vk: FakeVK, site: Site) -> None:
    message = vk.user_writes(PATIENT, "#50 да")
    vk.deliver()
    told = len(site.events)
    vk.user_edits(message, "#51 да")
    assert vk.deliver() == []
    assert len(site.events) == told


def test_a_bot_may_see_nothing_of_a_chat_but_what_mentions_it(vk: FakeVK, site: Site) -> None:
    vk.rules.chats_see_all = False
    vk.chat_writes(1, OPERATOR, "между нами")
    vk.chat_writes(1, OPERATOR, f"[club{GROUP_ID}|@lab] #50 да")
    vk.deliver()
    assert site.texts() == [f"[club{GROUP_ID}|@lab] #50 да"]
    assert site.events[0]["object"]["message"]["id"] == 0


def test_a_reply_and_a_forwarded_message_differ(vk: FakeVK, site: Site) -> None:
    write(vk, "Первое")
    first = vk.history(PATIENT)[0]
    vk.user_writes(PATIENT, "Ответ", reply_to=first.cmid)
    vk.user_writes(OPERATOR, "Смотри", forward=[first])
    vk.deliver()
    answers = [event["object"] for event in site.events if event["type"] == "message_new"]
    assert answers[1]["message"]["reply_message"]["conversation_message_id"] == 1
    (forwarded,) = answers[2]["message"]["fwd_messages"]
    assert not {"id", "peer_id"} & set(forwarded)


def test_a_site_that_answers_each_echo_is_found_out(vk: FakeVK, site: Site) -> None:
    def parrot(url: str, body: bytes, headers: dict[str, str], timeout: float) -> Reply:
        vk.manager_replies(PATIENT, "эхо")
        return Reply(200, b"ok")

    vk.emitter.transport = parrot
    write(vk, "Вопрос")
    with pytest.raises(AssertionError, match="circles"):
        vk.deliver()


def test_events_travel_over_a_real_connection() -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = CONFIRMATION.encode() if b'"confirmation"' in body else b"ok"
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, args=[0.05], daemon=True).start()
        address = f"http://127.0.0.1:{server.server_address[1]}/callback"
        with FakeVK(callback=address, transport=post_over_http) as vk:
            assert vk.confirm() == [True]
            vk.user_writes(PATIENT, "Вопрос")
            assert all(attempt.ok for attempt in vk.deliver())
        server.shutdown()


def test_the_same_seed_makes_the_same_events() -> None:
    def ids(seed: int) -> list[str]:
        site = Site()
        with FakeVK(callback="http://site.test/", transport=site, seed=seed) as vk:
            write(vk, *"123")
            vk.deliver()
        return [event["event_id"] for event in site.events]

    assert ids(1) == ids(1) != ids(2)
