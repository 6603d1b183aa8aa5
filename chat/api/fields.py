"""What a JSON body must hold: each field of one kind, everything else refused."""

import json
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import HttpRequest, RawPostDataException, UnreadablePostError
from django.utils.translation import gettext as _

from chat.errors import ChatError, Invalid, TooLarge
from site_config.common.malformed import UNSTORABLE

LARGEST_BODY = 64 * 1024
LARGEST_NUMBER = 2**31 - 1


def body_of(request: HttpRequest) -> dict[str, Any]:
    """Return the JSON object of a request. Raises Invalid, TooLarge."""
    if request.content_type != "application/json":
        raise Invalid(_("JSON is expected."))
    try:
        length = int(request.headers.get("Content-Length") or 0)
        raw = request.read(LARGEST_BODY + 1)
    except (ValueError, UnreadablePostError, RawPostDataException) as error:
        raise Invalid from error
    if max(length, len(raw)) > LARGEST_BODY:
        raise TooLarge
    try:
        data = json.loads(raw.decode())
    except (ValueError, RecursionError) as error:
        raise Invalid from error
    if not isinstance(data, dict):
        raise Invalid
    return data


def text(data: dict[str, Any], field: str, default: str = "") -> str:
    """Return a field that is a string which can be written down as UTF-8."""
    value = data.get(field, default)
    if not isinstance(value, str):
        raise Invalid(_("A text is expected."), field=field)
    if UNSTORABLE.search(value):
        raise Invalid(_("The text holds signs that cannot be read."), field=field)
    return value


def number(data: dict[str, Any], field: str) -> int:
    """Return a field that is a whole number from 0 to 2,147,483,647."""
    value = data.get(field)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= LARGEST_NUMBER:
        raise Invalid(_("A whole number is expected."), field=field)
    return value


def number_or_none(data: dict[str, Any], field: str) -> int | None:
    """Return a field that is such a number, None if it is not there."""
    return number(data, field) if field in data else None


def flag(data: dict[str, Any], field: str) -> bool:
    """Return a field that is true or false; false if it is not there."""
    value = data.get(field, False)
    if not isinstance(value, bool):
        raise Invalid(field=field)
    return value


def uuid(data: dict[str, Any], field: str) -> UUID:
    """Return a field that is a UUID in its usual spelling."""
    return _uuid(data.get(field), field)


def uuids(data: dict[str, Any], field: str) -> list[UUID]:
    """Return a field that is a list of UUIDs; an empty one if it is not there."""
    value = data.get(field, [])
    if not isinstance(value, list):
        raise Invalid(field=field)
    return [_uuid(one, field) for one in value]


def _uuid(value: Any, field: str) -> UUID:
    try:
        parsed = UUID(value) if isinstance(value, str) else None
    except ValueError:
        parsed = None
    if parsed is None or str(parsed) != value.lower():
        raise Invalid(_("A UUID is expected."), field=field)
    return parsed


def part(data: dict[str, Any], field: str) -> dict[str, Any]:
    """Return a field that is an object; an empty one if it is not there or null."""
    value = data.get(field)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Invalid(field=field)
    return value


def choice(data: dict[str, Any], field: str, choices: tuple[str, ...]) -> str:
    """Return a field that is one of the choices; the first if it is not there."""
    value = data.get(field, choices[0])
    if not isinstance(value, str) or value not in choices:
        raise Invalid(field=field)
    return value


def email(data: dict[str, Any], field: str) -> str:
    """Return a field that is an e-mail address, or an empty string."""
    value = text(data, field).strip()
    if value:
        try:
            validate_email(value)
        except ValidationError as error:
            raise Invalid(_("This is not an e-mail address."), field=field) from error
    return value


def query_number(request: HttpRequest, field: str, *, error: type[ChatError] = Invalid) -> int:
    """Return a parameter of the address that is a whole number in ASCII digits."""
    value = request.GET.get(field, "")
    if not (value.isascii() and value.isdigit() and len(value) <= 10):
        raise error(field=field)
    parsed = int(value)
    if parsed > LARGEST_NUMBER:
        raise error(field=field)
    return parsed
