"""Pictures and documents that people send from VK: never instead of the text, never by force."""

import socket
import threading
from typing import Any

from django.utils import timezone

import pytest

from accounts.models import User
from chat.models import ChatAttachment, ChatMessage, ChatThread, VkFile, VkReply
from chat.services import messages
from chat.vk import fetching, files
from tests.chat.vk.conftest import Loop
from tests.factories import uploads
from tests.factories.chat import Patient
from tests.factories.vk import make_vk_operator, message_new, post
from tests.fake_vk.fake import FakeVK

pytestmark = pytest.mark.django_db

OPERATOR, PATIENT = 900, 701
PHOTO_LINE, DOC_LINE = "[картинка]", "[документ]"


@pytest.fixture
def vk(loop: Loop) -> FakeVK:
    """The stand-in."""
    return loop.vk


@pytest.fixture
def svetlana(loop: Loop) -> User:
    """An operator on duty, who may be written to."""
    loop.vk.allow(OPERATOR)
    return make_vk_operator(OPERATOR)


def doc(url: str, title: str = "Направление.pdf") -> list[dict[str, Any]]:
    """Return a document that lies at an address."""
    return [{"type": "doc", "doc": {"id": 1, "owner_id": PATIENT, "title": title, "url": url}}]


def the_message() -> ChatMessage:
    """Return the one message of a patient."""
    return ChatMessage.objects.get(sender="visitor")


def test_picture_and_document_follow_the_text(loop: Loop, vk: FakeVK):
    pdf = vk.document(PATIENT, "Направление.pdf", uploads.pdf())
    vk.user_writes(PATIENT, "Вот", attachments=[vk.photo(PATIENT), pdf])
    loop.settle()
    before = the_message()
    assert before.text == f"Вот\n{PHOTO_LINE}\n{DOC_LINE}"
    files.fetch_due()
    after = the_message()
    assert after.text == "Вот"
    assert after.version > before.version
    taken = {file.name: file.content_type for file in after.attachments.all()}
    assert taken == {"картинка.png": "image/png", "Направление.pdf": "application/pdf"}
    assert ChatThread.objects.get(vk_peer_id=PATIENT).last_version == after.version


def test_text_is_there_although_the_file_server_hangs(loop: Loop, vk: FakeVK, settings: Any):
    with silent_host() as address:
        settings.VK_FILE_HOSTS = [address]
        post(message_new(PATIENT, "Вот", attachments=doc(f"{address}/a.pdf")))
        assert the_message().text == f"Вот\n{DOC_LINE}"


def test_file_is_taken_over_once_whatever_happens(loop: Loop, vk: FakeVK):
    vk.user_writes(PATIENT, "", attachments=[vk.photo(PATIENT)])
    loop.settle()
    files.fetch_due()
    VkFile.objects.update(next_at=timezone.now())
    files.fetch_due()
    assert the_message().text == ""
    assert ChatAttachment.objects.count() == 1


def test_operators_file_joins_the_answer_after_its_ten_seconds(
    loop: Loop, vk: FakeVK, svetlana: User, patient: Patient
):
    number = patient.send("Куда?").json()["thread"]["number"]
    vk.user_writes(OPERATOR, f"#{number} Сюда", attachments=[vk.photo(OPERATOR)])
    loop.settle()
    files.fetch_due()
    assert not ChatAttachment.objects.exists()
    loop.after(13)
    files.fetch_due()
    answer = ChatMessage.objects.get(thread=number, sender="operator")
    assert answer.text == "Сюда"
    file = answer.attachments.get()
    assert file.from_operator
    assert patient.client.get(f"/chat/api/attachments/{file.pk}/").status_code == 200


