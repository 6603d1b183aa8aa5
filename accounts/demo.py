"""The people of the demo site: one for each role. Never on a server: the passwords stand here."""

from dataclasses import dataclass

from django.contrib.auth.models import Group

from accounts import roles
from accounts.models import User

PASSWORD = "demo-laboratoriya"  # noqa: S105 - meant to be known


@dataclass(frozen=True)
class DemoUser:
    """A person who can sign in to the demo; without a role, one who may do everything."""

    email: str
    first_name: str
    last_name: str
    role: str | None


USERS = (
    DemoUser("admin@dzagurov-kdl.example", "Админ", "Демонстрационный", None),
    DemoUser("redaktor@dzagurov-kdl.example", "Залина", "Редакторова", roles.EDITORS),
    DemoUser("ceny@dzagurov-kdl.example", "Аслан", "Ценов", roles.PRICE_MANAGERS),
    DemoUser("vrach@dzagurov-kdl.example", "Мадина", "Врачева", roles.MEDICAL_REVIEWERS),
    DemoUser("rukovoditel@dzagurov-kdl.example", "Руслан", "Главный", roles.HEADS),
    DemoUser("operator@dzagurov-kdl.example", "Алана", "Операторова", roles.OPERATORS),
)


def create_users() -> int:
    """Create the people who are not there yet and return how many were created."""
    created = 0
    for person in USERS:
        if User.objects.filter(email__iexact=person.email).exists():
            continue
        names = {"first_name": person.first_name, "last_name": person.last_name}
        if person.role is None:
            User.objects.create_superuser(person.email, PASSWORD, **names)
        else:
            user = User.objects.create_user(person.email, PASSWORD, **names)
            user.groups.add(Group.objects.get(name=person.role))
        created += 1
    return created


def logins() -> list[tuple[str, str, str]]:
    """Return role, address and password of the demo people who are there, for a terminal."""
    present = set(User.objects.values_list("email", flat=True))
    return [
        (person.role or "Администратор", person.email, PASSWORD)
        for person in USERS
        if person.email in present
    ]
