"""The family of a payer and the list of announced payments, as pages."""

from datetime import timedelta
from decimal import Decimal as D

import pytest

from rollbook.domains.billing.models import Account, AnnouncedPayment, LedgerEntry, Payment
from rollbook.domains.people.models import Relation
from tests.school import AT

HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def the_evening_of_the_lesson(time_machine):
    time_machine.move_to(AT + timedelta(hours=1), tick=False)


@pytest.fixture
def mara(client, school):
    client.force_login(school.users["mara"])
    return client


@pytest.fixture
def oleg(client, school):
    client.force_login(school.users["oleg"])
    return client


@pytest.fixture
def siblings(school):
    """Ivan's mother pays for Dan and for Jan of the other branch, too."""
    ivan, dan, jan = school.clients()[0], school.clients("dance")[0], school.clients("judo")[0]
    Relation.objects.filter(client__in=[dan, jan]).update(contact=ivan.contacts.get())
    return ivan, dan, jan


@pytest.fixture
def address(siblings):
    return f"/families/{siblings[0].contacts.get().pk}/"


def paying(siblings, first="60", second="40", **told):
    ivan, dan, _jan = siblings
    return {
        "amount": "100", "method": "cash", "on": "2026-09-01", "note": "", "key": "k" * 20,
        f"share-{ivan.pk}": first, f"share-{dan.pk}": second,
    } | told


def test_the_family_is_a_page_and_the_panel_its_block_and_the_card_leads_there(mara, siblings, address):
    page, part = mara.get(address), mara.get(address, headers=HTMX)
    assert b"<html" in page.content
    assert b"<html" not in part.content
    text = page.content.decode()
    assert "Those shown together" in text
    assert "Jan" not in text
    assert "125" in text
    assert f'href="{address}"' in mara.get(f"/clients/{siblings[0].pk}/").content.decode()


def test_whoever_pays_for_one_is_no_link(mara, school):
    assert 'href="/families/' not in mara.get(f"/clients/{school.clients()[1].pk}/").content.decode()


def test_the_shares_of_an_amount_are_proposed(mara, siblings, address):
    ivan, dan, _jan = siblings

    def value(text, name):
        field = text.partition(f'name="{name}"')[2].partition(">")[0]
        return field.partition('value="')[2].partition('"')[0]

    shares = [f"share-{of.pk}" for of in (dan, ivan)]
    text = mara.get(f"{address}?amount=30", headers=HTMX).content.decode()
    assert [value(text, name) for name in shares] == ["17.50", "12.50"]
    answer = mara.post(f"{address}payments/", paying(siblings, amount="30", note="both", do="split"), headers=HTMX)
    text = answer.content.decode()
    assert answer.status_code == 200
    assert [value(text, name) for name in ("amount", "note", *shares)] == ["30", "both", "17.50", "12.50"]
    assert value(text, "key") == "k" * 20
    for nonsense in ("", "x", "-5", "9" * 90):
        assert mara.get(address, {"amount": nonsense}).status_code == 200
    assert not Payment.objects.exists()


def test_a_family_payment_is_booked_once_however_often_the_form_is_sent(mara, siblings, address):
    for _ in range(2):
        answer = mara.post(f"{address}payments/", paying(siblings))
        assert (answer.status_code, answer["Location"]) == (303, address)
    assert set(Account.objects.values_list("client", "balance")) == {(siblings[0].pk, D(60)), (siblings[1].pk, D(40))}
    part = mara.post(f"{address}payments/", paying(siblings, key="z" * 20), headers=HTMX)
    assert part.status_code == 200
    assert "ledger-changed" in part["HX-Trigger"]
    assert LedgerEntry.objects.count() == 4


