"""What a form offers: pairs of id and name, as far as whoever asks may choose. `keep` stays offered once it stands."""

from collections.abc import Callable, Collection
from itertools import groupby

from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.models import Branch, User
from rollbook.domains.billing.models import Tariff
from rollbook.domains.fields import queries as fields
from rollbook.domains.fields.models import ChoiceList
from rollbook.domains.groups.models import Programme
from rollbook.domains.people.models import Employee
from rollbook.domains.schedule.models import Room

Pairs = tuple[tuple[int, str], ...]
Offer = Callable[..., Pairs]


def branches(permission: Permission) -> Offer:
    """The branches of which whoever asks holds this permission as a whole."""

    def offered(*, by: Actor, keep: Collection[int] = ()) -> Pairs:
        rows = Branch.objects.filter(pk__in=keep)
        if by.may_in_some_branch(permission):
            whole = Branch.objects.whole_to(by, permission).filter(archived_at=None)
            rows = Branch.objects.filter(Q(pk__in=keep) | Q(pk__in=whole.values("pk")))
        return tuple(rows.order_by("name", "pk").values_list("pk", "name"))

    return offered


def reasons(of: ChoiceList) -> Offer:
    """The choices of a list, in the language of whoever asks."""

    def offered(*, by: Actor, keep: Collection[int] = ()) -> Pairs:
        language = (get_language() or "en").partition("-")[0]
        rows = fields.offered(of=of, keep=keep, by=by)
        return tuple((row.choice_id, row.names.in_language(language)) for row in rows)

    return offered


def programmes(*, by: Actor, keep: Collection[int] = ()) -> Pairs:
    """Names of what is taught are known to all who work here."""
    by.must(Permission.JOURNAL_SEE)
    rows = Programme.objects.filter(Q(archived_at=None) | Q(pk__in=keep))
    return tuple(rows.order_by("name", "pk").values_list("pk", "name"))


def teachers(*, by: Actor, keep: Collection[int] = ()) -> Pairs:
    """A teacher of another branch who teaches here already stays, although whoever asks does not see that branch."""
    seen = Employee.objects.none()
    if by.may(Permission.STAFF_SEE):
        seen = Employee.objects.visible_to(by, Permission.STAFF_SEE).filter(teaches=True, left_on=None)
    rows = Employee.objects.filter(Q(pk__in=keep) | Q(pk__in=seen.values("pk")))
    return tuple(rows.order_by("search", "pk").values_list("pk", "name"))


def employees(*, by: Actor, keep: Collection[int] = ()) -> Pairs:
    seen = Employee.objects.none()
    if by.may(Permission.STAFF_SEE):
        seen = Employee.objects.visible_to(by, Permission.STAFF_SEE).filter(left_on=None)
    rows = Employee.objects.filter(Q(pk__in=keep) | Q(pk__in=seen.values("pk")))
    return tuple(rows.order_by("search", "pk").values_list("pk", "name"))


def rooms(*, by: Actor, keep: Collection[int] = ()) -> tuple[tuple[str, Pairs], ...]:
    """By branch: those in which whoever asks may make groups."""
    branches = Branch.objects.visible_to(by, Permission.GROUP_EDIT)
    rows = Room.objects.filter(Q(archived_at=None) | Q(pk__in=keep), branch__in=branches)
    named = rows.order_by("branch__name", "branch", "name", "pk").values_list("branch__name", "pk", "name")
    return tuple(
        (branch, tuple((pk, name) for _branch, pk, name in of)) for branch, of in groupby(named, lambda row: row[0])
    )


def tariffs(*, by: Actor, keep: Collection[int] = ()) -> Pairs:
    """Nothing for those who may not say what costs what."""
    if not by.may(Permission.TARIFF_EDIT):
        return ()
    rows = Tariff.objects.filter(Q(archived_at=None) | Q(pk__in=keep))
    return tuple(rows.order_by("name", "pk").values_list("pk", "name"))


def sign_ins(*, by: Actor, keep: Collection[int] = ()) -> Pairs:
    """Those that belong to no employee yet; nothing for those who do not manage access everywhere."""
    if not by.may_everywhere(Permission.ACCESS_MANAGE):
        return ()
    rows = User.objects.filter(Q(employee=None, is_active=True) | Q(pk__in=keep))
    named = rows.order_by("name", "pk").values_list("pk", "name", "username")
    return tuple((pk, _("{name} ({login})").format(name=name, login=login)) for pk, name, login in named)
