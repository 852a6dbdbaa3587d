"""What is sent to each address so that whoever may really can, and what must be there before.

A body is a function of the ids that it carries. Its arguments name what they are, as the column `body` of routes.csv
does; the test fills them with what lies where the person asks, and then with what lies elsewhere.
"""

from datetime import date, timedelta
from decimal import Decimal

from allauth.mfa.models import Authenticator
from django.core.files.uploadedfile import SimpleUploadedFile

from rollbook.domains.access.actor import operator
from rollbook.domains.access.models import ApiKey, Grant, Invitation, Role, SignInLink, User
from rollbook.domains.access.rules import digest_of
from rollbook.domains.billing.models import (
    AnnouncedPayment,
    ClientDiscount,
    LedgerEntry,
    Method,
    PaymentRequest,
    Subscription,
    Tariff,
)
from rollbook.domains.billing.rules import as_json, of_package
from rollbook.domains.comments.models import Comment
from rollbook.domains.fields.models import Choice
from rollbook.domains.groups.models import Enrolment, Freeze, Group, GroupState, Programme
from rollbook.domains.imports.models import Run, State
from rollbook.domains.journal.models import Mark, Status
from rollbook.domains.people.models import Contact, Employee, Relation
from rollbook.domains.schedule.models import ClosingDay, Room
from rollbook.workflows import file_uploaded, money_corrected, money_transferred, payment_received
from tests.school import AT, DAY, School

BRANCH_OF = {"chess": "north", "dance": "north", "judo": "south"}
GROUP_OF = {"north": "chess", "south": "judo", "everywhere": "chess"}
# Whose rights lie where; those of an owner, who is another than the one who asks, lie everywhere, too.
MANAGED = {"north": "mara", "south": "boris", "everywhere": "olha", "owner": "otto"}
INVITERS = {"north": "oleg", "south": "rita", "everywhere": "vera", "owner": "vera"}
ABSENT = 999_999
PASSWORD = "correct horse battery"
# What stands in an address instead of an id.
SECRETS = {
    "/link/<str:secret>/": "/link/open-sesame/", "/invitation/<str:secret>/": "/invitation/come-in/",
    "<str:session>": "of-somebody-else",
    "<uidb36>-<key>": "1-nonsense",
    "/choices/<of>": "/choices/churn", "<str:month>": "2026-08", "/months/<month>": "/months/2026-08",
}

# Told apart on any page, and seen by few: names, phones, sums.
NAMES = {"chess": "Quokka", "dance": "Wombat", "judo": "Numbat"}
PHONES = {"chess": "+380501111171", "dance": "+380501111172", "judo": "+380501111173"}
BOUGHT = as_json(of_package(price=Decimal(10), lessons=1, round_to=0, discounts=()))
KIDS = "Имя;Дата рождения\nАда;2016-05-12\n".encode()
SUMS = {"chess": "871.31", "dance": "872.32", "judo": "873.33"}


