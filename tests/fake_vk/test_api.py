"""The stand-in refuses what VK refuses, and says so as VK does."""

import json
from typing import Any

import pytest
import requests

from tests.fake_vk.conftest import OPERATOR, PATIENT, Call, Site
from tests.fake_vk.fake import CONFIRMATION, GROUP_ID, TOKEN, FakeVK

BUTTON = {"action": {"type": "callback", "label": "Взять", "payload": '{"t":50}'}}


def keyboard(*rows: list[Any], **more: Any) -> str:
    return json.dumps({"inline": True, "buttons": list(rows), **more})


@pytest.fixture(autouse=True)
def dialog(vk: FakeVK) -> None:
    """The operator has written: the community may answer."""
    vk.user_writes(OPERATOR, "Здравствуйте")


# --- The door ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("how", "code_expected"),
    [
        ({"token": "stolen"}, 5),
        ({"token": ""}, 5),
        ({"v": ""}, 8),
        ({"v": "5.50"}, 8),
        ({"v": "6.0"}, 8),
        ({"v": "latest"}, 8),
    ],
)
def test_a_call_without_the_right_token_or_version_is_refused(
    code: Call, how: dict[str, str], code_expected: int
) -> None:
    assert code("users.get", user_ids=OPERATOR, **how) == code_expected


@pytest.mark.parametrize("name", ["messages.Send", "messages.send/", "execute.it", ""])
def test_an_unknown_method_is_refused_and_case_counts(code: Call, name: str) -> None:
    assert code(name) == 3


def test_a_json_body_is_not_read(vk: FakeVK) -> None:
    answer = requests.post(
        f"{vk.api_url}/users.get",
        json={"user_ids": OPERATOR, "v": "5.199", "access_token": TOKEN},
        timeout=5,
    )
    assert answer.json()["error"]["error_code"] == 100


def test_the_token_may_come_in_the_body_and_the_log_says_where_but_not_what(
    vk: FakeVK, call: Call
) -> None:
    assert "response" in call("users.get", token="", access_token=TOKEN, user_ids=OPERATOR)
    requests.get(
        f"{vk.api_url}/users.get?v=5.199&user_ids=1&access_token={TOKEN}", timeout=5
    ).json()
    assert [request.token_in for request in vk.requests] == ["body", "query"]
    assert TOKEN not in repr(vk.requests)


def test_a_refusal_repeats_the_parameters_but_never_the_token(call: Call) -> None:
    error = call("messages.send", peer_id=1, random_id=1, message="секрет", access_token="x")
    params = {item["key"]: item["value"] for item in error["error"]["request_params"]}
    assert params["method"] == "messages.send"
    assert params["message"] == "секрет"
    assert "access_token" not in params


def test_the_twenty_first_call_in_a_second_is_one_too_many(vk: FakeVK, code: Call) -> None:
    codes = [code("users.get", user_ids=OPERATOR) for _ in range(21)]
    assert codes == [0] * 20 + [6]
    vk.clock.advance(1)
    assert code("users.get", user_ids=OPERATOR) == 0


def test_a_token_without_the_right_is_refused(vk: FakeVK, code: Call) -> None:
    vk.add_token("weak", rights=["messages"])
    assert code("groups.getCallbackServers", token="weak", group_id=GROUP_ID) == 15
    assert code("messages.getHistory", token="weak", peer_id=OPERATOR) == 0


def test_a_revoked_token_is_refused(vk: FakeVK, code: Call) -> None:
    vk.revoke_token()
    assert code("groups.getById") == 5


def test_another_community_is_none_of_the_tokens_business(vk: FakeVK, code: Call) -> None:
    vk.add_group(1234)
    assert code("groups.getCallbackConfirmationCode", group_id=1234) == 15
    assert code("messages.getHistory", group_id=1234, peer_id=OPERATOR) == 15


# --- Sending -------------------------------------------------------------------------------------

GOOD = {"peer_id": OPERATOR, "random_id": 1, "message": "Привет"}


