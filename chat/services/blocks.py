"""Who may not write for a while, as heads decide."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from chat.errors import Forbidden, Invalid, NotFound
from chat.models import ChatBlock
from chat.permissions import may_manage
from chat.selectors.inbox import blocks_of
from chat.services import audit
from chat.services.texts import clean_line
from chat.services.writing import locked

LONGEST = timedelta(days=366)

Kind = ChatBlock.Kind


@transaction.atomic
def block(user: User, thread_id: int, kind: Kind, until: datetime, reason: str = "") -> ChatBlock:
    """Let a dialogue, or the network it was last written from, write no more until a moment.

    A second block of the same replaces the first. Raises Forbidden, NotFound, and Invalid for a
    moment that is past or more than a year away, the common dialogue, and an unknown network.
    """
    if not may_manage(user):
        raise Forbidden
    reason = clean_line(reason, field="reason", longest=200)
    now = timezone.now()
    if not now < until <= now + LONGEST:
        raise Invalid(_("The end must lie ahead, within a year."), field="until")
    thread = locked(thread_id)
    if thread.is_common:
        raise Invalid(_("The common dialogue is nobody's."))
    value = str(thread.pk) if kind == Kind.THREAD else thread.network_hash
    if not value:
        raise Invalid(_("It is not known where this dialogue is written from."), field="kind")
    found, _created = ChatBlock.objects.update_or_create(
        kind=kind, value=value, defaults={"until": until, "reason": reason, "author": user}
    )
    audit.record(user, thread, "chat.block", kind=kind, until=until.isoformat())
    return found


def hand_on(old_id: int, heir_id: int) -> None:
    """Let a block of a dialogue hold for the one it is merged into: until the later of the two."""
    found = ChatBlock.objects.filter(kind=Kind.THREAD, value=str(old_id)).first()
    if found is None:
        return
    heirs = ChatBlock.objects.filter(kind=Kind.THREAD, value=str(heir_id))
    if heirs.filter(until__gte=found.until).exists():
        return
    heirs.delete()
    found.value = str(heir_id)
    found.save(update_fields=["value"])


@transaction.atomic
def unblock(user: User, thread_id: int, block_id: int) -> None:
    """Lift a block of a dialogue or of the network it was last written from.

    Raises Forbidden, and NotFound for a block of another one as for one that does not exist.
    """
    if not may_manage(user):
        raise Forbidden
    thread = locked(thread_id)
    found = blocks_of(thread).select_for_update().filter(pk=block_id).first()
    if found is None:
        raise NotFound
    audit.record(user, thread, "chat.unblock", kind=found.kind)
    found.delete()