class Things:
    """The ids of a school, by what they are and where they lie: a group, a branch, everywhere."""

    def __init__(self, school: School) -> None:
        self.school = school
        self.rows: dict[tuple[str, str], int] = {}
        self._joined("dora", "director")
        self._joined("otto", "owner")
        for group in BRANCH_OF:
            self._in_group(group)
        for branch in ("north", "south"):
            self._in_branch(branch)
        for place, name in MANAGED.items():
            self._managed(place, name)
        self._shared()
        self._accounts()

    def id(self, kind: str, place: str) -> int:
        """Of this kind, in this place or in the one that stands for it."""
        if place == "absent":
            return ABSENT
        group = GROUP_OF.get(place, place)
        for where in (place, group, BRANCH_OF.get(group, ""), "shared"):
            if (kind, where) in self.rows:
                return self.rows[kind, where]
        raise LookupError(f"no {kind} in {place}: add one here")

    def _joined(self, name: str, role: str) -> None:
        """Somebody more than the school has, whose rights reach everything."""
        user = User.objects.create(username=name, name=name.title(), language="en")
        Grant.objects.create(user=user, role=Role.objects.get(code=role), reach="everything")
        self.school.users[name] = user

    def _in_group(self, name: str) -> None:
        group = self.school.groups[name]
        (client,) = self.school.enrol(NAMES[name], group=name)
        Contact.objects.filter(clients=client).update(phone=PHONES[name], email=f"{NAMES[name]}@example.org")
        paid = payment_received.receive(
            client_id=client.pk, amount=Decimal(SUMS[name]), method=Method.CASH, on=DAY, note="", key=name * 3, at=AT,
            by=operator("the cashier"),
        )
        second = Contact.objects.create(first_name=f"{NAMES[name]}'s father")
        spare = Room.objects.create(branch=group.branch, name=f"Hall of {name}")
        self.school.lesson(name, at=AT - timedelta(days=30), room=spare)
        staff = Employee.objects.create(first_name=f"{NAMES[name]}'s friend", branch=group.branch)
        group.teachers.add(staff)
        target = Group.objects.create(name=f"Next to {name}", branch=group.branch, programme=group.programme)
        self.rows |= {
            ("group", name): group.pk,
            ("target", name): target.pk,
            ("lesson", name): self.school.lessons[name].pk,
            ("client", name): client.pk,
            ("relation", name): Relation.objects.create(client=client, contact=second).pk,
            ("enrolment", name): Enrolment.objects.get(client=client).pk,
            ("freeze", name): Freeze.objects.create(
                client=client, since=date(2026, 10, 1), until=date(2026, 10, 5)
            ).pk,
            ("discount", name): ClientDiscount.objects.create(
                client=client, percent=5, reason="Friends", since=date(2026, 8, 1)
            ).pk,
            ("payment", name): paid,
            ("payer", name): client.contacts.get(relations__pays=True).pk,
            ("announced", name): AnnouncedPayment.objects.create(
                client=client, amount=SUMS[name], paid_on=DAY, announced_at=AT
            ).pk,
            ("request", name): PaymentRequest.objects.create(
                client=client, payer=second, first=DAY, last=DAY, due=1, made_at=AT, reckoning={}
            ).pk,
            ("room", name): spare.pk,
            ("slot", name): group.slots.get().pk,
            ("employee", name): staff.pk,
            ("comment", name): Comment.objects.create(
                lesson=self.school.lessons[name], of_group=group, text=NAMES[name], asks=True,
                written_at=AT,
            ).pk,
        }
        # Was in this group and may come back; their mother may answer for others, too.
        (former,) = self.school.enrol(f"{NAMES[name]} the elder", group=name, until=date(2026, 6, 1))
        self.rows |= {("newcomer", name): former.pk, ("contact", name): former.contacts.get().pk}
        # Missed a lesson then, and may work it off as a guest of another one.
        missed = self.school.lesson(name, at=AT - timedelta(days=98), room=spare)
        miss = Mark.objects.create(
            client=former, lesson=missed, status=Status.EXCUSED, make_up_until=date(2026, 10, 1), price=10, day=DAY,
            marked_at=AT,
        )
        self.rows |= {("mark", name): miss.pk, ("host", name): self.school.lessons[name].pk}
        # Was charged for that lesson, had it set right by hand, and has something of the other one.
        by = operator("the cashier")
        self.rows |= {
            ("charge", name): LedgerEntry.objects.create(
                client=client, branch=group.branch, group=group, kind="charge", amount=-10, day=DAY, made_at=AT,
                mark=Mark.objects.create(
                    client=client, lesson=missed, status=Status.ATTENDED, price=10, share=100, day=DAY, marked_at=AT
                ),
            ).pk,
            ("entry", name): money_corrected.correct(
                client_id=client.pk, amount=Decimal(10), reason="Wrong", on=DAY, key=f"{name} corrected", at=AT, by=by
            ),
            ("transfer", name): money_transferred.transfer(
                from_client_id=client.pk, to_client_id=former.pk, amount=Decimal("0.01"), reason="Brothers",
                key=f"{name} moved", at=AT, by=by,
            ),
        }

        # Has bought a lesson of it, that was not used yet; for the month after nothing is bought.
        self.rows |= {
            ("subscription", name): Subscription.objects.create(
                client=client, group=group, tariff=Tariff.objects.get(name="Standard"), kind="one_off", lessons=1,
                since=date(2026, 8, 1), until=date(2026, 9, 20), price=Decimal(SUMS[name]), amount=Decimal(SUMS[name]),
                unit=Decimal(SUMS[name]), sold_at=AT, reckoning=BOUGHT,
            ).pk,
        }

    def _in_branch(self, name: str) -> None:
        branch = self.school.branches[name]
        self.rows |= {
            ("branch", name): branch.pk,
            ("closing day", name): ClosingDay.objects.create(branch=branch, day=date(2026, 12, 31)).pk,
            ("recruit", name): Employee.objects.create(first_name=f"Recruit of {name}", branch=branch).pk,
        }

    def _managed(self, place: str, name: str) -> None:
        user = self.school.users[name]
        told = {"role": 0, "reach": "own", "branches": [], "groups": []}
        inviter = self.school.users[INVITERS[place]]
        self.rows |= {
            ("user", place): user.pk,
            ("grant", place): Grant.objects.get(user=user).pk,
            ("key", place): ApiKey.objects.create(
                user=user, name="Till", digest=f"key of {name}", expires_at=AT + timedelta(1)
            ).pk,
            ("invitation", place): Invitation.objects.create(
                name="New", digest=place, grant=told, invited_by=inviter, invited_at=AT, expires_at=AT + timedelta(1)
            ).pk,
        }

    def _shared(self) -> None:
        self.rows |= {
            ("programme", "shared"): Programme.objects.create(name="Drawing").pk,
            ("tariff", "shared"): Tariff.objects.create(name="Spare", price=1).pk,
            ("role", "shared"): Role.objects.create(name="Guest", permissions=["client.see"]).pk,
        }
        owner = self.school.actor("vera")
        upload = file_uploaded.send(name="kids.csv", data=KIDS, at=AT, by=owner)
        file_uploaded.choose(
            upload_id=upload, columns={"Имя": "name"}, branch_id=self.school.branches["north"].pk, duplicates="join",
            by=owner,
        )
        done = {"source": "old", "by_name": "Vera", "asked_at": AT, "state": State.DONE}
        self.rows |= {
            ("upload", "shared"): upload,
            ("branch", "shared"): self.school.branches["north"].pk,  # where a file of everybody's goes
            ("trial", "shared"): Run.objects.create(upload_id=upload, is_trial=True, **done).pk,
            ("import", "shared"): Run.objects.create(**done).pk,
        }

    def _accounts(self) -> None:
        for user in self.school.users.values():
            user.set_password(PASSWORD)
            user.save()
        paula = User.objects.create(username="paula", name="Paula")
        key = Authenticator.objects.create(user=paula, type="webauthn", data={"name": "Key", "credential": {}})
        self.rows["passkey", "paula"] = key.pk
        SignInLink.objects.create(
            user=self.school.users["mara"], digest=digest_of("open-sesame"), expires_at=AT + timedelta(hours=1)
        )
        Invitation.objects.create(
            name="Guest", digest=digest_of("come-in"), invited_by=self.school.users["vera"], invited_at=AT,
            expires_at=AT + timedelta(days=1),
            grant={"role": self.rows["role", "shared"], "reach": "everything", "branches": [], "groups": []},
        )


