"""Files go into messages in VK's three steps, and out of them by their addresses."""

import os

import pytest
import requests

from tests.fake_vk.conftest import OPERATOR, Call, Site
from tests.fake_vk.fake import GROUP_ID, FakeVK
from tests.fake_vk.files import png

HOSTILE_BYTES = b"%PDF\r\n--\r\n\n\r\x00\xff" + bytes(range(256)) + b"\r\n"


@pytest.fixture(autouse=True)
def dialog(vk: FakeVK) -> None:
    """The operator has written."""
    vk.user_writes(OPERATOR, "Здравствуйте")


def upload(address: str, field: str, name: str, data: bytes) -> dict[str, str]:
    return requests.post(address, files={field: (name, data)}, timeout=5).json()


def test_a_picture_is_uploaded_saved_sent_and_served(vk: FakeVK, call: Call) -> None:
    place = call("photos.getMessagesUploadServer", peer_id=OPERATOR)["response"]["upload_url"]
    uploaded = upload(place, "photo", "a.png", png(40, 30))
    (photo,) = call("photos.saveMessagesPhoto", **uploaded)["response"]
    name = f"photo{photo['owner_id']}_{photo['id']}_{photo['access_key']}"
    assert photo["owner_id"] == -GROUP_ID
    sent = call("messages.send", peer_ids=OPERATOR, random_id=1, attachment=name)
    assert "error" not in sent["response"][0]
    shown = vk.received(OPERATOR)[0].attachments[0]["photo"]["sizes"]
    assert requests.get(shown[0]["url"], timeout=5).content == png(40, 30)


def test_an_upload_serves_once(vk: FakeVK, call: Call, code: Call) -> None:
    place = call("photos.getMessagesUploadServer")["response"]["upload_url"]
    uploaded = upload(place, "photo", "a.png", png(4, 3))
    assert "error" in upload(place, "photo", "a.png", png(4, 3))
    assert code("photos.saveMessagesPhoto", **uploaded) == 0
    assert code("photos.saveMessagesPhoto", **uploaded) == 100
    assert code("photos.saveMessagesPhoto", server=1, photo="[]", hash="made-up") == 100


def test_what_is_no_picture_is_not_taken_for_one(vk: FakeVK, call: Call) -> None:
    place = call("photos.getMessagesUploadServer")["response"]["upload_url"]
    assert "error" in upload(place, "photo", "a.png", b"#!/bin/sh")
    assert "error" in upload(place, "file", "a.png", png(4, 3))
    assert "error" in upload(f"{vk.url}/upload/made-up", "photo", "a.png", png(4, 3))


def test_a_document_keeps_every_byte(vk: FakeVK, call: Call) -> None:
    data = HOSTILE_BYTES + os.urandom(5000)
    place = call("docs.getMessagesUploadServer", type="doc", peer_id=OPERATOR)["response"]
    uploaded = upload(place["upload_url"], "file", "Направление.pdf", data)
    saved = call("docs.save", title="Направление.pdf", **uploaded)["response"]["doc"]
    assert (saved["title"], saved["size"], saved["ext"]) == ("Направление.pdf", len(data), "pdf")
    assert requests.get(saved["url"], timeout=5).content == data


def test_a_persons_files_come_with_the_message(vk: FakeVK, site: Site) -> None:
    files = [vk.photo(OPERATOR, width=40, height=30), vk.document(OPERATOR)]
    vk.user_writes(OPERATOR, "", attachments=files)
    vk.deliver()
    photo, doc = site.events[-1]["object"]["message"]["attachments"]
    largest = max(photo["photo"]["sizes"], key=lambda size: size["width"] * size["height"])
    served = requests.get(largest["url"], timeout=5)
    assert (served.headers["Content-Type"], served.content) == ("image/png", png(40, 30))
    assert requests.get(doc["doc"]["url"], timeout=5).content.startswith(b"%PDF")


def test_an_unknown_file_is_not_there(vk: FakeVK) -> None:
    for path in ("files/nothing", "files/../state.py", "files/%2e%2e%2fstate.py", "unknown"):
        assert requests.get(f"{vk.url}/{path}", timeout=5).status_code == 404
