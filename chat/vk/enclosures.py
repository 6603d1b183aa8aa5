"""What of a message is not text: which files can be taken over, what stands for the rest."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from chat.vk import words

LONGEST_URL = 2000
LONGEST_NAME = 200
LONGEST_LINK = 1000
# VK allows ten; a message that says otherwise is not of VK's making.
MOST = 20
# Of forwarded messages; VK allows five hundred, nested.
MOST_QUOTED = 50


@dataclass(frozen=True)
class Enclosure:
    """One thing beside the text. `url`: where its file lies, None if it is not taken over."""

    line: str
    url: str | None = None
    name: str = ""


def of(raw: dict[str, Any]) -> list[Enclosure]:
    """Return what a message of VK's carries beside its text."""
    given = raw.get("attachments")
    attachments = [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []
    found = [_enclosure(one) for one in attachments[:MOST]]
    if isinstance(raw.get("geo"), dict):
        found.append(Enclosure(words.placeholder("geo")))
    if raw.get("fwd_messages"):
        found.append(Enclosure(words.placeholder("forward")))
    return found


def quoted(raw: dict[str, Any]) -> str:
    """Return the texts of forwarded messages, and of those forwarded in them, as quotations."""
    return "\n".join(
        "\n".join(f"> {line}" for line in text.splitlines())
        for text in _forwarded(raw, MOST_QUOTED)
    )


def _forwarded(raw: dict[str, Any], most: int) -> list[str]:
    given = raw.get("fwd_messages")
    texts: list[str] = []
    for one in given if isinstance(given, list) else []:
        if isinstance(one, dict) and len(texts) < most:
            text = one.get("text")
            texts += [text] if isinstance(text, str) and text.strip() else []
            texts += _forwarded(one, most - len(texts))
    return texts


def _enclosure(attachment: dict[str, Any]) -> Enclosure:
    kind = str(attachment.get("type"))
    body = attachment.get(kind)
    body = body if isinstance(body, dict) else {}
    if kind == "photo" and (url := _largest(body)):
        return Enclosure(words.placeholder(kind), url, words.placeholder(kind).strip("[]"))
    if kind == "doc" and (url := _url(body.get("url"))):
        title = body.get("title")
        return Enclosure(
            words.placeholder(kind), url, title[:LONGEST_NAME] if isinstance(title, str) else ""
        )
    return Enclosure(words.placeholder(kind, _link(kind, body)))


def _largest(photo: dict[str, Any]) -> str | None:
    """Return where a photo's largest copy lies: the order of sizes says nothing."""
    sizes = photo.get("sizes")
    found = [
        (_number(size.get("width")) * _number(size.get("height")), url)
        for size in (sizes if isinstance(sizes, list) else [])
        if isinstance(size, dict) and (url := _url(size.get("url")))
    ]
    return max(found)[1] if found else None


def _link(kind: str, body: dict[str, Any]) -> str:
    """Return where a person can look at something in VK, an empty string if nowhere."""
    if kind in {"link", "graffiti"} and (url := _url(body.get("url"))):
        return url if len(url) <= LONGEST_LINK else ""
    if kind == "audio_message" and (url := _url(body.get("link_mp3"))):
        return url if len(url) <= LONGEST_LINK else ""
    owner = _number(body.get("owner_id", body.get("to_id")))
    number = _number(body.get("id"))
    if kind in {"video", "wall", "market", "story", "audio", "photo", "doc"} and owner and number:
        word = "product" if kind == "market" else kind
        return f"https://vk.ru/{word}{owner}_{number}"
    return ""


def _url(value: Any) -> str | None:
    if not isinstance(value, str) or len(value) > LONGEST_URL or any(map(str.isspace, value)):
        return None
    try:
        address = urlsplit(value)
    except ValueError:
        return None
    return value if address.scheme in {"http", "https"} and address.netloc else None


def _number(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def link_line(line: str, url: str) -> str:
    """Return the line that stands for a file which was not taken over."""
    return f"{line} {url}" if url.startswith("https://") and len(url) <= LONGEST_LINK else line


def files(enclosures: list[Enclosure]) -> list[tuple[str, str, str]]:
    """Return (address, name, line) of those whose files can be taken over."""
    return [(one.url, one.name, one.line) for one in enclosures if one.url]
