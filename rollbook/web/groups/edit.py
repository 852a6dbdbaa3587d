"""Pages on which groups are made, copied and changed, and clients come into them."""

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from rollbook.domains.access.queries import house
from rollbook.domains.groups import actions as groups
from rollbook.foundation.errors import NotAllowed, Refused
from rollbook.foundation.periods import local
from rollbook.foundation.texts import clean_line
from rollbook.screens import choices, enrolling, group_form
from rollbook.web.editing import initial, take
from rollbook.web.forms import Form
from rollbook.web.groups.forms import EnrolForm, EnrolNewForm, GroupForm, Slots, SlotSet
from rollbook.web.history import told
from rollbook.web.pages import see_other, show
from rollbook.workflows import client_enrolled, group_changed, group_created
from rollbook.workflows.group_changed import Price

USUAL_MINUTES = 60
COPIED = ("programme_id", "branch_id", "minimum", "capacity", "teachers", "tariff_id")
OF_SLOT = ("weekday", "starts", "minutes", "room")
OF_GROUP = ("name", "programme_id", "branch_id", "minimum", "capacity", "state")


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    group_form.blank(by=request.actor)
    return _make(request, {}, [])


@require_http_methods(["GET", "POST"])
def copy(request: HttpRequest, group_id: int) -> HttpResponse:
    """A new group like this one: the same programme, teachers, price and times, and nobody in it yet."""
    card = group_form.copied(group_id=group_id, at=timezone.now(), by=request.actor)
    group_form.blank(by=request.actor)
    values = {name: getattr(card, name) for name in COPIED}
    slots = [{name: getattr(slot, name) for name in OF_SLOT} for slot in card.slots]
    name = gettext("{name} (copy)").format(name=card.name)[:100]
    return _make(request, {**values, "name": name}, slots, of=card)


def _make(
    request: HttpRequest, values: dict[str, Any], times: list[dict[str, Any]], of: group_form.Card | None = None
) -> HttpResponse:
    """A form of a group that is not there yet, which begins with these values and times."""
    data = request.POST if request.method == "POST" else None
    form = GroupForm(data, by=request.actor, today=_today(), initial=values)
    slots = _slots(request, data, times)
    if data is None:
        return _group_page(request, form, slots, of=of)

    def create() -> HttpResponse:
        told = form.cleaned_data
        price = Price(told["tariff_id"], told["since"]) if told.get("tariff_id") else None
        group_id = group_created.create(
            group=_of_group(told), teacher_ids=told["teachers"], price=price,
            slots=[wanted.slot for wanted in slots.wanted(told["since"])], skip_collisions=told["skip_collisions"],
            at=timezone.now(), by=request.actor,
        )
        return see_other("group", group_id)

    return _take(request, form, slots, create, of=of)


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, group_id: int) -> HttpResponse:
    card = group_form.card(group_id=group_id, at=timezone.now(), by=request.actor)
    data = request.POST if request.method == "POST" else None
    form = GroupForm(data, by=request.actor, today=card.today, initial=initial(card))
    slots = _slots(request, data, [initial(slot) for slot in card.slots])
    if data is None:
        return _group_page(request, form, slots, card=card)

    def change() -> HttpResponse:
        told = form.cleaned_data
        repriced = "tariff_id" in told and told["tariff_id"] != card.tariff_id
        group_changed.change(
            group_id=group_id, values=_of_group(told), teacher_ids=told["teachers"],
            slots=slots.wanted(told["since"]), since=told["since"],
            price=Price(told["tariff_id"], told["since"]) if repriced else None,
            skip_collisions=told["skip_collisions"], seen=told["version"], at=timezone.now(), by=request.actor,
        )
        return see_other("group", group_id)

    return _take(request, form, slots, change, card=card)


@require_http_methods(["GET", "POST"])
def enrolments(request: HttpRequest, group_id: int) -> HttpResponse:
    """A client comes into the group: one who is here already, or a new one."""
    words = clean_line(request.GET.get("who", "")[:200])
    page = enrolling.joining(group_id=group_id, words=words, at=timezone.now(), by=request.actor)
    asked = {"by": request.actor, "today": page.today, "meets": page.weekdays}
    posted = request.POST if request.method == "POST" else None
    known = posted is not None and "client" in posted
    existing = EnrolForm(posted if known else None, **asked)
    fresh = EnrolNewForm(None if known else posted, auto_id="new_%s", **asked) if page.may_add else None

    def shown(status: int = 200, refusal: Refused | None = None) -> HttpResponse:
        return show(
            request, "groups/enrolments.html", block="page", status=status, page=page, words=words,
            existing=existing, fresh=fresh, refusal=refusal, known=known,
        )

    if posted is None:
        return shown()
    if known:
        return take(existing, lambda: _enrol(request, group_id, existing), shown)
    if fresh is None:
        raise NotAllowed
    return take(fresh, lambda: _enrol_new(request, page, fresh), shown)


def _enrol(request: HttpRequest, group_id: int, form: Form) -> HttpResponse:
    told = form.cleaned_data
    groups.enrol(
        client_id=told["client"], group_id=group_id, since=told["since"], weekdays=told.get("weekdays") or None,
        over_capacity=told["over_capacity"], at=timezone.now(), by=request.actor,
    )
    return see_other("group", group_id)


def _enrol_new(request: HttpRequest, page: enrolling.Joining, form: EnrolNewForm) -> HttpResponse:
    told = form.cleaned_data
    client_enrolled.enrol_new(
        client={**form.client, "branch_id": page.branch_id}, contacts=[form.contact], group_id=page.group_id,
        since=told["since"], weekdays=told.get("weekdays") or None, over_capacity=told["over_capacity"],
        at=timezone.now(), by=request.actor,
    )
    return see_other("group", page.group_id)


def _of_group(told: dict[str, Any]) -> Any:
    return {name: told[name] for name in OF_GROUP}


def _slots(request: HttpRequest, data: Any, standing: list[dict[str, Any]] | None = None) -> Slots:
    standing = standing or []
    rooms = choices.rooms(by=request.actor, keep=[slot["room"] for slot in standing if slot["room"]])
    asked = {"by": request.actor, "rooms": rooms, "minutes": USUAL_MINUTES}
    return SlotSet(data, prefix="slots", initial=standing, form_kwargs=asked)


def _take(request: HttpRequest, form: GroupForm, slots: Slots, act: Any, **cards: Any) -> HttpResponse:
    def shown(status: int = 200, refusal: Refused | None = None) -> HttpResponse:
        return _group_page(request, form, slots, status=status, refusal=refusal, **cards)

    # Both are looked at, so that all that is wrong is said at once.
    form.full_clean()
    return take(form, act, shown) if slots.is_valid() else shown(422)


def _group_page(
    request: HttpRequest,
    form: GroupForm,
    slots: Slots,
    *,
    status: int = 200,
    refusal: Refused | None = None,
    card: group_form.Card | None = None,
    of: group_form.Card | None = None,
) -> HttpResponse:
    """`card` is the group that is changed, `of` the one of which a new one is a copy."""
    return show(
        request, "groups/form.html", block="page", status=status, form=form, slots=slots, refusal=refusal, card=card,
        of=of, told=told,
    )


def _today() -> date:
    return local(timezone.now(), house().time_zone).date()
