"""Several calls in one request: each is answered, refused and looked at as if it came alone."""

import json
from typing import Any

import pytest

from tests.fake_vk.conftest import OPERATOR, PATIENT, Call, Site
from tests.fake_vk.fake import GROUP_ID, TOKEN, FakeVK


@pytest.fixture(autouse=True)
def dialog(vk: FakeVK) -> None:
    """The operator has written: the community may answer; the patient has not."""
    vk.user_writes(OPERATOR, "Здравствуйте")


def inner(method: str, **params: Any) -> str:
    return f"API.{method}({json.dumps(params, ensure_ascii=False)})"


def send(peer: int, text: str = 'а; ] } " ) API.users.get({})') -> str:
    return inner("messages.send", peer_id=peer, random_id=0, message=text)


def test_one_call_is_answered_as_it_is_alone(vk: FakeVK, call: Call) -> None:
    answer = call("execute", code=f"return {send(OPERATOR)};")
    assert answer == {"response": vk.received(OPERATOR)[0].id}
    assert vk.texts(OPERATOR) == ['а; ] } " ) API.users.get({})']


def test_a_list_and_an_object_are_answered_in_their_form(call: Call) -> None:
    allowed = inner("messages.isMessagesFromGroupAllowed", group_id=GROUP_ID, user_id=OPERATOR)
    read = inner("messages.markAsRead", peer_id=OPERATOR, mark_conversation_as_read=True)
    yes = {"is_allowed": 1}
    assert call("execute", code=f"return [{allowed}, {read}];") == {"response": [yes, 1]}
    code = f'\n return {{"may": {allowed},\n "read" : {read} }} ;\n'
    assert call("execute", code=code) == {"response": {"may": yes, "read": 1}}


def test_arguments_may_be_lists_and_objects(vk: FakeVK, call: Call) -> None:
    vk.add_user(PATIENT, "Анна")
    button = {"action": {"type": "callback", "label": "Взять", "payload": '{"t":50}'}}
    who = inner("users.get", user_ids=[OPERATOR, PATIENT])
    what = inner(
        "messages.send",
        peer_ids=[OPERATOR],
        random_id=1,
        message="Вопрос",
        keyboard={"inline": True, "buttons": [[button]]},
        payload=None,
    )
    people, sent = call("execute", code=f"return [{who}, {what}];")["response"]
    assert [person["id"] for person in people] == [OPERATOR, PATIENT]
    assert sent[0]["peer_id"] == OPERATOR
    assert vk.press(OPERATOR, "Взять")


def test_what_fails_is_false_in_its_place_and_the_others_are_done(vk: FakeVK, call: Call) -> None:
    unknown = inner("messages.Send", peer_id=OPERATOR)
    answer = call("execute", code=f"return [{send(PATIENT)}, {unknown}, {send(OPERATOR, 'да')}];")
    assert answer["response"] == [False, False, vk.received(OPERATOR)[0].id]
    errors = [(error["method"], error["error_code"]) for error in answer["execute_errors"]]
    assert errors == [("messages.send", 901), ("messages.Send", 3)]
    assert "error" not in answer


def test_each_call_needs_its_own_right_and_group(vk: FakeVK, call: Call) -> None:
    vk.add_token("weak", rights=["messages"])
    vk.add_group(1234)
    servers = inner("groups.getCallbackServers", group_id=GROUP_ID)
    foreign = inner("messages.getHistory", group_id=1234, peer_id=OPERATOR)
    code = f"return [{send(OPERATOR)}, {servers}, {foreign}];"
    answer = call("execute", token="weak", code=code)
    assert [error["error_code"] for error in answer["execute_errors"]] == [15, 15]
    assert answer["response"][1:] == [False, False]
    assert len(vk.received(OPERATOR)) == 1


def test_twenty_five_calls_are_one_for_the_rate_and_one_more_is_too_many(
    vk: FakeVK, call: Call, code: Call
) -> None:
    def many(count: int) -> str:
        return f"return [{','.join([send(OPERATOR)] * count)}];"

    assert len(call("execute", code=many(25))["response"]) == 25
    assert len(vk.requests) == 1
    assert code("execute", code=many(26)) == 13
    assert len(vk.received(OPERATOR)) == 25
    codes = [code("execute", code=f"return {send(OPERATOR)};") for _ in range(19)]
    assert codes == [0] * 18 + [6]


@pytest.mark.parametrize(
    "bad",
    [
        "{call};",
        "return {call}",
        "return {call}; return 1;",
        "return [{call}, 1];",
        "return [];",
        "return [{call};",
        "return {{x: {call}}};",
        "var x = {call}; return x;",
        "return {call}.length;",
        "return {call} + {call};",
        "return API.messages.send([1]);",
        "return API.messages.send();",
        "return API.messages.send({{peer_id: 5}});",
        'return API.execute({{"code": "return 1;"}});',
        "return API.messages.send({{}}, {{}});",
    ],
)
def test_what_it_cannot_read_is_refused_and_nothing_of_it_is_done(
    vk: FakeVK, code: Call, bad: str
) -> None:
    assert code("execute", code=bad.format(call=send(OPERATOR))) == 13
    assert vk.received(OPERATOR) == []


def test_without_code_there_is_nothing_to_do(code: Call) -> None:
    assert code("execute") == 100


def test_a_call_that_vk_does_not_describe_is_noted_inside_too(site: Site) -> None:
    import requests

    with (
        pytest.raises(AssertionError, match="unknown parameter colour"),
        FakeVK(callback="http://site.test/", transport=site) as vk,
    ):
        code = f"return {inner('users.get', user_ids=OPERATOR, colour='red')};"
        data = {"v": "5.199", "access_token": TOKEN, "code": code}
        requests.post(f"{vk.api_url}/execute", data=data, timeout=5)
