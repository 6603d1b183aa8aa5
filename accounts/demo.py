"""People of the demo site: one for each role, three operators. Made only where DEMO_PASSWORD is
set.
"""

from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.models import Group

from accounts.models import User

DOMAIN = "dzagurov-kdl.example"


@dataclass(frozen=True)
class Person:
    """Somebody of the staff. `role` is the name of a group, or empty for the administrator."""

    login: str
    first_name: str
    last_name: str
    role: str
    title: str

    @property
    def email(self) -> str:
        """The address that is the login."""
        return f"{self.login}@{DOMAIN}"


PEOPLE = [
    Person("admin", "Алан", "Тедеев", "", "Администратор"),
    Person("head", "Фатима", "Дзагурова", "Заведующие", "Заведующая"),
    Person("editor", "Мадина", "Цгоева", "Редакторы", "Редактор"),
    Person("prices", "Сослан", "Болотаев", "Менеджеры цен", "Менеджер цен"),
    Person("reviewer", "Алан", "Кокойти", "Медицинские рецензенты", "Медицинский рецензент"),
    Person("operator", "Светлана", "Калинина", "Операторы чата", "Оператор"),
    Person("operator2", "Зарина", "Бекоева", "Операторы чата", "Оператор"),
    Person("operator3", "Тимур", "Гагиев", "Операторы чата", "Оператор"),
]


def password() -> str:
    """Return the password of all demo people, or an empty string where there must be none."""
    return getattr(settings, "DEMO_PASSWORD", "")


def add_people() -> int:
    """Add the demo people who are missing; return how many. Nobody is added without
    DEMO_PASSWORD.
    """
    if not password():
        return 0
    added = 0
    for person in PEOPLE:
        if User.objects.filter(email__iexact=person.email).exists():
            continue
        make = User.objects.create_user if person.role else User.objects.create_superuser
        user = make(
            person.email,
            password(),
            first_name=person.first_name,
            last_name=person.last_name,
        )
        if person.role:
            user.groups.add(Group.objects.get(name=person.role))
        added += 1
    return added


def logins() -> list[tuple[str, str, str]]:
    """Return (role, address, password) of the demo people who are there."""
    if not password():
        return []
    there = set(User.objects.filter(email__endswith=f"@{DOMAIN}").values_list("email", flat=True))
    return [(p.title, p.email, password()) for p in PEOPLE if p.email in there]
