"""The stand-in VK of `make run`: its operator is a demo person's, and no stranger's later on."""

import pytest

from accounts.demo import DOMAIN
from accounts.models import User
from chat.demo.vk import LOGIN
from chat.models import VkOperator
from site_config import local_vk
from tests.factories.chat import make_operator

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo(db: None) -> User:
    """The demo operator."""
    user = make_operator()
    user.email = f"{LOGIN}@{DOMAIN}"
    user.save()
    return user


def test_demo_operator_has_the_account_however_often_the_site_starts(demo: User):
    assert [local_vk.bind_operator() for _start in range(2)] == [demo, demo]
    assert VkOperator.objects.get(user=demo).vk_id == local_vk.OPERATOR_ID


def test_bindings_that_are_there_stay(demo: User):
    VkOperator.objects.create(user=demo, vk_id=5)
    assert local_vk.bind_operator() is None
    other = make_operator("Анна")
    VkOperator.objects.create(user=other, vk_id=local_vk.OPERATOR_ID)
    assert local_vk.bind_operator() == other
    assert VkOperator.objects.get(user=demo).vk_id == 5


def test_site_without_demo_people_binds_nobody():
    assert local_vk.bind_operator() is None
    assert not VkOperator.objects.exists()


def test_at_the_real_vk_the_account_is_nobodys(demo: User):
    local_vk.bind_operator()
    local_vk.unbind_operator()
    assert not VkOperator.objects.exists()
