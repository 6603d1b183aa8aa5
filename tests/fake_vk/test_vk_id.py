"""People log in with VK ID, and whoever stole a part of the way gets no further."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from tests.fake_vk.conftest import PATIENT
from tests.fake_vk.fake import FakeVK
from tests.fake_vk.vk_id import CODE_LIFE, TOKEN_LIFE

CLIENT, BACK = "51000001", "http://site.test/accounts/vk/login/callback/"
# The pair of RFC 7636, appendix B.
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
ASKED = {
    "response_type": "code",
    "client_id": CLIENT,
    "redirect_uri": BACK,
    "state": "s1",
    "scope": "email",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


@pytest.fixture(autouse=True)
def site_is_known(vk: FakeVK) -> None:
    """The site is registered and the patient is logged in to VK."""
    vk.vk_id.register(CLIENT, BACK)
    vk.add_user(PATIENT, "Анна", "Пациентова")
    vk.vk_id.visitor = PATIENT


def authorize(vk: FakeVK, **change: str) -> requests.Response:
    url = f"{vk.url}/authorize"
    return requests.get(url, params=ASKED | change, allow_redirects=False, timeout=5)


def brought_back(answer: requests.Response) -> dict[str, str]:
    assert answer.status_code == 302
    address = answer.headers["Location"]
    assert address.startswith(f"{BACK}?")
    return dict(parse_qsl(urlsplit(address).query))


def post(vk: FakeVK, path: str, **data: Any) -> requests.Response:
    return requests.post(f"{vk.url}/oauth2/{path}", data={"client_id": CLIENT} | data, timeout=5)


def exchange(vk: FakeVK, back: dict[str, str], **change: str) -> requests.Response:
    proof = {
        "grant_type": "authorization_code",
        "code": back["code"],
        "device_id": back["device_id"],
        "redirect_uri": BACK,
        "code_verifier": VERIFIER,
    }
    return post(vk, "auth", **proof | change)


def test_a_person_is_known_after_the_whole_way(vk: FakeVK) -> None:
    back = brought_back(authorize(vk))
    assert back["state"] == "s1"
    tokens = exchange(vk, back, state="s2").json()
    assert (tokens["user_id"], tokens["state"], tokens["scope"]) == (PATIENT, "s2", "email")
    user = post(vk, "user_info", access_token=tokens["access_token"]).json()["user"]
    assert (user["user_id"], user["first_name"]) == (str(PATIENT), "Анна")
    assert "email" in user
    assert "phone" not in user


def test_the_address_or_an_order_may_say_who_agrees(vk: FakeVK) -> None:
    tokens = exchange(vk, brought_back(authorize(vk, user="5"))).json()
    assert tokens["user_id"] == 5
    requests.post(f"{vk.url}/_fake/vk_id_visitor", json={"user": 6}, timeout=5)
    assert exchange(vk, brought_back(authorize(vk))).json()["user_id"] == 6


def test_nobody_is_sent_to_an_address_that_is_not_the_sites(vk: FakeVK) -> None:
    answers = [
        authorize(vk, redirect_uri="http://thief.test/"),
        authorize(vk, redirect_uri=f"{BACK}x"),
        authorize(vk, client_id="1"),
    ]
    assert [answer.status_code for answer in answers] == [400] * 3
    assert [answer.json()["error"] for answer in answers] == [
        "invalid_request",
        "invalid_request",
        "invalid_client",
    ]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"state": ""}, "invalid_request"),
        ({"user": "nobody"}, "access_denied"),
    ],
)
def test_what_is_asked_wrongly_is_told_to_the_site_without_a_code(
    vk: FakeVK, change: dict[str, str], error: str
) -> None:
    back = brought_back(authorize(vk, **change))
    assert back["error"] == error
    assert back["error_description"]
    assert "code" not in back


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"code_verifier": "x" * 43}, "invalid_grant"),
        ({"code_verifier": CHALLENGE}, "invalid_grant"),
        ({"code_verifier": ""}, "invalid_request"),
        ({"device_id": "another"}, "invalid_grant"),
        ({"device_id": ""}, "invalid_request"),
        ({"redirect_uri": "http://site.test/"}, "invalid_grant"),
        ({"client_id": "52"}, "invalid_grant"),
        ({"client_id": "1"}, "invalid_client"),
        ({"code": "guessed"}, "invalid_grant"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ],
)
def test_a_code_without_its_proof_opens_nothing(
    vk: FakeVK, change: dict[str, str], error: str
) -> None:
    vk.vk_id.register("52", BACK)
    answer = exchange(vk, brought_back(authorize(vk)), **change)
    assert answer.status_code in {400, 401}
    assert answer.json()["error"] == error
    assert vk.vk_id.accesses == {}


def test_a_code_is_good_once_and_not_for_long(vk: FakeVK) -> None:
    back, late = (brought_back(authorize(vk)) for _ in range(2))
    assert exchange(vk, back).status_code == 200
    assert exchange(vk, back).json()["error"] == "invalid_grant"
    vk.clock.advance(CODE_LIFE + 1)
    assert exchange(vk, late).json()["error"] == "invalid_grant"


def test_a_token_ends_and_is_renewed_once_on_its_device(vk: FakeVK) -> None:
    back = brought_back(authorize(vk))
    tokens = exchange(vk, back).json()
    vk.clock.advance(TOKEN_LIFE)
    old = post(vk, "user_info", access_token=tokens["access_token"])
    assert (old.status_code, old.json()["error"]) == (401, "invalid_token")
    asked = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    fresh = post(vk, "auth", **asked, device_id=back["device_id"]).json()
    assert "user" in post(vk, "user_info", access_token=fresh["access_token"]).json()
    again = post(vk, "auth", **asked, device_id=back["device_id"])
    assert again.json()["error"] == "invalid_grant"
    asked["refresh_token"] = fresh["refresh_token"]
    assert post(vk, "auth", **asked, device_id="another").json()["error"] == "invalid_grant"


def test_a_token_tells_another_site_nothing(vk: FakeVK) -> None:
    token = exchange(vk, brought_back(authorize(vk))).json()["access_token"]
    answer = post(vk, "user_info", access_token=token, client_id="52")
    assert answer.json()["error"] == "invalid_client"


def test_secrets_do_not_travel_in_addresses(vk: FakeVK) -> None:
    assert requests.get(f"{vk.url}/oauth2/auth", timeout=5).status_code == 405
    assert requests.post(f"{vk.url}/authorize", data=ASKED, timeout=5).status_code == 405