# What must be so before a thing can be done; it is made so only for those who may do it. Either another request, sent
# by the owner, or rows.
AFTER = {
    ("POST", "/lessons/<int:lesson_id>/holding/undo/"): ("POST", "/lessons/<int:lesson_id>/holding/"),
    ("DELETE", "/api/v1/lessons/<int:lesson_id>/holding"): ("POST", "/lessons/<int:lesson_id>/holding/"),
    ("POST", "/lessons/<int:lesson_id>/guests/<int:guest_id>/undo/"): ("POST", "/lessons/<int:lesson_id>/guests/"),
    ("DELETE", "/api/v1/lessons/<int:lesson_id>/guests/<int:guest_id>"): ("POST", "/lessons/<int:lesson_id>/guests/"),
    ("POST", "/lessons/<int:lesson_id>/cancellation/undo/"): ("POST", "/lessons/<int:lesson_id>/cancellation/"),
    ("DELETE", "/api/v1/lessons/<int:lesson_id>/cancellation"): ("POST", "/lessons/<int:lesson_id>/cancellation/"),
    ("POST", "/settings/access/<int:user_id>/disabling/undo/"): ("POST", "/settings/access/<int:user_id>/disabling/"),
    ("POST", "/settings/months/<int:branch_id>/<str:month>/closing/undo/"): (
        "POST", "/settings/months/<int:branch_id>/<str:month>/closing/"
    ),
    ("DELETE", "/api/v1/branches/<int:branch_id>/months/<month>/closing"): (
        "POST", "/api/v1/branches/<int:branch_id>/months/<month>/closing"
    ),
    ("DELETE", "/api/v1/comments/<int:comment_id>/resolution"): (
        "POST", "/api/v1/comments/<int:comment_id>/resolution"
    ),
    **{
        (verb, f"{address}/undo/" if verb == "POST" else f"/api/v1{address}"): ("POST", f"{address}/")
        for verb in ("POST", "DELETE")
        for address in ("/marks/<int:mark_id>/make-up", "/marks/<int:mark_id>/by-hand")
    },
    **{
        ("POST", f"/settings/{name}/<int:pk>/archive/undo/"): ("POST", f"/settings/{name}/<int:pk>/archive/")
        for name in ("branches", "rooms", "programmes", "employees", "tariffs")
    },
}
BEFORE = {
    # More is due than was paid.
    **{
        ("POST", address): lambda: Tariff.objects.update(price=100)
        for address in ("/clients/<int:client_id>/requests/new/", "/api/v1/requests")
    },
    ("POST", "/settings/branches/<int:pk>/archive/"): lambda branch: Group.objects.filter(branch=branch).update(
        state=GroupState.FINISHED
    ),
    ("POST", "/settings/employees/<int:pk>/archive/"): lambda employee: Group.objects.filter(teachers=employee).update(
        state=GroupState.FINISHED
    ),
}


