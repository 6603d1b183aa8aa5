"""What is known of the people in VK who write to the laboratory."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.utils import timezone

from chat.errors import NotFound
from chat.models import ChatThread, VkPeer
from chat.services.texts import readable_text
from chat.services.writing import ThreadWriter, writing

KEPT = timedelta(hours=24)
LONGEST_NAME = 160
LONGEST_THREAD_NAME = 80
LONGEST_URL = 500


def due(limit: int) -> list[int]:
    """Return which patients to ask VK about: new ones, and who wrote since a day-old answer."""
    asked = VkPeer.objects.filter(peer_id=OuterRef("vk_peer_id")).values("fetched_at")[:1]
    found = (
        ChatThread.objects.filter(vk_peer_id__gt=0)
        .annotate(asked_at=Subquery(asked))
        .filter(
            Q(asked_at=None)
            | Q(asked_at__lt=timezone.now() - KEPT, last_message_at__gt=F("asked_at"))
        )
        .order_by("-pk")[:limit]
    )
    return [thread.vk_peer_id for thread in found if thread.vk_peer_id]


def without_picture(limit: int) -> list[tuple[int, str]]:
    """Return whose pictures are to be fetched, and where VK says they are."""
    writes = ChatThread.objects.filter(vk_peer_id=OuterRef("pk"))
    found = VkPeer.objects.filter(Exists(writes), picture=None).exclude(picture_url="")
    found = found.order_by("-fetched_at")
    return list(found.values_list("peer_id", "picture_url")[:limit])


def keep_picture(peer_id: int, picture_url: str, data: bytes) -> None:
    """Keep the picture that lay at an address, or (empty) note that none is to be had there.

    Open windows hear of a picture. Nothing is kept if VK names another one by now, or if the
    person was erased while it was fetched.
    """
    same = VkPeer.objects.filter(peer_id=peer_id, picture_url=picture_url)
    with _dialogue_of(peer_id) as writer:
        if writer and same.update(picture=data) and data:
            writer.bump()


def learn(peer_id: int, name: str = "", picture_url: str = "") -> None:
    """Note what VK says of a person (nothing, if they are gone).

    Their thread is called so, unless somebody here gave it another name. Of who was erased while
    VK answered nothing is noted.
    """
    name = " ".join(readable_text(name).split())[:LONGEST_NAME]
    with _dialogue_of(peer_id) as writer:
        if writer is None:
            return
        peer, _created = VkPeer.objects.select_for_update().get_or_create(peer_id=peer_id)
        before, peer.fetched_at = peer.name, timezone.now()
        if name:
            peer.name = name
            if picture_url != peer.picture_url or not peer.picture:
                peer.picture = None
            peer.picture_url = picture_url if len(picture_url) <= LONGEST_URL else ""
            if writer.thread.name in {"", before[:LONGEST_THREAD_NAME]}:
                writer.thread.name = name[:LONGEST_THREAD_NAME]
        peer.save(update_fields=["name", "picture_url", "picture", "fetched_at"])


@contextmanager
def _dialogue_of(peer_id: int) -> Iterator[ThreadWriter | None]:
    """Lock a person's dialogue before what is known of them, as erasing does; None without one."""
    with transaction.atomic(), ExitStack() as held:
        found = ChatThread.objects.filter(vk_peer_id=peer_id).first()
        writer = None
        if found:
            with suppress(NotFound):
                writer = held.enter_context(writing(found.pk))
        # It may have led on to a dialogue that is somebody else's.
        yield writer if writer and writer.thread.vk_peer_id == peer_id else None