def test_file_that_is_due_before_its_answer_waits_for_it(
    loop: Loop, vk: FakeVK, svetlana: User, patient: Patient
):
    number = patient.send("Куда?").json()["thread"]["number"]
    vk.user_writes(OPERATOR, f"#{number} Сюда", attachments=[vk.photo(OPERATOR)])
    loop.settle()
    loop.sleep(11)
    assert VkReply.objects.get().state == "held"
    files.fetch_due()
    assert VkFile.objects.get().state == "waiting"
    loop.after(3)
    files.fetch_due()
    assert ChatMessage.objects.get(thread=number, sender="operator").attachments.count() == 1


def test_operator_is_told_of_a_file_that_the_patient_will_not_get(
    loop: Loop, vk: FakeVK, svetlana: User, patient: Patient
):
    number = patient.send("Куда?").json()["thread"]["number"]
    page = vk.document(OPERATOR, "Справка.pdf", b"<html></html>")
    vk.user_writes(OPERATOR, f"#{number} Вот", attachments=[page])
    loop.settle()
    loop.after(13)
    files.fetch_due()
    loop.settle()
    assert vk.texts(OPERATOR)[-1].startswith(f"#{number}: файл передать не удалось")
    answer = ChatMessage.objects.get(thread=number, sender="operator")
    assert answer.text.startswith(f"Вот\n{DOC_LINE}")


def test_file_of_an_answer_taken_back_while_it_was_fetched_is_shown_to_nobody(
    loop: Loop, vk: FakeVK, svetlana: User, patient: Patient, monkeypatch: pytest.MonkeyPatch
):
    number = patient.send("Куда?").json()["thread"]["number"]
    vk.user_writes(OPERATOR, f"#{number} Не тому", attachments=[vk.photo(OPERATOR)])
    loop.settle()
    loop.after(13)
    answer = ChatMessage.objects.get(thread=number, sender="operator")
    get = fetching.get

    def get_slowly(url: str, largest: int) -> bytes:
        messages.delete_as_operator(svetlana, answer.pk)
        return get(url, largest)

    monkeypatch.setattr(fetching, "get", get_slowly)
    files.fetch_due()
    assert VkFile.objects.get().state == "failed"
    assert not answer.attachments.exists()
    answer.refresh_from_db()
    assert answer.text == ""


def test_file_of_an_answer_taken_back_is_never_fetched(
    loop: Loop, vk: FakeVK, svetlana: User, patient: Patient
):
    number = patient.send("Куда?").json()["thread"]["number"]
    vk.user_writes(OPERATOR, f"#{number} Не тому", attachments=[vk.photo(OPERATOR)])
    loop.settle()
    VkReply.objects.update(state="withdrawn")
    loop.after(13)
    files.fetch_due()
    assert not ChatAttachment.objects.exists()
    assert VkFile.objects.get().state == "failed"