@pytest.mark.parametrize(
    ("change", "code_expected"),
    [
        ({"random_id": ""}, 100),
        ({"random_id": "x"}, 100),
        ({"random_id": 2**31}, 100),
        ({"message": ""}, 100),
        ({"message": "  "}, 100),
        ({"peer_id": ""}, 100),
        ({"peer_id": "abc"}, 100),
        ({"peer_id": -5}, 100),
        ({"peer_ids": "1,2"}, 100),
        ({"peer_id": PATIENT}, 901),
        ({"peer_id": 2_000_000_009}, 917),
        ({"message": "а" * 9001}, 914),
        ({"attachment": "photo1_2"}, 100),
        ({"attachment": "../etc/passwd"}, 100),
        ({"forward": "{"}, 100),
        ({"forward": "[]"}, 100),
        ({"forward": '{"peer_id":1,"conversation_message_ids":[1],"is_reply":true}'}, 100),
        ({"reply_to": 99}, 100),
        ({"payload": "x" * 1001}, 100),
    ],
)
def test_a_message_that_vk_would_not_take_is_refused_and_not_sent(
    vk: FakeVK, code: Call, change: dict[str, Any], code_expected: int
) -> None:
    assert code("messages.send", **{**GOOD, **change}) == code_expected
    assert vk.received(OPERATOR) == []


@pytest.mark.parametrize(
    "bad",
    [
        "{",
        "[]",
        "{}",
        '{"buttons":{}}',
        keyboard([]),
        keyboard(one_time=True),
        keyboard([BUTTON], one_time=True),
        keyboard([BUTTON] * 6),
        keyboard(*[[BUTTON]] * 7),
        keyboard(*[[BUTTON] * 5] * 3),
        keyboard([{"action": {"type": "callback", "label": "а" * 41}}]),
        keyboard([{"action": {"type": "callback", "label": ""}}]),
        keyboard([{"action": {"type": "dance", "label": "а"}}]),
        keyboard([{"action": {"type": "open_link", "label": "а", "link": "javascript:1"}}]),
        keyboard([{"action": {"type": "text", "label": "а", "payload": "x"}}]),
        keyboard([{"action": {"type": "text", "label": "а", "payload": "[1]"}}]),
        keyboard([{"action": {"type": "text", "label": "а", "payload": {"x": "й" * 255}}}]),
        keyboard([{**BUTTON, "color": "blue"}]),
        keyboard([{"label": "без действия"}]),
        keyboard(["кнопка"]),
        json.dumps({"buttons": [[BUTTON]] * 11}),
    ],
)
def test_a_keyboard_that_vk_would_not_take_is_refused(code: Call, bad: str) -> None:
    assert code("messages.send", **GOOD, keyboard=bad) == 911


def test_keyboards_need_the_bot_features_of_the_community(vk: FakeVK, code: Call) -> None:
    vk.group.bots_enabled = False
    assert code("messages.send", **GOOD, keyboard=keyboard([BUTTON])) == 912


def test_the_limit_of_a_message_can_be_the_smaller_one(vk: FakeVK, code: Call) -> None:
    vk.rules.message_limit = 4096
    assert code("messages.send", **{**GOOD, "message": "а" * 4097}) == 914


def test_the_limit_of_a_message_can_count_an_emoji_twice(
    vk: FakeVK, call: Call, code: Call
) -> None:
    vk.rules.message_limit = 4096
    assert "response" in call("messages.send", **{**GOOD, "message": "😀" * 4096})
    vk.rules.counts_utf16 = True
    assert code("messages.send", **{**GOOD, "message": "😀" * 2049}) == 914
    assert "response" in call("messages.send", **{**GOOD, "random_id": 8, "message": "😀" * 2048})


def test_many_recipients_are_answered_one_by_one(vk: FakeVK, call: Call) -> None:
    answer = call("messages.send", peer_ids=f"{OPERATOR},{PATIENT}", random_id=7, message="Вопрос")
    sent, refused = answer["response"]
    assert sent == {"peer_id": OPERATOR, "message_id": 2, "conversation_message_id": 2}
    assert refused["error"]["code"] == 901
    assert vk.texts(OPERATOR) == ["Вопрос"]
    assert vk.history(PATIENT) == []


