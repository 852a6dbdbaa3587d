"""One cast for all tests: two branches, three groups, and people who may see more, less or nothing of them.

Chess and Dance are in North (Kyiv), Judo is in South (Almaty). Each meets on Tuesdays; the lesson of `school.lessons`
is that of 1 September 2026, `AT` is the evening of that day. A lesson costs 12.50 (100 a month would be 8 x 12.50),
a missed one half of it.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from rollbook.domains.access.actor import Permission, Reach, operator
from rollbook.domains.access.models import ApiKey, Branch, Grant, Organisation, Role, User
from rollbook.domains.access.rules import DEFAULT_ROLES, digest_of
from rollbook.domains.billing.models import Tariff, TariffUse
from rollbook.domains.fields import actions as fields
from rollbook.domains.groups.models import Enrolment, Group, Programme
from rollbook.domains.people.models import Client, Contact, Employee, Relation
from rollbook.domains.schedule.models import Lesson, LessonTeacher, LessonType, Room, TimetableSlot

DAY = date(2026, 9, 1)  # a Tuesday
AT = datetime(2026, 9, 1, 15, tzinfo=UTC)
ANNAS_KEY = "a long random key"
P = Permission


@dataclass(frozen=True)
class School:
    users: dict[str, User]
    branches: dict[str, Branch]
    groups: dict[str, Group]
    lessons: dict[str, Lesson]
    """By group: Anna teaches chess, nobody here teaches dance (both North), Boris teaches judo (South)."""

    def actor(self, name):
        return self.users[name].as_actor(via="test")

    def clients(self, group="chess"):
        return list(Client.objects.filter(enrolments__group=self.groups[group]).order_by("pk"))

    def enrol(self, *names, group="chess", since=date(2026, 1, 1), until=None, weekdays=None):
        into = self.groups[group]
        clients = [self.client(name, into.branch) for name in names]
        Enrolment.objects.bulk_create(
            Enrolment(client=c, group=into, since=since, until=until, weekdays=weekdays) for c in clients
        )
        return clients

    def client(self, name, branch):
        client = Client.objects.create(first_name=name, branch=branch, created_at=AT, birth_date=date(2018, 3, 5))
        contact = Contact.objects.create(first_name=f"{name}'s mother", phone=f"+38050{1000000 + client.pk % 1000000}")
        Relation.objects.create(client=client, contact=contact, kinship="mother", pays=True)
        client.refresh_from_db()
        return client

    def lesson(self, group="chess", *, at, minutes=60, **told):
        """Another lesson of a group, that begins at an instant."""
        of = self.groups[group]
        lesson = Lesson.objects.create(
            branch=of.branch, group=of, lesson_type=LessonType.objects.get(code="group"),
            starts_at=at, ends_at=at + timedelta(minutes=minutes), day=DAY, **told,
        )
        for teacher in of.teachers.all():
            LessonTeacher.objects.create(lesson=lesson, employee=teacher, during=(at, at), counts=True)
        lesson.refresh_from_db()
        return lesson


def found_school() -> School:
    Organisation.objects.create(
        pk=1, name="Test school", currency="UAH", time_zone="Europe/Kyiv", phone_region="UA", language="en"
    )
    north = Branch.objects.create(name="North", time_zone="Europe/Kyiv")
    south = Branch.objects.create(name="South", time_zone="Asia/Almaty")
    names = ("vera", "oleg", "mara", "anna", "boris", "nina", "kira", "olha", "rita", "zlata", "dina")
    users = {
        name: User.objects.create(username=name, name=name.title(), email=f"{name}@example.org", language="en")
        for name in names
    }
    for kind in ("group", "individual", "trial"):
        LessonType.objects.create(code=kind)
    fields.add_default_choices(at=AT, by=operator("founding"))
    arts = Programme.objects.create(name="Games and arts", min_age=5, max_age=12, capacity=12)
    chess, dance, judo = (
        Group.objects.create(name=name, branch=branch, programme=arts, capacity=12)
        for name, branch in (("Chess", north), ("Dance", north), ("Judo", south))
    )
    for name, branch, group in (("anna", north, chess), ("boris", south, judo)):
        group.teachers.add(Employee.objects.create(first_name=name.title(), branch=branch, user=users[name]))

    roles = {code: Role.objects.create(code=code, permissions=sorted(held)) for code, held in DEFAULT_ROLES.items()}
    clerk = Role.objects.create(name="Clerk", permissions=["a.right.of.tomorrow"])
    for name, role, reach, where in (
        ("vera", roles["owner"], Reach.EVERYTHING, None),
        ("oleg", roles["branch_manager"], Reach.BRANCHES, north),
        ("mara", roles["administrator"], Reach.BRANCHES, north),
        ("anna", roles["teacher"], Reach.OWN, None),
        ("boris", roles["teacher"], Reach.OWN, None),
        ("nina", roles["analyst"], Reach.GROUPS, chess),
        ("nina", roles["teacher"], Reach.GROUPS, dance),
        ("kira", roles["accountant"], Reach.BRANCHES, south),
        ("olha", roles["operator"], Reach.EVERYTHING, None),
        # Sees all, and changes things in South: in North she only looks on.
        ("rita", roles["analyst"], Reach.EVERYTHING, None),
        ("rita", roles["branch_manager"], Reach.BRANCHES, south),
        # Manages one group, and not the branch that it belongs to.
        ("zlata", roles["branch_manager"], Reach.GROUPS, chess),
        ("dina", clerk, Reach.EVERYTHING, None),
    ):
        grant = Grant.objects.create(user=users[name], role=role, reach=reach)
        if reach == Reach.BRANCHES:
            grant.branches.add(where)
        if reach == Reach.GROUPS:
            grant.groups.add(where)
    ApiKey.objects.create(
        user=users["anna"], name="tablet", digest=digest_of(ANNAS_KEY), expires_at=AT + timedelta(days=3650)
    )
    tariff = Tariff.objects.create(name="Standard", pricing="fixed", price=Decimal("12.50"), missed_share=50)
    TariffUse.objects.create(tariff=tariff, programme=arts, since=date(2026, 1, 1))
    groups = {group.name.lower(): group for group in (chess, dance, judo)}
    school = School(users, {"north": north, "south": south}, groups, {})
    for number, (name, group) in enumerate(groups.items()):
        TimetableSlot.objects.create(
            group=group, weekday=2, starts=time(18), minutes=60, valid_from=date(2026, 1, 1),
            room=Room.objects.create(branch=group.branch, name=f"Room {number}"),
        )
        school.lessons[name] = school.lesson(name, at=AT, room=group.slots.get().room, slot=group.slots.get())
    school.enrol("Ivan", "Olga")
    school.enrol("Dan", group="dance")
    school.enrol("Jan", group="judo")
    return school