def test_lying_type_is_not_kept_and_a_link_stands_for_it(loop: Loop, vk: FakeVK):
    page = vk.document(PATIENT, "Справка.pdf", b"<html><script>alert(1)</script></html>")
    vk.user_writes(PATIENT, "Вот", attachments=[page])
    loop.settle()
    files.fetch_due()
    assert not ChatAttachment.objects.exists()
    assert the_message().text.startswith(f"Вот\n{DOC_LINE}")
    assert VkFile.objects.get().state == "failed"
    assert VkFile.objects.get().url == ""


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/a.pdf",
        "https://vk.com.evil.example/a.pdf",
        "https://notvk.com/a.pdf",
        "http://vk.com/a.pdf",
        "https://vk.com:8443/a.pdf",
        "https://user:password@vk.com/a.pdf",
        "https://vk.com@evil.example/a.pdf",
        "https://127.0.0.1/a.pdf",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/a.pdf",
        "https://localhost/a.pdf",
        "ftp://vk.com/a.pdf",
        "file:///etc/passwd",
        "https://vk.com:99999/a.pdf",
        "https://vк.com/a.pdf",
        "",
    ],
)
def test_address_off_the_list_is_never_called(url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(fetching, "resolve", unexpected)
    with pytest.raises(fetching.Refused):
        fetching.get(url, 1000)


def unexpected(*args: Any) -> Any:
    raise AssertionError("nobody may be called")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.5",
        "192.168.1.1",
        "172.16.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fc00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
    ],
)
def test_name_that_points_inside_is_not_called(address: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(fetching, "resolve", lambda host, port: ["87.240.132.72", address])
    monkeypatch.setattr(socket, "create_connection", unexpected)
    with pytest.raises(fetching.Refused, match="inner address"):
        fetching.get("https://sun9-1.userapi.com/a.jpg", 1000)


def test_name_is_looked_up_once_and_that_address_is_called(monkeypatch: pytest.MonkeyPatch):
    answers = [["87.240.132.72"], ["127.0.0.1"]]
    called = []

    def connect(address: tuple[str, int], *args: Any) -> Any:
        called.append(address)
        raise OSError

    monkeypatch.setattr(fetching, "resolve", lambda host, port: answers.pop(0))
    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(fetching.Unavailable):
        fetching.get("https://sun9-1.userapi.com/a.jpg", 1000)
    assert called == [("87.240.132.72", 443)]
    assert answers == [["127.0.0.1"]]


@pytest.mark.parametrize("names", [[], OSError()])
def test_name_that_leads_nowhere_is_asked_for_again_later(
    monkeypatch: pytest.MonkeyPatch, names: Any
):
    def look_up(*args: Any, **options: Any) -> list[Any]:
        if isinstance(names, OSError):
            raise names
        return names

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with pytest.raises(fetching.Unavailable, match="name"):
        fetching.get("https://sun9-1.userapi.com/a.jpg", 1000)


def test_name_that_gives_no_address_is_not_called(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(fetching, "resolve", lambda host, port: ["nowhere"])
    with pytest.raises(fetching.Refused):
        fetching.get("https://sun9-1.userapi.com/a.jpg", 1000)


def test_public_address_is_called():
    assert fetching.is_public("87.240.132.72")
    assert fetching.is_public("2a00:bdc0:e003:5::1")


def test_redirect_off_the_list_is_not_followed(settings: Any):
    answer = b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n"
    with host(answer) as address:
        settings.VK_FILE_HOSTS = [address]
        with pytest.raises(fetching.Refused):
            fetching.get(f"{address}/a.jpg", 1000)


def test_redirect_on_the_list_is_followed_but_not_for_ever(vk: FakeVK, settings: Any):
    target = vk.document(PATIENT, "a.pdf", b"%PDF-1.4")["doc"]["url"]
    answer = f"HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n"
    with host(answer.encode()) as address:
        settings.VK_FILE_HOSTS = [address, vk.url]
        assert fetching.get(f"{address}/a.jpg", 1000) == b"%PDF-1.4"
    loop = b"HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n"
    with host(loop) as address:
        settings.VK_FILE_HOSTS = [address]
        with pytest.raises(fetching.Refused, match="redirects"):
            fetching.get(f"{address}/a.jpg", 1000)


@pytest.mark.parametrize("head", [b"Content-Length: 2000\r\n", b""])
def test_file_that_is_too_large_is_let_go(head: bytes, settings: Any):
    with host(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n" + b"x" * 2000) as address:
        settings.VK_FILE_HOSTS = [address]
        with pytest.raises(fetching.Refused, match="too large"):
            fetching.get(f"{address}/a.jpg", 1000)


def test_host_that_drips_is_let_go(settings: Any):
    with host(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nxxx", hang=True) as address:
        settings.VK_FILE_HOSTS = [address]
        with pytest.raises(fetching.Unavailable):
            fetching.get(f"{address}/a.jpg", 1000, seconds=0.3, patience=20)


def test_host_that_says_nothing_is_let_go(settings: Any):
    with silent_host() as address:
        settings.VK_FILE_HOSTS = [address]
        with pytest.raises(fetching.Unavailable):
            fetching.get(f"{address}/a.jpg", 1000, seconds=0.3, patience=20)


def test_half_a_file_is_no_file(settings: Any):
    with host(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nxxx") as address:
        settings.VK_FILE_HOSTS = [address]
        with pytest.raises(fetching.Unavailable):
            fetching.get(f"{address}/a.jpg", 1000)


def test_file_server_that_is_down_is_asked_again_and_then_no_more(vk: FakeVK, settings: Any):
    settings.VK_FILE_HOSTS = ["http://127.0.0.1:9"]
    post(message_new(PATIENT, "Вот", attachments=doc("http://127.0.0.1:9/a.pdf")))
    for _attempt in range(4):
        assert VkFile.objects.get().state == "waiting"
        VkFile.objects.update(next_at=timezone.now())
        files.fetch_due()
    assert VkFile.objects.get().state == "failed"
    assert the_message().text == f"Вот\n{DOC_LINE}"


def test_failed_file_leaves_its_link(vk: FakeVK):
    post(message_new(PATIENT, "Вот", attachments=doc("https://evil.example/a.pdf")))
    files.fetch_due()
    assert the_message().text == f"Вот\n{DOC_LINE} https://evil.example/a.pdf"


def test_operator_is_told_that_a_file_of_theirs_went_no_further(
    loop: Loop, vk: FakeVK, svetlana: User, patient: Patient
):
    number = patient.send("Куда?").json()["thread"]["number"]
    loop.settle()
    post(message_new(OPERATOR, f"#{number} Сюда", attachments=doc("https://evil.example/a.pdf")))
    loop.after(13)
    files.fetch_due()
    loop.settle()
    (told,) = [text for text in vk.texts(OPERATOR) if "файл" in text]
    assert told.startswith(f"#{number}")


def test_patient_is_told_nothing_of_a_file_that_went_no_further(loop: Loop, vk: FakeVK):
    vk.allow(PATIENT)
    post(message_new(PATIENT, "Вот", attachments=doc("https://evil.example/a.pdf")))
    files.fetch_due()
    loop.settle()
    assert vk.received(PATIENT) == []


def test_what_is_no_file_is_a_line_with_a_link(vk: FakeVK):
    video = {"type": "video", "video": {"id": 7, "owner_id": -5}}
    voice = {
        "type": "audio_message",
        "audio_message": {"link_mp3": "https://psv4.userapi.com/a.mp3"},
    }
    geo = {"coordinates": {"latitude": 43.0, "longitude": 44.7}}
    rubbish: list[Any] = [{"type": "photo", "photo": None}, {"type": 5}, "x", None, {}]
    post(
        message_new(PATIENT, "", attachments=[video, voice, {"type": "sticker"}, *rubbish], geo=geo)
    )
    lines = the_message().text.split("\n")
    assert lines[0].endswith("https://vk.ru/video-5_7")
    assert lines[1].endswith("https://psv4.userapi.com/a.mp3")
    assert lines[2] == "[стикер]"
    assert not VkFile.objects.exists()


def test_erased_dialogue_takes_its_files_along(loop: Loop, vk: FakeVK):
    vk.user_writes(PATIENT, "Вот", attachments=[vk.photo(PATIENT)])
    loop.settle()
    ChatThread.objects.get(vk_peer_id=PATIENT).delete()
    assert files.fetch_due() == 0
    assert not VkFile.objects.exists()


class host:
    """A host that gives each caller the same bytes; with `hang` it keeps the line open then."""

    def __init__(self, answer: bytes, *, hang: bool = False) -> None:
        self._answer, self._hang = answer, hang
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._lines: list[socket.socket] = []

    def __enter__(self) -> str:
        threading.Thread(target=self._serve, daemon=True).start()
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def _serve(self) -> None:
        while True:
            try:
                line, _address = self._socket.accept()
            except OSError:
                return
            self._lines.append(line)
            line.recv(65536)
            line.sendall(self._answer)
            if not self._hang:
                line.close()

    def __exit__(self, *args: object) -> None:
        self._socket.close()
        for line in self._lines:
            line.close()


def silent_host() -> host:
    """Return a host that takes calls and says nothing."""
    return host(b"", hang=True)