def test_a_hundred_recipients_are_the_most(code: Call) -> None:
    peers = ",".join(map(str, range(1, 102)))
    assert code("messages.send", peer_ids=peers, random_id=1, message="x") == 100


def test_the_same_random_id_sends_once_within_the_hour_and_a_hundred_messages(
    vk: FakeVK, call: Call
) -> None:
    first = call("messages.send", **GOOD)["response"]
    assert call("messages.send", **GOOD)["response"] == first
    vk.clock.advance(3601)
    later = call("messages.send", **GOOD)["response"]
    assert later != first
    for number in range(100):
        vk.user_writes(OPERATOR, f"{number}")
    assert call("messages.send", **GOOD)["response"] != later
    assert vk.texts(OPERATOR) == ["Привет"] * 3


def test_a_random_id_of_zero_is_no_shield(vk: FakeVK, call: Call) -> None:
    for _ in range(2):
        call("messages.send", **{**GOOD, "random_id": 0})
    assert len(vk.received(OPERATOR)) == 2


def test_who_forbids_messages_gets_none_until_they_write(vk: FakeVK, code: Call) -> None:
    vk.deny(OPERATOR)
    assert code("messages.send", **GOOD) == 901
    vk.user_writes(OPERATOR, "Я передумал")
    assert code("messages.send", **GOOD) == 0


def test_what_the_community_sends_comes_back_as_message_reply(
    vk: FakeVK, site: Site, call: Call
) -> None:
    call("messages.send", **{**GOOD, "random_id": 77})
    vk.deliver()
    echo = site.events[-1]
    assert echo["type"] == "message_reply"
    assert echo["object"]["random_id"] == 77
    assert echo["object"]["from_id"] == -GROUP_ID
    assert echo["object"]["out"] == 1
    assert "admin_author_id" not in echo["object"]


def test_numbers_count_by_community_and_by_conversation_and_chats_have_no_first(
    vk: FakeVK,
) -> None:
    second = vk.user_writes(PATIENT, "а")
    in_chat = vk.chat_writes(3, OPERATOR, "б")
    third = vk.user_writes(PATIENT, "в")
    numbers = [(found.id, found.cmid) for found in (second, in_chat, third)]
    assert numbers == [(2, 1), (0, 1), (3, 2)]
    assert in_chat.peer_id == 2_000_000_003


def test_a_reply_carries_the_message_it_answers(vk: FakeVK, call: Call) -> None:
    forward = {"peer_id": OPERATOR, "conversation_message_ids": [1], "is_reply": True}
    call("messages.send", **GOOD, forward=json.dumps(forward))
    assert vk.received(OPERATOR)[0].reply == vk.history(OPERATOR)[0]


# --- Changing and reading ------------------------------------------------------------------------


def test_the_community_edits_its_own_message_for_a_day(
    vk: FakeVK, site: Site, call: Call, code: Call
) -> None:
    call("messages.send", **GOOD)
    assert code("messages.edit", peer_id=OPERATOR, cmid=2, message="Иначе") == 0
    assert vk.texts(OPERATOR) == ["Иначе"]
    vk.deliver()
    assert site.events[-1]["type"] == "message_edit"
    assert code("messages.edit", peer_id=OPERATOR, cmid=1, message="Чужое") == 920
    assert code("messages.edit", peer_id=OPERATOR, cmid=99, message="Нет такого") == 100
    vk.clock.advance(24 * 3600)
    assert code("messages.edit", peer_id=OPERATOR, cmid=2, message="Поздно") == 909


def test_the_community_deletes_its_own_message_and_no_other(vk: FakeVK, call: Call) -> None:
    call("messages.send", **GOOD)
    own, foreign, none = call("messages.delete", peer_id=OPERATOR, cmids="2,1,9", delete_for_all=1)[
        "response"
    ]
    assert own["response"] == 1
    assert (foreign["error"]["code"], none["error"]["code"]) == (924, 104)
    assert [message.text for message in vk.history(OPERATOR)] == ["Здравствуйте"]