def group_form(branch, programme, employee, room):
    return {
        "name": "Drawing", "programme_id": programme, "branch_id": branch, "state": "running", "teachers": [employee],
        "since": "2026-09-07", "slots-TOTAL_FORMS": 1, "slots-INITIAL_FORMS": 0, "slots-0-weekday": 5,
        "slots-0-starts": "10:00", "slots-0-minutes": 60, "slots-0-room": room,
    }


def phone_of(contact):
    return Contact.objects.filter(pk=contact).values_list("phone", flat=True).first() or ""


def reason(of):
    return Choice.objects.filter(of=of).order_by("pk").values_list("pk", flat=True)[0]


def pause():
    return {"since": "2026-09-05", "until": "2026-09-09", "choice_id": reason("freeze")}


def discount():
    return {"percent": "10", "reason": "Friends", "since": "2026-09-01"}


def request_form(client):
    return request_by_api(client) | {"do": "ask"}


def request_by_api(client):
    return {"client_ids": [client], "first": "2026-09-01", "last": "2027-08-31", "key": "as-long-as-a-key-is"}


def payment():
    return {"amount": "10.50", "method": "cash", "on": "2026-09-01", "note": "", "key": "as-long-as-a-key-is"}


def corrected():
    return {"amount": "10.50", "reason": "Counted wrongly", "on": "2026-09-01", "key": "as-long-as-a-key-is"}


def moved_money(newcomer):
    return {"client_id": newcomer, "amount": "2", "reason": "Brothers", "key": "as-long-as-a-key-is"}


def sale(group, tariff):
    return {"group_id": group, "tariff_id": tariff, "since": "2026-10-01", "key": "as-long-as-a-key-is"}


