"""Every page there is, in a lively school, as an owner, a teacher and a stranger see it: nothing in anybody's way
(axe), nothing against its own policy, nothing on its console, nothing over the edge. What is walked stands in
routes.csv, which a guard compares with the addresses; so a new page is walked from its first day.

Each page is loaded once. It is looked at light and wide, then dark and narrow: themes and widths are matters of CSS.
"""

from __future__ import annotations

import csv
import json
import re
import time
from datetime import timedelta
from decimal import Decimal
from importlib import import_module

import pytest
from allauth.core.context import request_context
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from cryptography.hazmat.primitives.asymmetric import ec
from django.apps import apps
from django.conf import settings
from django.test import Client, RequestFactory
from django.utils import timezone
from fido2.cose import ES256
from fido2.webauthn import (
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorAttestationResponse,
    AuthenticatorData,
    CollectedClientData,
    RegistrationResponse,
)

from rollbook.domains.access import actions
from rollbook.domains.access.actor import Reach, operator
from rollbook.domains.access.models import Role, User
from rollbook.domains.access.rules import Visit
from rollbook.domains.billing.models import Tariff
from rollbook.domains.groups.models import Enrolment
from rollbook.domains.imports.models import Run, State
from rollbook.domains.people.models import Relation
from rollbook.screens.selling import Wanted
from rollbook.workflows import access_given, file_uploaded, payment_received, payment_requested, subscription_sold
from rollbook.workflows.subscription_sold import Order
from tests import databases
from tests.browser.conftest import DESK, LOOKS, signed_in, watched, wearing

DARK, PHONE = LOOKS[1], LOOKS[2]
ROUTES = databases.ROOT / "tests/guards/access/routes.csv"
# A refusal is an error to a browser's console; here some pages are refused on purpose.
REFUSED = [r"status of 40[34]"]
# Ids of an address that are not of the kind which its row names.
IN_ADDRESS = {"client_id": "client"}
ANSWERS = {
    "owner": {200},
    "teacher": {200, 403, 404},  # and the page that says no is a page as well
    "a stranger": {200},
}


def routes(*, open_to_all):
    with ROUTES.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["method"] == "GET"]
    pages = (row for row in rows if not row["route"].startswith(("/live/", "/api/")))
    return [(row["route"], row["of"]) for row in pages if (row["of"] == "all") == open_to_all]


@pytest.fixture(scope="module")
def rows(lively, django_db_blocker):
    """What stands in an address instead of an id: a row of that kind with something to show."""
    with django_db_blocker.unblock(), databases.pointed_at(lively.database):
        scene, owner = lively.scene, User.objects.get(username="owner")
        with request_context(RequestFactory().get("/")):
            TOTP.activate(owner, generate_totp_secret())
            RecoveryCodes.activate(owner)
        key = Authenticator.objects.create(user=owner, type="webauthn", data={"name": "Key", "credential": passkey()})
        now, by = timezone.now(), operator("test")
        came_in(owner)
        grant = access_given.Grant(Role.objects.get(code="teacher").pk, Reach.OWN)
        invitation = access_given.invite(
            name="Зоя", email="zoya@example.org", grant=grant, employee_id=None, at=now, by=by
        )
        known = {
            "group": scene.group.pk, "lesson": scene.lesson.pk, "client": scene.pupil.pk, "user": owner.pk,
            "enrolment": Enrolment.objects.filter(client=scene.pupil, until=None).latest("pk").pk,
            "payer": Relation.objects.get(client=scene.pupil, pays=True).contact_id,
            "relation": Relation.objects.filter(client=scene.pupil).latest("pk").pk, "passkey": key.pk,
            "subscription": bought(scene, now), "payment": paid(scene, now), "request": asked(scene, now),
            **sent(owner, now), "/link/<str:secret>": actions.make_link(user_id=scene.teacher.pk, at=now, by=by),
            "/invitation/<str:secret>": invitation, "<uidb36>-<key>": "1-nonsense",
        }
        yield known


def bought(scene, at):
    """The pupil has bought a package, to be paid in two parts."""
    tariff = Tariff.objects.create(
        name="Восемь занятий", kind="package", pricing="whole", lessons=8, price=4800, charged="start", instalments=2
    )
    wanted = Wanted(scene.pupil.pk, scene.group.pk, tariff.pk, at.date())
    return subscription_sold.sell(orders=[Order(wanted=wanted, key="bought")], at=at, by=operator("test"))[0]


def paid(scene, at):
    return payment_received.receive(
        client_id=scene.pupil.pk, amount=Decimal(100), method="cash", on=at.date(), note="", key="paid", at=at,
        by=operator("test"),
    )


def asked(scene, at):
    """More is due than was paid: half of the package."""
    day = at.date()
    return payment_requested.request(
        client_ids=[scene.pupil.pk], first=day, last=day + timedelta(days=60), key="asked", at=at, by=operator("test")
    )[0]


