"""Which VK account is whose: bound by a one-time code, unbound at once."""

import hashlib
import re
import secrets
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from wagtail.log_actions import log

from accounts.models import User
from chat.errors import Forbidden
from chat.models import VkBindingCode, VkOperator
from chat.permissions import may_answer

CODE_LIVES = timedelta(minutes=15)
ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # no signs that are taken for others
CODE = re.compile(r"KDL-[A-Z0-9]{4}-[A-Z0-9]{4}")


def new_code(user: User) -> str:
    """Return a one-time code with which the operator binds their VK account in 15 minutes.

    Earlier codes of the person are worth nothing from now on. Raises Forbidden.
    """
    if not may_answer(user):
        raise Forbidden
    parts = ["".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(2)]
    code = "-".join(["KDL", *parts])
    with transaction.atomic():
        VkBindingCode.objects.filter(user=user, used_at__isnull=True).delete()
        VkBindingCode.objects.create(
            user=user, code_hash=_hash(code), expires_at=timezone.now() + CODE_LIVES
        )
        log(user, "chat.vk_code", user=user)
    return code


def looks_like_code(text: str) -> bool:
    """Say whether a text is nothing but a binding code."""
    return bool(CODE.fullmatch(text.strip().upper()))


def bind(vk_id: int, text: str) -> VkOperator | None:
    """Bind a VK account by the code its owner sent; None if the code is not good (any more)."""
    with transaction.atomic():
        found = (
            VkBindingCode.objects.select_for_update()
            .filter(
                code_hash=_hash(text.strip().upper()),
                used_at__isnull=True,
                expires_at__gt=timezone.now(),
            )
            .first()
        )
        if found is None or not may_answer(found.user):
            return None
        found.used_at = timezone.now()
        found.save(update_fields=["used_at"])
        try:
            with transaction.atomic():
                operator, _created = VkOperator.objects.update_or_create(
                    user=found.user, defaults={"vk_id": vk_id, "on_duty": True}
                )
        except IntegrityError:
            # The account is somebody else's: they have to be unbound first.
            return None
        log(found.user, "chat.vk_bind", user=found.user)
        return operator


def unbind(operator: VkOperator, by: User) -> None:
    """Part a VK account from a person; what it writes from now on is a patient's message."""
    with transaction.atomic():
        log(operator.user, "chat.vk_unbind", user=by)
        operator.delete()


@transaction.atomic
def set_duty(operator: VkOperator, on_duty: bool, by: User) -> None:
    """Let an operator be alerted, or not."""
    if VkOperator.objects.filter(pk=operator.pk, on_duty=not on_duty).update(on_duty=on_duty):
        log(operator.user, "chat.vk_duty_on" if on_duty else "chat.vk_duty_off", user=by)


def active_operator(vk_id: int) -> VkOperator | None:
    """Return who of the operators has this VK account: bound, active, with the right to answer."""
    found = VkOperator.objects.select_related("user").filter(vk_id=vk_id).first()
    return found if found and may_answer(found.user) else None


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