def branch_form():
    return {
        "name": "New place", "address": "", "time_zone": "Europe/Kyiv", "opens": "09:00", "closes": "21:00",
        "calls_from": "09:00", "calls_until": "20:00",
    }


def organisation():
    return {
        "name": "Another name", "currency": "UAH", "time_zone": "Europe/Kyiv", "phone_region": "UA", "language": "en",
        "mark_edit_days": 3, "make_ups": "on", "make_up_days": 30, "discount_limit": 20, "renewal_day": "25",
    }


def kids(branch):
    return {"kind": "clients", "branch": branch, "duplicates": "join", "column-0": "name", "do": "import"}


def programme_form():
    return {"name": "Another programme", "minutes": 60}


def employee_form(branch):
    return {"first_name": "Another", "branch_id": branch, "teaches": "on"}


def managing(branch):
    return {"first_name": "Another", "branch_id": branch, "manages": [branch]}


def tariff_form():
    return {"name": "Another tariff", "kind": "month", "price": "10", "missed_share": 100, "excused_share": 0}


def role_form():
    return {"name": "Another role", "permissions": ["client.see"]}


def given_in_branch(role, branch):
    return {"role_id": role, "reach": "branches", "branch_ids": [branch]}


def given_in_group(role, group):
    return {"role_id": role, "reach": "groups", "group_ids": [group]}


def invited(role, branch, recruit):
    return {"name": "Guest", "employee_id": recruit, **given_in_branch(role, branch)}


def invited_to_group(role, group):
    return {"name": "Guest", **given_in_group(role, group)}


def wrong_code():
    return {"code": "000000"}


def wrong_key():
    return {"name": "Key", "credential": "{}"}


def nothing():
    return {}


def called_off():
    return {"choice_id": Choice.objects.get(of="cancellation", code="other").pk}


def moved(room):
    return {"day": "2026-09-02", "starts": "10:00", "minutes": 45, "room_id": room}


def new_guest():
    return {"first_name": "Another", "kinship": "mother", "kind": "trial"}


def new_guest_in():
    return {"client": {"first_name": "Another"}}


def said():
    return {"do": "write", "text": "They come later today", "asks": "on"}


def said_by_api():
    return {"text": "They come later today", "asks": True}


def new_member():
    return {"first_name": "Another", "since": "2026-09-01", "kinship": "mother"}


# What only a device in somebody's hand, or a letter, could say right: 422 stands for done.
WRONG = {wrong_code, wrong_key, nothing}
# What changes nothing though it is done.
IDLE = {
    ("POST", "/account/password/set/"): "everybody here has a password", ("POST", "/account/reauthenticate/"): "",
    ("POST", "/account/sessions/end/"): "everybody here has one browser",
}

# What does two things at once takes the right of both: here that to add a client to the branch of group or lesson.
TAKES_MORE = dict.fromkeys((new_member, new_guest, new_guest_in), ("client.edit", "branch"))

