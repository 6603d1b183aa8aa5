"""VK ID: people log in to a site with their account (OAuth 2.1 with PKCE).

Nobody is asked: the visitor, or the one that the address names with `user`, agrees at once. People
and sites are refused in OAuth's form, {"error", "error_description"}.
"""

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from tests.fake_vk.state import User, World

VERIFIER = re.compile(r"[A-Za-z0-9_-]{43,128}", re.ASCII)
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
CODE_LIFE = 600.0
TOKEN_LIFE = 3600
SCOPE = "vkid.personal_info"


class Refusal(Exception):
    """OAuth's error, told to the site that calls or to the person's browser."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.status = status
        self.json = {"error": error, "error_description": description}


@dataclass
class Consent:
    """A person who agreed that a site may know them, and on which device."""

    user: User
    client_id: str
    device_id: str
    scope: str


@dataclass
class Code:
    """What the browser brings back to the site; it is good for one exchange."""

    consent: Consent
    redirect_uri: str
    challenge: str
    born: float


@dataclass
class Access:
    """A token and until when it is good."""

    consent: Consent
    ends: float


@dataclass
class VkId:
    """Everything that VK ID remembers. Sites are registered by the tests or by the control."""

    world: World
    # The addresses that a site may have people sent back to, by its client_id.
    sites: dict[str, set[str]] = field(default_factory=dict)
    # Who uses the browser.
    visitor: int | None = None
    codes: dict[str, Code] = field(default_factory=dict)
    accesses: dict[str, Access] = field(default_factory=dict)
    refreshes: dict[str, Consent] = field(default_factory=dict)

    def register(self, client_id: str, redirect_uri: str) -> None:
        """Let a site have people sent back to this address."""
        with self.world.lock:
            self.sites.setdefault(client_id, set()).add(redirect_uri)

    def authorize(self, params: dict[str, str]) -> str:
        """Return where the browser is sent; a Refusal is for the person who looks at it.

        What is wrong with an address that is not the site's own is never told to that address.
        """
        with self.world.lock:
            addresses = self.sites.get(params.get("client_id", ""))
            if addresses is None:
                raise Refusal("invalid_client", "client_id is not registered")
            back = params.get("redirect_uri", "")
            if back not in addresses:
                raise Refusal("invalid_request", "redirect_uri is not registered")
            try:
                answer = self._agree(params)
            except Refusal as refusal:
                answer = refusal.json
            answer["state"] = params.get("state", "")
            return f"{back}{'&' if '?' in back else '?'}{urlencode(answer)}"

    def _agree(self, params: dict[str, str]) -> dict[str, str]:
        if params.get("response_type") != "code":
            raise Refusal("unsupported_response_type", "response_type is code")
        if params.get("code_challenge_method") != "S256":
            raise Refusal("invalid_request", "code_challenge_method is S256")
        challenge = params.get("code_challenge", "")
        if not CHALLENGE.fullmatch(challenge):
            raise Refusal("invalid_request", "code_challenge is no SHA-256 in base64url")
        if not params.get("state"):
            raise Refusal("invalid_request", "state is missing")
        named = params.get("user") or str(self.visitor or "")
        if not named.isdigit():
            raise Refusal("access_denied", "nobody is logged in to VK")
        consent = Consent(
            user=self.world.user(int(named)),
            client_id=params["client_id"],
            device_id=self.world.hex_word(32),
            scope=params.get("scope") or SCOPE,
        )
        code = f"vk2.a.{self.world.hex_word(40)}"
        self.codes[code] = Code(consent, params["redirect_uri"], challenge, self.world.clock.now())
        return {"code": code, "device_id": consent.device_id, "type": "code_v2"}

    def exchange(self, params: dict[str, str]) -> dict[str, Any]:
        """Answer /oauth2/auth: tokens for a code, or new ones for a refresh token."""
        grants: dict[str, Callable[[dict[str, str]], Consent]] = {
            "authorization_code": self._by_code,
            "refresh_token": self._by_refresh,
        }
        with self.world.lock:
            if params.get("client_id") not in self.sites:
                raise Refusal("invalid_client", "client_id is not registered", 401)
            grant = grants.get(params.get("grant_type", ""))
            if not grant:
                raise Refusal("unsupported_grant_type", "grant_type is not known")
            echo = {"state": params["state"]} if "state" in params else {}
            return self._tokens(grant(params)) | echo

    def _by_code(self, params: dict[str, str]) -> Consent:
        require(params, "code", "code_verifier", "device_id", "redirect_uri")
        # Whoever shows a code spends it, with the right proof or a wrong one.
        code = self.codes.pop(params["code"], None)
        if not code or code.born + CODE_LIFE < self.world.clock.now():
            raise Refusal("invalid_grant", "code is spent, too old or was never given")
        verifier = params["code_verifier"]
        if not VERIFIER.fullmatch(verifier) or challenge_of(verifier) != code.challenge:
            raise Refusal("invalid_grant", "code_verifier does not fit code_challenge")
        if params["redirect_uri"] != code.redirect_uri:
            raise Refusal("invalid_grant", "redirect_uri is another one than before")
        return same_site(params, code.consent)

    def _by_refresh(self, params: dict[str, str]) -> Consent:
        require(params, "refresh_token", "device_id")
        consent = self.refreshes.pop(params["refresh_token"], None)
        if not consent:
            raise Refusal("invalid_grant", "refresh_token is spent or was never given")
        return same_site(params, consent)

    def _tokens(self, consent: Consent) -> dict[str, Any]:
        access, refresh = (f"vk2.a.{self.world.hex_word(40)}" for _ in range(2))
        self.accesses[access] = Access(consent, self.world.clock.now() + TOKEN_LIFE)
        self.refreshes[refresh] = consent
        return {
            "access_token": access,
            "refresh_token": refresh,
            "id_token": ".".join(self.world.hex_word(20) for _ in range(3)),
            "token_type": "Bearer",
            "expires_in": TOKEN_LIFE,
            "user_id": consent.user.id,
            "scope": consent.scope,
        }

    def user_info(self, params: dict[str, str]) -> dict[str, Any]:
        """Answer /oauth2/user_info: who the person is, as far as they agreed to tell."""
        with self.world.lock:
            access = self.accesses.get(params.get("access_token", ""))
            if not access or access.ends <= self.world.clock.now():
                raise Refusal("invalid_token", "access_token is too old or was never given", 401)
            consent = access.consent
            if params.get("client_id") != consent.client_id:
                raise Refusal("invalid_client", "the token is another site's", 401)
            return {"user": person_json(self.world, consent)}


def require(params: dict[str, str], *names: str) -> None:
    """Refuse a request that lacks one of these."""
    for name in names:
        if not params.get(name):
            raise Refusal("invalid_request", f"{name} is missing")


def same_site(params: dict[str, str], consent: Consent) -> Consent:
    """Return the consent if it is this site's, on this device."""
    if params["client_id"] != consent.client_id:
        raise Refusal("invalid_grant", "it was given to another client_id")
    if params["device_id"] != consent.device_id:
        raise Refusal("invalid_grant", "it was given to another device_id")
    return consent


def challenge_of(verifier: str) -> str:
    """Return what a site shows beforehand of a secret that it tells afterwards."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def person_json(world: World, consent: Consent) -> dict[str, Any]:
    """Return a person as VK ID does: their number is a text here."""
    user = consent.user
    body: dict[str, Any] = {
        "user_id": str(user.id),
        "first_name": user.first_name,
        "last_name": user.last_name,
        "avatar": f"{world.files_url}/files/portrait-{user.id}.png",
        "sex": user.sex,
        "verified": False,
        "birthday": "",
    }
    secrets = {"email": f"{user.screen_name}@example.org", "phone": "79000000000"}
    return body | {name: secrets[name] for name in consent.scope.split() if name in secrets}