def test_history_is_read_from_its_end_in_parts(vk: FakeVK, call: Call) -> None:
    for number in range(5):
        vk.user_writes(OPERATOR, str(number))
    answer = call("messages.getHistory", peer_id=OPERATOR, count=2, offset=1)["response"]
    assert answer["count"] == 6
    assert [item["text"] for item in answer["items"]] == ["3", "2"]
    assert call("messages.getHistory", peer_id=OPERATOR, count=201)["error"]["error_code"] == 100


def test_messages_are_found_by_either_number(vk: FakeVK, call: Call) -> None:
    vk.user_writes(PATIENT, "Вопрос")
    by_id = call("messages.getById", message_ids="2,99")["response"]["items"]
    by_cmid = call(
        "messages.getByConversationMessageId", peer_id=PATIENT, conversation_message_ids="1,9"
    )["response"]["items"]
    assert [item["text"] for item in by_id] == ["Вопрос"]
    assert by_id == by_cmid


def test_conversations_that_wait_are_listed_until_answered(vk: FakeVK, call: Call) -> None:
    vk.user_writes(PATIENT, "Вопрос")
    listed = call("messages.getConversations", filter="unanswered")["response"]
    peers = [item["conversation"]["peer"]["id"] for item in listed["items"]]
    assert peers == [PATIENT, OPERATOR]
    call("messages.send", **GOOD)
    call("messages.markAsRead", peer_id=PATIENT, mark_conversation_as_read=1)
    unanswered = call("messages.getConversations", filter="unanswered")["response"]
    unread = call("messages.getConversations", filter="unread")["response"]
    assert [item["conversation"]["peer"]["id"] for item in unanswered["items"]] == [PATIENT]
    assert [item["conversation"]["peer"]["id"] for item in unread["items"]] == [OPERATOR]


def test_people_and_the_community_are_described(vk: FakeVK, call: Call) -> None:
    vk.add_user(5, "Алан", "Дзагуров", sex=2)
    people = call("users.get", user_ids="5,id5,404", fields="photo_100,sex")["response"]
    assert {(person["id"], person["first_name"], person["sex"]) for person in people} == {
        (5, "Алан", 2)
    }
    assert requests.get(people[0]["photo_100"], timeout=5).content.startswith(b"\x89PNG")
    groups = call("groups.getById")["response"]["groups"]
    assert groups[0]["id"] == GROUP_ID
    names = {item["name"] for item in call("groups.getTokenPermissions")["response"]["permissions"]}
    assert {"messages", "manage", "photos", "docs"} == names


def test_whether_a_person_may_be_written_to_is_told(vk: FakeVK, call: Call) -> None:
    def allowed(user_id: int) -> int:
        params = {"group_id": GROUP_ID, "user_id": user_id}
        return call("messages.isMessagesFromGroupAllowed", **params)["response"]["is_allowed"]

    assert (allowed(OPERATOR), allowed(PATIENT)) == (1, 0)


# --- Buttons -------------------------------------------------------------------------------------


def test_a_callback_button_is_answered_once_and_within_a_minute(vk: FakeVK, code: Call) -> None:
    code("messages.send", **GOOD, keyboard=keyboard([BUTTON]))

    def answer(event_id: str, user_id: int = OPERATOR) -> int:
        data = json.dumps({"type": "show_snackbar", "text": "Взято"})
        params = {"user_id": user_id, "peer_id": user_id, "event_data": data}
        return code("messages.sendMessageEventAnswer", event_id=event_id, **params)

    pressed = vk.press(OPERATOR, "Взять")
    assert answer(pressed, user_id=PATIENT) == 100
    assert answer(pressed) == 0
    assert answer(pressed) == 100
    late = vk.press(OPERATOR, "Взять")
    vk.clock.advance(61)
    assert answer(late) == 100
    assert answer("made-up") == 100
    assert [bar.data["text"] for bar in vk.snackbars(OPERATOR) if bar.data] == ["Взято"]


