"""The demo page and its orders: what the page promises happens, strangers cannot give orders."""

import base64
from typing import Any

import pytest
import requests

from tests.fake_vk.conftest import OPERATOR, PATIENT, Call
from tests.fake_vk.fake import TOKEN, FakeVK
from tests.fake_vk.files import png


@pytest.fixture
def do(vk: FakeVK) -> Any:
    """Give an order."""

    def do(action: str, **order: Any) -> Any:
        return requests.post(f"{vk.url}/_fake/{action}", json=order, timeout=5).json()

    return do


@pytest.fixture
def see(vk: FakeVK) -> Any:
    """Look at something."""

    def see(view: str, **query: Any) -> Any:
        return requests.get(f"{vk.url}/_fake/{view}", params=query, timeout=5).json()

    return see


def test_a_conversation_can_be_played_without_python(do: Any, see: Any, call: Call) -> None:
    do("add_user", id=OPERATOR, name="Мария Операторова")
    do("user_writes", peer=OPERATOR, text="Здравствуйте")
    call("messages.send", peer_ids=OPERATOR, random_id=1, message="#50 Вопрос")
    picture = {"name": "a.png", "data": base64.b64encode(png(4, 3)).decode()}
    do("user_writes", peer=OPERATOR, text="Ответ", reply_to=2, file=picture)
    shown = see("dialog", peer=OPERATOR)
    assert [message["text"] for message in shown["messages"]] == [
        "Здравствуйте",
        "#50 Вопрос",
        "Ответ",
    ]
    assert shown["messages"][2]["reply_message"]["text"] == "#50 Вопрос"
    assert shown["messages"][2]["attachments"][0]["type"] == "photo"
    assert [message["text"] for message in see("outbox", peer=OPERATOR)] == ["#50 Вопрос"]
    assert see("state")["users"] == [{"id": OPERATOR, "name": "Мария Операторова"}]
    assert TOKEN not in str(see("requests"))


def test_time_trouble_and_oblivion_can_be_ordered(vk: FakeVK, do: Any, code: Call) -> None:
    before = vk.clock.now()
    do("advance_clock", seconds=180)
    assert vk.clock.now() == before + 180
    do("fault", target="groups.getById", kind="error", code=10)
    assert code("groups.getById") == 10
    do("user_writes", peer=PATIENT, text="Вопрос")
    do("deny", peer=PATIENT)
    assert len(do("deliver")["result"]) == 3
    do("reset")
    assert vk.history(PATIENT) == []


@pytest.mark.parametrize(
    ("action", "order"),
    [
        ("fly", {}),
        ("user_writes", {"text": "кто?"}),
        ("user_writes", {"peer": "x", "text": "а"}),
        ("user_writes", {"peer": 5, "text": 7}),
        ("user_writes", {"peer": 5, "text": "а" * 4097}),
        ("user_writes", {"peer": 5, "text": "а", "reply_to": 9}),
        ("user_writes", {"peer": 5, "text": "а", "file": {"name": "x", "data": "%"}}),
        ("press_button", {"peer": 5, "label": "нет такой"}),
        ("fault", {"target": "*", "kind": "earthquake"}),
        ("fault", {"target": "*", "kind": "error", "unheard": 1}),
        ("advance_clock", {"seconds": -5}),
    ],
)
def test_a_senseless_order_is_refused_in_words(
    do: Any, vk: FakeVK, action: str, order: dict[str, Any]
) -> None:
    assert do(action, **order)["error"]
    assert vk.history(5) == []


def test_another_site_in_the_same_browser_cannot_give_orders(vk: FakeVK) -> None:
    address = f"{vk.url}/_fake/user_writes"
    form = requests.post(address, data='{"peer":5,"text":"a"}', timeout=5)
    rebound = requests.post(
        address, json={"peer": 5, "text": "a"}, headers={"Host": "evil.example"}, timeout=5
    )
    assert (form.status_code, rebound.status_code) == (403, 403)
    assert vk.history(5) == []


def test_the_page_and_its_files_keep_to_themselves(vk: FakeVK) -> None:
    for path in ("/", "/page.css", "/page.js"):
        answer = requests.get(vk.url + path, timeout=5)
        assert answer.status_code == 200
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "https://" not in answer.text
        assert "style=" not in answer.text