def sent(user, at):
    """A file that was sent, tried, and taken in."""
    data = "Имя;Телефон;Дата рождения\nАня Петрова;8 (912) 000-00-01;12.05.2016\nБоря;;нет\n".encode("windows-1251")
    upload = file_uploaded.send(name="дети.csv", data=data, at=at, by=user.as_actor(via="web"))
    problems = [{"line": 3, "column": "Дата рождения", "reason": "This is no date.", "values": {}}]
    done = {"source": "old", "by_name": user.name, "asked_at": at, "state": State.DONE}
    trial = Run.objects.create(upload_id=upload, is_trial=True, problems=problems, **done)
    return {"upload": upload, "trial": trial.pk, "import": Run.objects.create(**done).pk}


def came_in(user):
    """In another browser, after a vain try."""
    visit, by = Visit("203.0.113.7", "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Firefox/140.0"), user.as_actor(via="web")
    actions.note_failed_sign_in(user_id=user.pk, visit=visit, at=timezone.now(), by=by)
    actions.note_sign_in(visit=visit, known_device=False, at=timezone.now(), by=by)
    Client().force_login(user)


def passkey():
    """As a browser registers one."""
    public = ES256.from_cryptography_key(ec.generate_private_key(ec.SECP256R1()).public_key())
    known = AttestedCredentialData.create(bytes(16), bytes(16), public)
    present = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.AT
    attested = AttestationObject.create("none", AuthenticatorData.create(bytes(32), present, 0, known), {})
    said = CollectedClientData.create("webauthn.create", bytes(16), "http://localhost")
    response = AuthenticatorAttestationResponse(client_data=said, attestation_object=attested)
    return json.loads(json.dumps(dict(RegistrationResponse(raw_id=bytes(16), response=response)), default=dict))


def address(route, kind, rows):
    for said in ("/link/<str:secret>", "/invitation/<str:secret>"):
        route = route.replace(said, said.partition("<")[0] + str(rows[said]))
    route = route.replace("<uidb36>-<key>", rows["<uidb36>-<key>"])
    kinds = {name: IN_ADDRESS.get(name, kind) for name in re.findall(r"<\w+:(\w+)>", route)}
    ids = {name: rows.get(of) or first(of) for name, of in kinds.items()}
    return re.sub(r"<\w+:(\w+)>", lambda name: str(ids[name[1]]), route)


def first(kind):
    """The newest row of a model that is called as routes.csv calls it."""
    name = kind.replace(" ", "")
    found = [model for model in apps.get_models() if model._meta.model_name == name]
    assert len(found) == 1, f"say in `rows` which {kind} an address may show"
    row = found[0].objects.order_by("-pk").first()
    assert row, f"there is no {kind} in the lively school: add one to `rows`"
    return row.pk


def proved(context, url):
    """Whoever is signed in has just proved who they are, so that no page asks for it first."""
    key = next(cookie["value"] for cookie in context.cookies() if cookie["name"] == settings.SESSION_COOKIE_NAME)
    session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    session["account_authentication_methods"] = [{"method": "password", "at": time.time()}]
    session.save()


@pytest.mark.parametrize("who", ANSWERS)
def test_every_page_is_good(who, lively, scene, rows, browser, axe):
    context = browser.new_context(base_url=lively.url, **wearing(DESK))
    troubles = []
    with watched(context, REFUSED if who == "teacher" else []):
        if who != "a stranger":
            signed_in(context, scene.teacher.username if who == "teacher" else who, url=lively.url)
            proved(context, lively.url)
        page = context.new_page()
        page.set_default_timeout(20_000)
        refused = 0
        for route, kind in routes(open_to_all=who == "a stranger"):
            where = address(route, kind, rows)
            answer = context.request.get(where, fail_on_status_code=False)
            if "text/html" not in answer.headers.get("content-type", ""):
                continue
            if answer.status not in ANSWERS[who]:
                troubles.append(f"{route}: {answer.status}")
            refused += answer.status in {403, 404}
            if answer.status in {403, 404} and refused > 2:
                continue  # one page that says no is like the other
            troubles += [f"{route} {told}" for told in looked_at(page, where, axe)]
    context.close()
    assert not troubles, "\n".join(troubles)


def looked_at(page, where, axe):
    """What is wrong with a page."""
    dress(page, DESK)
    page.goto(where)
    yield from wrong(page, DESK, axe)
    narrow = PHONE._replace(theme=DARK.theme)
    dress(page, narrow)
    yield from wrong(page, narrow, axe)


def dress(page, look):
    # With reduced motion all changes take a hundredth of a millisecond, one inherited from another: some frames in all.
    page.emulate_media(color_scheme=look.theme, reduced_motion="no-preference")
    page.set_viewport_size({"width": look.width, "height": look.height})


def wrong(page, look, axe):
    if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
        yield f"({look}): scrolls sideways"
    try:
        axe(page)
    except AssertionError as error:
        yield f"({look}): {error}"
