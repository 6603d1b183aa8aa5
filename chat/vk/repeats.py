"""Patients who wait too long: everybody on duty is told once more, once in a wait."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from chat.errors import NotFound
from chat.models import ChatSettings, ChatThread, VkOutbox
from chat.selectors.widget import current_settings
from chat.services import vk_alerts
from chat.services.writing import locked
from chat.vk import config

# Who has waited longer was not helped by an alert; a site that turns VK on is not flooded.
LONGEST = timedelta(hours=24)


def repeat_due() -> int:
    """Tell operators of the patients whom nobody has answered for too long; return how many."""
    if not config.current().can_send or not vk_alerts.on_duty():
        return 0
    pause = timedelta(minutes=(current_settings() or ChatSettings()).vk_repeat_minutes)
    now = timezone.now()
    told = VkOutbox.objects.filter(
        thread=OuterRef("pk"),
        purpose=VkOutbox.Purpose.REPEAT,
        created_at__gte=OuterRef("waiting_since"),
    )
    waiting = ChatThread.objects.filter(
        ~Exists(told), waiting_since__lte=now - pause, waiting_since__gt=now - LONGEST - pause
    )
    found = list(waiting.order_by("waiting_since").values_list("pk", flat=True))
    return sum(_repeat(thread_id, pause) for thread_id in found)


@transaction.atomic
def _repeat(thread_id: int, pause: timedelta) -> bool:
    # Locked: somebody may be answering just now, another worker may be telling.
    try:
        thread = locked(thread_id)
    except NotFound:
        return False
    if thread.waiting_since is None:
        return False
    waited = timezone.now() - thread.waiting_since
    if waited < pause:
        return False
    return vk_alerts.repeat_alert(thread, int(waited.total_seconds() // 60)) > 0