# What is sent; an address that takes different things has several.
BODIES = {
    ("GET", "/live/"): [lambda group: {"topics": f"group:{group}"}, lambda lesson: {"topics": f"lesson:{lesson}"}],
    ("POST", "/groups/new/"): [group_form],
    ("POST", "/groups/<int:group_id>/edit/"): [group_form],
    ("POST", "/groups/<int:group_id>/enrolments/"): [
        lambda newcomer: {"client": newcomer, "since": "2026-09-01"},
        new_member,
    ],
    ("POST", "/groups/<int:group_id>/copy/"): [group_form],
    ("POST", "/enrolments/<int:enrolment_id>/weekdays/"): [lambda: {"weekdays": [2]}],
    ("POST", "/enrolments/<int:enrolment_id>/transfer/"): [
        lambda target: {"group_id": target, "since": "2026-09-10"}
    ],
    ("POST", "/enrolments/<int:enrolment_id>/end/"): [lambda: {"until": "2026-09-10", "choice_id": reason("churn")}],
    **{
        ("POST", f"{thing}/comments/"): [said, lambda comment: {"do": "resolve", "comment": comment}]
        for thing in (
            "/groups/<int:group_id>", "/clients/<int:client_id>", "/lessons/<int:lesson_id>",
            "/lessons/<int:lesson_id>/clients/<int:client_id>",
        )
    },
    ("POST", "/comments/"): [lambda comment: {"do": "resolve", "comment": comment}],
    **{
        ("POST", f"/api/v1{thing}/comments"): [said_by_api]
        for thing in (
            "/groups/<int:group_id>", "/clients/<int:client_id>", "/lessons/<int:lesson_id>",
            "/lessons/<int:lesson_id>/clients/<int:client_id>",
        )
    },
    ("PATCH", "/api/v1/comments/<int:comment_id>"): [said_by_api],
    ("POST", "/groups/<int:group_id>/marks/"): [lambda lesson, client: {f"mark-{lesson}-{client}": "attended"}],
    ("POST", "/lessons/<int:lesson_id>/marks/"): [lambda client: {f"mark-{client}": "attended"}],
    ("POST", "/lessons/<int:lesson_id>/details/"): [lambda: {"topic": "Castling", "note": ""}],
    ("POST", "/lessons/<int:lesson_id>/substitution/"): [lambda employee: {"first": employee}],
    ("POST", "/lessons/<int:lesson_id>/move/"): [moved],
    ("POST", "/lessons/<int:lesson_id>/guests/"): [lambda newcomer: {"client": newcomer, "kind": "trial"}, new_guest],
    ("POST", "/lessons/<int:lesson_id>/cancellation/"): [called_off],
    ("POST", "/lessons/<int:lesson_id>/clients/<int:client_id>/mark/"): [lambda: {"status": "attended"}],
    ("POST", "/marks/<int:mark_id>/make-up/"): [lambda host: {"lesson": host}],
    ("POST", "/marks/<int:mark_id>/by-hand/"): [lambda: {"on": "2026-09-01", "note": "At home"}],
    ("POST", "/marks/<int:mark_id>/charge/"): [lambda: {"charged": "yes"}],
    ("POST", "/api/v1/marks/<int:mark_id>/make-up"): [lambda host: {"lesson_id": host}],
    ("POST", "/api/v1/marks/<int:mark_id>/by-hand"): [lambda: {"on": "2026-09-01", "note": "At home"}],
    ("POST", "/api/v1/marks/<int:mark_id>/charge"): [lambda: {"charged": True}],
    ("POST", "/clients/<int:client_id>/payments/"): [payment],
    ("POST", "/clients/<int:client_id>/announced/"): [payment],
    ("POST", "/families/<int:contact_id>/payments/"): [lambda client: {**payment(), f"share-{client}": "10.50"}],
    ("POST", "/announced/<int:announced_id>/declining/"): [lambda: {"reason": "Never came"}],
    ("POST", "/payments/<int:payment_id>/reversal/"): [lambda: {"reason": "By mistake"}],
    ("POST", "/clients/<int:client_id>/entries/correction/"): [corrected],
    ("POST", "/clients/<int:client_id>/entries/bonus/"): [corrected],
    ("POST", "/clients/<int:client_id>/entries/discount/"): [
        lambda charge: {"entry_id": charge, "percent": "5", "reason": "Late", "key": "as-long-as-a-key-is"}
    ],
    ("POST", "/clients/<int:client_id>/entries/refund/"): [payment],
    ("POST", "/clients/<int:client_id>/entries/transfer/"): [moved_money],
    ("POST", "/entries/<int:entry_id>/reversal/"): [lambda: {"reason": "By mistake"}],
    ("POST", "/transfers/<int:transfer_id>/reversal/"): [lambda: {"reason": "By mistake"}],
    ("POST", "/api/v1/clients/<int:client_id>/corrections"): [corrected],
    ("POST", "/api/v1/clients/<int:client_id>/bonuses"): [corrected],
    ("POST", "/api/v1/clients/<int:client_id>/refunds"): [payment],
    ("POST", "/api/v1/clients/<int:client_id>/transfers"): [moved_money],
    ("POST", "/api/v1/entries/<int:entry_id>/discount"): [
        lambda: {"percent": "5", "reason": "Late", "key": "as-long-as-a-key-is"}
    ],
    ("POST", "/api/v1/entries/<int:entry_id>/reversal"): [lambda: {"reason": "By mistake"}],
    ("POST", "/api/v1/transfers/<int:transfer_id>/reversal"): [lambda: {"reason": "By mistake"}],
    ("POST", "/clients/<int:client_id>/subscriptions/new/"): [sale],
    ("POST", "/subscriptions/<int:subscription_id>/ending/"): [lambda: {"until": "2026-09-10"}],
    ("POST", "/subscriptions/<int:subscription_id>/taking-back/"): [lambda: {"reason": "By mistake"}],
    ("POST", "/renewals/"): [lambda enrolment: {"month": "2026-10", "chosen": enrolment}],
    ("GET", "/api/v1/clients/<int:client_id>/subscriptions/offer"): [
        lambda group, tariff: {"group_id": group, "tariff_id": tariff}
    ],
    ("POST", "/api/v1/clients/<int:client_id>/subscriptions"): [sale],
    ("POST", "/api/v1/subscriptions/<int:subscription_id>/ending"): [lambda: {"until": "2026-09-10"}],
    ("POST", "/api/v1/subscriptions/<int:subscription_id>/taking-back"): [lambda: {"reason": "By mistake"}],
    ("POST", "/api/v1/renewals"): [lambda enrolment: {"month": "2026-10-01", "enrolment_ids": [enrolment]}],
    ("POST", "/clients/<int:client_id>/requests/new/"): [request_form],
    ("POST", "/api/v1/requests"): [request_by_api],
    ("POST", "/clients/new/"): [
        lambda branch: {"first_name": "Another", "branch_id": branch, "kinship": "mother"},
        lambda branch, contact: {
            "first_name": "Another", "branch_id": branch, "kinship": "mother", "phone": phone_of(contact),
            "same_as": contact,
        },
    ],
    ("POST", "/clients/<int:client_id>/edit/"): [
        lambda branch, employee: {"first_name": "Another", "branch_id": branch, "responsible_id": employee}
    ],
    ("POST", "/clients/<int:client_id>/contacts/new/"): [
        lambda: {"first_name": "Aunt", "kinship": "other", "language": "en"},
        lambda contact: {
            "phone": phone_of(contact), "same_as": contact, "kinship": "other", "language": "en"
        },
    ],
    ("POST", "/clients/<int:client_id>/freezes/"): [pause],
    ("POST", "/clients/<int:client_id>/discounts/"): [discount],
    ("POST", "/api/v1/clients/<int:client_id>/discounts"): [discount],
    ("POST", "/relations/<int:relation_id>/edit/"): [
        lambda: {"first_name": "Aunt", "kinship": "other", "language": "en"}
    ],
    ("POST", "/settings/organisation/"): [organisation],
    ("POST", "/settings/imports/"): [lambda: {"file": SimpleUploadedFile("kids.csv", KIDS)}],
    ("POST", "/settings/imports/<int:upload_id>/"): [kids],
    ("POST", "/settings/closing-days/"): [lambda branch: {"branch": branch, "first": "2026-12-30"}],
    ("POST", "/settings/branches/new/"): [branch_form],
    ("POST", "/settings/branches/<int:pk>/edit/"): [branch_form],
    ("POST", "/settings/rooms/new/"): [lambda branch: {"name": "Another hall", "branch_id": branch}],
    ("POST", "/settings/rooms/<int:pk>/edit/"): [lambda: {"name": "Another hall"}],
    ("POST", "/settings/programmes/new/"): [programme_form],
    ("POST", "/settings/programmes/<int:pk>/edit/"): [programme_form],
    ("POST", "/settings/employees/new/"): [employee_form, managing],
    ("POST", "/settings/employees/<int:pk>/edit/"): [employee_form, managing],
    ("POST", "/settings/tariffs/new/"): [tariff_form],
    ("POST", "/settings/tariffs/<int:pk>/edit/"): [tariff_form],
    ("POST", "/settings/access/invite/"): [invited, invited_to_group],
    ("POST", "/settings/access/<int:user_id>/grants/"): [given_in_branch, given_in_group],
    ("POST", "/settings/roles/new/"): [role_form],
    ("POST", "/settings/roles/<int:role_id>/edit/"): [role_form],
    ("POST", "/api/v1/groups/<int:group_id>/enrolments"): [
        lambda newcomer: {"client_id": newcomer, "since": "2026-09-01"}
    ],
    ("POST", "/api/v1/enrolments/<int:enrolment_id>/weekdays"): [lambda: {"weekdays": [2]}],
    ("POST", "/api/v1/enrolments/<int:enrolment_id>/transfer"): [
        lambda target: {"group_id": target, "since": "2026-09-10"}
    ],
    ("POST", "/api/v1/enrolments/<int:enrolment_id>/end"): [
        lambda: {"until": "2026-09-10", "choice_id": reason("churn")}
    ],
    ("POST", "/api/v1/clients/<int:client_id>/freezes"): [pause],
    ("POST", "/api/v1/groups/<int:group_id>/marks"): [
        lambda lesson, client: {"marks": [{"lesson_id": lesson, "client_id": client, "status": "attended"}]}
    ],
    ("POST", "/api/v1/lessons/<int:lesson_id>/marks"): [
        lambda client: {"marks": [{"client_id": client, "status": "attended"}]}
    ],
    ("POST", "/api/v1/lessons/<int:lesson_id>/details"): [lambda: {"topic": "Castling"}],
    ("POST", "/api/v1/lessons/<int:lesson_id>/substitution"): [lambda employee: {"teacher_ids": [employee]}],
    ("POST", "/api/v1/lessons/<int:lesson_id>/move"): [moved],
    ("POST", "/api/v1/lessons/<int:lesson_id>/guests"): [lambda newcomer: {"client_id": newcomer}, new_guest_in],
    ("POST", "/api/v1/lessons/<int:lesson_id>/cancellation"): [lambda: {"reason": "Flu"}, called_off],
    ("POST", "/api/v1/clients/<int:client_id>/payments"): [payment],
    ("POST", "/api/v1/clients/<int:client_id>/announced"): [payment],
    ("POST", "/api/v1/families/<int:contact_id>/payments"): [
        lambda client: {**payment(), "shares": [{"client_id": client, "amount": "10.50"}]}
    ],
    ("POST", "/api/v1/announced/<int:announced_id>/declining"): [lambda: {"reason": "Never came"}],
    ("POST", "/api/v1/payments/<int:payment_id>/reversal"): [lambda: {"reason": "By mistake"}],
    ("POST", "/account/name/"): [lambda: {"name": "Another"}],
    ("POST", "/account/sign-in/"): [lambda: {"username": "another", "email": "", "version": 1}],
    ("POST", "/account/link/"): [lambda: {"secret": "open-sesame"}],
    ("POST", "/account/invitation/"): [
        lambda: {"secret": "come-in", "name": "Guest", "username": "guest", "password": PASSWORD}
    ],
    ("POST", "/account/login/"): [lambda: {"login": "vera", "password": PASSWORD}],
    ("POST", "/account/reauthenticate/"): [lambda: {"password": PASSWORD}],
    ("POST", "/account/password/change/"): [
        lambda: {"oldpassword": PASSWORD, "password1": "staple " + PASSWORD, "password2": "staple " + PASSWORD}
    ],
    ("POST", "/account/password/reset/"): [lambda: {"email": "vera@example.org"}],
    ("POST", "/account/password/reset/key/<uidb36>-<key>/"): [nothing],
    ("POST", "/account/factors/app/activate/"): [wrong_code],
    ("POST", "/account/factors/keys/add/"): [wrong_key],
    ("POST", "/account/factors/keys/<int:pk>/edit/"): [lambda: {"name": "Another"}],
    ("POST", "/preferences/language/"): [lambda: {"language": "uk"}],
    ("POST", "/preferences/theme/"): [lambda: {"theme": "dark"}],
}
