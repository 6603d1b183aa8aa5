"""Who may do what in the chat. Every door asks here, and nowhere else."""

import hashlib
from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.utils.crypto import salted_hmac

from accounts.models import User

ANSWER = "chat.answer_chat"
MANAGE = "chat.manage_chat"

VISITOR_COOKIE = "kdl_chat"
SECRET_LENGTH = 64

Anyone = User | AnonymousUser | AbstractBaseUser


@dataclass(frozen=True)
class Visitor:
    """Who comes through the public door: a cookie, an account, both or neither.

    `secret_hash` is the hash of the cookie's secret, `network_hash` a keyed hash of where the
    request comes from; neither can be turned back.
    """

    secret_hash: str | None = None
    user_id: int | None = None
    network_hash: str = ""


def may_answer(user: Anyone) -> bool:
    """Say whether the person is an operator: active, with the right «отвечать в чате»."""
    return bool(user.is_active and isinstance(user, User) and user.has_perm(ANSWER))


def may_manage(user: Anyone) -> bool:
    """Say whether the person may block, erase, export and read reports."""
    return bool(user.is_active and isinstance(user, User) and user.has_perm(MANAGE))


def new_secret(client_id: UUID) -> str:
    """Return the 256-bit secret of the visitor whose first message has this idempotency key.

    Derived, not drawn: a first message that is repeated because its answer was lost gets the same
    secret, though nothing but its hash is stored. Only the site's key can derive it.
    """
    return salted_hmac("chat.visitor", client_id.bytes, algorithm="sha256").hexdigest()


def is_secret(value: str) -> bool:
    """Say whether a cookie looks like one of ours; others are not even looked up."""
    return len(value) == SECRET_LENGTH and value.isascii() and value.isalnum()


def hash_of(secret: str) -> str:
    """Return what is stored of a visitor's secret (it is random: a plain hash is enough)."""
    return hashlib.sha256(secret.encode()).hexdigest()


def hash_of_network(network: str) -> str:
    """Return what is stored of an address: keyed, since addresses are few enough to try all."""
    if not network:
        return ""
    return salted_hmac("chat.network", network, algorithm="sha256").hexdigest()
