"""The demo operator's account in the stand-in VK."""

from accounts import demo
from accounts.models import User
from chat.models import VkOperator

LOGIN = "operator"


def bind_operator(vk_id: int) -> User | None:
    """Bind the account to the demo operator unless either is bound; return who has it, or None.

    Only for a stand-in: in the real VK this may be the account of a stranger.
    """
    user = User.objects.filter(email=f"{LOGIN}@{demo.DOMAIN}").first()
    if user and not VkOperator.objects.filter(user=user).exists():
        VkOperator.objects.get_or_create(vk_id=vk_id, defaults={"user": user})
    bound = VkOperator.objects.select_related("user").filter(vk_id=vk_id).first()
    return bound.user if bound else None


def unbind_operator(vk_id: int) -> None:
    """Part the account from whoever has it."""
    VkOperator.objects.filter(vk_id=vk_id).delete()