def test_a_pressed_button_tells_its_payload_as_an_object(
    vk: FakeVK, site: Site, code: Call
) -> None:
    code("messages.send", **GOOD, keyboard=keyboard([BUTTON]))
    pressed = vk.press(OPERATOR, "Взять")
    vk.deliver()
    event = site.events[-1]
    assert event["object"]["payload"] == {"t": 50}
    assert event["object"]["event_id"] == pressed != event["event_id"]


def test_a_text_button_writes_its_label_and_carries_its_payload(
    vk: FakeVK, site: Site, code: Call
) -> None:
    button = {"action": {"type": "text", "label": "На смене", "payload": {"cmd": "duty"}}}
    code("messages.send", **GOOD, keyboard=json.dumps({"one_time": True, "buttons": [[button]]}))
    vk.press(OPERATOR, "На смене")
    vk.deliver()
    message = site.events[-1]["object"]["message"]
    assert (message["text"], message["payload"]) == ("На смене", '{"cmd": "duty"}')
    with pytest.raises(LookupError):
        vk.press(OPERATOR, "На смене")


# --- Callback servers ----------------------------------------------------------------------------


def test_a_server_is_confirmed_while_it_is_added(vk: FakeVK, site: Site, call: Call) -> None:
    params = {"group_id": GROUP_ID, "url": "http://site.test/new", "title": "Сайт"}
    number = call("groups.addCallbackServer", **params, secret_key="s3cret")["response"]
    confirmation = site.events[-1]
    assert (confirmation["type"], confirmation["secret"]) == ("confirmation", "s3cret")
    listed = call("groups.getCallbackServers", group_id=GROUP_ID, **{"server_ids": 2})
    assert listed["response"]["items"][0]["status"] == "ok"
    assert number == {"server_id": 2}


def test_a_server_that_answers_anything_else_is_not_confirmed(
    vk: FakeVK, site: Site, call: Call
) -> None:
    from tests.fake_vk.transports import Reply

    for wrong in (f"{CONFIRMATION}\n", "ok", ""):
        site.replies.append(Reply(200, wrong.encode()))
        params = {"group_id": GROUP_ID, "server_id": 1, "url": "http://site.test/", "title": "a"}
        call("groups.editCallbackServer", **params)
        listed = call("groups.getCallbackServers", group_id=GROUP_ID)["response"]
        assert listed["items"][0]["status"] == "failed"


@pytest.mark.parametrize(
    ("change", "code_expected"),
    [
        ({"url": "site.test"}, 100),
        ({"url": ""}, 100),
        ({"title": "а" * 15}, 100),
        ({"secret_key": "x" * 51}, 100),
        ({"secret_key": "с пробелом"}, 100),
        ({"group_id": ""}, 100),
        ({"group_id": 5}, 15),
    ],
)
def test_a_server_that_vk_would_not_take_is_refused(
    vk: FakeVK, code: Call, change: dict[str, Any], code_expected: int
) -> None:
    good = {"group_id": GROUP_ID, "url": "http://site.test/", "title": "Сайт"}
    assert code("groups.addCallbackServer", **{**good, **change}) == code_expected
    assert len(vk.group.servers) == 1


def test_ten_servers_are_the_most(vk: FakeVK, code: Call) -> None:
    good = {"group_id": GROUP_ID, "url": "http://site.test/", "title": "Сайт"}
    assert [code("groups.addCallbackServer", **good) for _ in range(10)] == [0] * 9 + [2000]


def test_a_server_gets_only_the_events_it_was_set_to(vk: FakeVK, site: Site, call: Call) -> None:
    vk.deliver()
    site.events.clear()
    number = {"group_id": GROUP_ID, "server_id": 1}
    call("groups.setCallbackSettings", **number, message_allow=0, message_new=0)
    vk.user_writes(PATIENT, "Вопрос")
    vk.deny(PATIENT)
    vk.deliver()
    assert [event["type"] for event in site.events] == ["message_deny"]
    shown = call("groups.getCallbackSettings", **number)["response"]
    assert (shown["events"]["message_new"], shown["events"]["message_reply"]) == (0, 1)
    assert call("groups.deleteCallbackServer", **number)["response"] == 1
    assert call("groups.deleteCallbackServer", **number)["error"]["error_code"] == 104