def test_a_split_payment_is_taken_back_as_one_from_the_card_of_any_child(mara, siblings, address):
    mara.post(f"{address}payments/", paying(siblings))
    back = f"/payments/{Payment.objects.get().pk}/reversal/"
    assert f'action="{back}"' in mara.get(f"/clients/{siblings[1].pk}/").content.decode()
    for of, shown in ((siblings[1].pk, 1), (siblings[2].pk, 0), ("", 0)):
        answer = mara.post(back, {"reason": "A mistake", "client": of})
        assert answer["Location"] == f"/clients/{siblings[shown].pk}/"
    assert set(Account.objects.values_list("balance", flat=True)) == {D(0)}


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({"first": "50"}, 422), ({"first": "x"}, 422), ({"first": "-60"}, 422), ({"amount": ""}, 422),
        ({"amount": "99.99"}, 422), ({"on": "2027-01-01"}, 422), ({"method": "gold"}, 422),
        ({"first": "", "second": ""}, 422),
    ],
)
def test_bad_input_is_told_at_its_field_and_what_was_typed_is_kept(mara, siblings, address, told, status):
    answer = mara.post(f"{address}payments/", paying(siblings, **told, note="for both"), headers=HTMX)
    assert answer.status_code == status
    text = answer.content.decode()
    assert 'aria-invalid="true"' in text
    assert "for both" in text
    assert not Payment.objects.exists()


def test_a_used_key_is_told_above_the_form(mara, siblings, address):
    mara.post(f"{address}payments/", paying(siblings))
    answer = mara.post(f"{address}payments/", paying(siblings, first="50", second="50"), headers=HTMX)
    assert answer.status_code == 409
    assert "another payment" in answer.content.decode()


def told(**other):
    return {"amount": "54.50", "method": "transfer", "on": "2026-08-31", "note": "by phone", "key": "k" * 20} | other


def test_what_is_said_to_be_paid_stands_beside_the_balance(mara, siblings, address):
    card = f"/clients/{siblings[0].pk}/"
    for _ in range(2):
        assert mara.post(f"{card}announced/", told()).status_code == 303
    assert AnnouncedPayment.objects.count() == 1
    for page in (card, address):
        text = mara.get(page).content.decode()
        assert "waits for confirmation" in text
        assert "54.50" in text
        assert "confirm or decline" not in text
    part = mara.post(f"{card}announced/", told(key="z" * 20), headers=HTMX)
    assert "waits for confirmation" in part["HX-Trigger"]
    answer = mara.post(f"{card}announced/", told(on="2027-01-01", key="y" * 20), headers=HTMX)
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.content.decode()
    assert not Account.objects.exists()


@pytest.fixture
def waiting(mara, siblings):
    mara.post(f"/clients/{siblings[0].pk}/announced/", told())
    return f"/announced/{AnnouncedPayment.objects.get().pk}/"


def test_it_is_confirmed_by_one_click(waiting, oleg, siblings):
    page = oleg.get("/announced/").content.decode()
    assert "by phone" in page
    assert "Mara" in page
    assert "confirm or decline" in oleg.get(f"/clients/{siblings[0].pk}/").content.decode()
    for _ in range(2):
        answer = oleg.post(f"{waiting}confirmation/?branch=1")
        assert (answer.status_code, answer["Location"]) == (303, "/announced/?branch=1")
    assert (Account.objects.get().balance, Payment.objects.count()) == (D("54.50"), 1)
    assert "No announced payment waits." in oleg.get("/announced/").content.decode()
    part = oleg.post(f"{waiting}confirmation/", headers=HTMX)
    assert "ledger-changed" in part["HX-Trigger"]


def test_another_sum_may_have_come_and_nonsense_is_told_at_its_field(waiting, oleg):
    for wrong in ({"amount": "x"}, {"amount": "0"}, {"on": "2027-01-01"}, {"method": "gold"}):
        answer = oleg.post(f"{waiting}confirmation/", wrong, headers=HTMX)
        assert answer.status_code == 422
        assert 'aria-invalid="true"' in answer.content.decode()
    assert not Payment.objects.exists()
    oleg.post(f"{waiting}confirmation/", {"amount": "50", "method": "cash", "on": "2026-09-01"})
    assert Account.objects.get().balance == 50


def test_it_is_declined_with_a_reason_and_then_no_more_confirmed(waiting, oleg):
    assert oleg.post(f"{waiting}declining/", {"reason": " "}, headers=HTMX).status_code == 422
    assert oleg.post(f"{waiting}declining/", {"reason": "Never came"}).status_code == 303
    answer = oleg.post(f"{waiting}confirmation/", headers=HTMX)
    assert answer.status_code == 409
    assert "Somebody has answered this already." in answer.content.decode()
    assert not Payment.objects.exists()


def test_the_rail_leads_there_whoever_may_confirm(client, school):
    for name, sees in (("oleg", True), ("mara", False)):
        client.force_login(school.users[name])
        assert ('href="/announced/"' in client.get("/clients/").content.decode()) == sees
