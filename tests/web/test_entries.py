"""The page of what is booked by hand in an account, which stands in the side panel as well; and the list of a month."""

import json
from datetime import timedelta
from decimal import Decimal as D

import pytest
from django.utils import timezone

from rollbook.domains.billing.models import Account, LedgerEntry, Payment, Transfer
from rollbook.domains.journal.models import Status
from rollbook.domains.people.models import Relation
from rollbook.workflows import lesson_marked
from tests.school import AT
from tests.web.browsing import form_to, signed_in

HTMX = {"HX-Request": "true"}


@pytest.fixture
def oleg(school):
    """The manager of North."""
    return signed_in(school, "oleg")


@pytest.fixture
def ivan(school):
    return school.clients()[0]


def book(browser, client, what, *, headers=None, **typed):
    page, address = f"/clients/{client.pk}/entries/", f"/clients/{client.pk}/entries/{what}/"
    typed = {name: str(value) for name, value in typed.items()}
    return browser.post(address, form_to(address, browser.get(page), **typed), headers=headers or {})


def balance(client):
    return Account.objects.get(client=client).balance


def test_a_balance_is_corrected_and_the_card_says_why(oleg, ivan):
    assert book(oleg, ivan, "correction", amount="−7,50", reason="Counted twice").status_code == 303
    assert balance(ivan) == D("-7.50")
    for page in (f"/clients/{ivan.pk}/", f"/clients/{ivan.pk}/entries/", "/corrections/"):
        text = oleg.get(page).content.decode()
        assert "Counted twice" in text
        assert "−7.50" in text


def test_in_the_panel_it_answers_with_itself_and_tells_the_journal(oleg, ivan):
    answer = book(oleg, ivan, "bonus", amount="5", reason="A friend came", headers=HTMX)
    assert answer.status_code == 200
    assert answer.content.decode().lstrip().startswith("<article")
    assert set(json.loads(answer["HX-Trigger"])) == {"ledger-changed", "toast"}


@pytest.mark.parametrize(
    ("what", "typed", "sentence"),
    [
        ("correction", {"amount": "0", "reason": "R"}, "More or less than zero"),
        ("correction", {"amount": "x", "reason": "Kept"}, "This is no sum"),
        ("bonus", {"amount": "-5", "reason": "Kept"}, "999"),
        ("bonus", {"amount": "5", "reason": ""}, "required"),
        ("refund", {"amount": "5", "on": "2099-01-01", "note": "Kept"}, "today or before"),
        ("transfer", {"amount": "5", "reason": "Kept"}, "required"),
    ],
)
def test_what_is_wrong_stands_at_its_field_with_what_was_typed(oleg, ivan, school, what, typed, sentence):
    sibling(school)
    answer = book(oleg, ivan, what, **typed, **({"client_id": ""} if what == "transfer" else {}))
    text = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in text
    assert all(str(value) in text for value in typed.values())
    assert not LedgerEntry.objects.exists()


def test_the_same_form_sent_twice_books_once(oleg, ivan):
    page, address = f"/clients/{ivan.pk}/entries/", f"/clients/{ivan.pk}/entries/bonus/"
    sent = form_to(address, oleg.get(page), amount="5", reason="Once")
    assert [oleg.post(address, sent).status_code for _ in range(2)] == [303, 303]
    assert balance(ivan) == 5


def test_more_than_the_balance_is_asked_once_more(oleg, ivan):
    answer = book(oleg, ivan, "refund", amount="5")
    assert answer.status_code == 409
    assert "more than there is on the balance" in answer.content.decode()
    address = f"/clients/{ivan.pk}/entries/refund/"
    assert oleg.post(address, form_to(address, answer, over_balance="on")).status_code == 303
    assert balance(ivan) == -5
    payment = Payment.objects.get()
    assert f"/payments/{payment.pk}/reversal/" in oleg.get(f"/clients/{ivan.pk}/entries/").content.decode()


def sibling(school):
    """Olga has the mother of Ivan, who pays for both."""
    ivan, olga = school.clients()
    Relation.objects.filter(client=olga).update(contact=Relation.objects.get(client=ivan).contact)
    return olga


def test_money_moves_to_a_sibling_or_to_whoever_is_found(oleg, ivan, school):
    olga, dan = sibling(school), school.clients("dance")[0]
    book(oleg, ivan, "bonus", amount="20", reason="Has something")
    page = f"/clients/{ivan.pk}/entries/"
    assert "Olga (the same payer)" in oleg.get(page).content.decode()
    assert "Dan (North)" not in oleg.get(page).content.decode()
    assert book(oleg, ivan, "transfer", client_id=olga.pk, amount="5", reason="For the sister").status_code == 303
    found = oleg.get(page, {"open": "transfer", "who": "Dan"}).content.decode()
    assert "Dan (North)" in found
    assert book(oleg, ivan, "transfer", client_id=dan.pk, amount="6", reason="For a friend").status_code == 303
    assert [balance(client) for client in (ivan, olga, dan)] == [9, 5, 6]
    assert "moved to" in oleg.get(f"/clients/{ivan.pk}/").content.decode()
    transfer = Transfer.objects.get(amount=5)
    back = oleg.post(f"/transfers/{transfer.pk}/reversal/", {"reason": "Not so", "of": olga.pk})
    assert (back.status_code, back["Location"]) == (303, f"/clients/{olga.pk}/entries/")
    assert [balance(client) for client in (ivan, olga)] == [14, 0]


def test_nobody_from_elsewhere_may_be_chosen(oleg, ivan, school):
    jan = school.clients("judo")[0]
    book(oleg, ivan, "bonus", amount="20", reason="Has something")
    page = f"/clients/{ivan.pk}/entries/"
    assert "Nobody is found of whom" in oleg.get(page, {"open": "transfer", "who": "Jan"}).content.decode()
    sent = {"client_id": jan.pk, "amount": "5", "reason": "R", "key": "k" * 9}
    assert oleg.post(f"{page}transfer/", sent).status_code == 422
    assert not Transfer.objects.exists()


def test_a_charge_is_let_off_and_that_is_taken_back(oleg, ivan, school):
    lesson_marked.mark(
        lesson_id=school.lessons["chess"].pk, marks={ivan.pk: Status.ATTENDED}, seen=None, at=AT,
        by=school.actor("oleg"),
    )
    charge = LedgerEntry.objects.get()
    typed = {"entry_id": charge.pk, "percent": "10", "reason": "Was late by our fault"}
    assert book(oleg, ivan, "discount", **typed, amount="3").status_code == 422
    assert book(oleg, ivan, "discount", **typed).status_code == 303
    assert balance(ivan) == D("-11.25")
    assert "Chess: 11.25" in oleg.get(f"/clients/{ivan.pk}/entries/").content.decode()
    discount = LedgerEntry.objects.get(kind="discount")
    for _ in range(2):
        answer = oleg.post(f"/entries/{discount.pk}/reversal/", {"reason": "No"}, headers=HTMX)
        assert answer.status_code == 200
    assert balance(ivan) == D("-12.50")
    assert "taken back: No" in answer.content.decode()


def test_whoever_only_looks_is_offered_nothing(ivan, school):
    """The analyst of Chess sees the money."""
    book(signed_in(school, "oleg"), ivan, "bonus", amount="20", reason="A prize")
    text = signed_in(school, "nina").get(f"/clients/{ivan.pk}/entries/").content.decode()
    assert "A prize" in text
    assert "/entries/bonus/" not in text
    assert "/reversal/" not in text


def test_the_list_of_a_month_sums_what_stands(oleg, ivan, school):
    today = timezone.now().date()
    last_month = today.replace(day=1) - timedelta(days=1)
    book(oleg, ivan, "bonus", amount="20", reason="A prize")
    book(oleg, ivan, "bonus", amount="3", reason="Gone again")
    book(oleg, ivan, "bonus", amount="7", reason="Of last month", on=last_month)
    oleg.post(f"/entries/{LedgerEntry.objects.get(amount=3).pk}/reversal/", {"reason": "No"})
    text = oleg.get("/corrections/").content.decode()
    assert "<b>+20</b>" in text
    assert "Gone again" in text
    assert "Oleg" in text
    assert "Of last month" not in text
    assert "Of last month" in oleg.get("/corrections/", {"month": f"{last_month:%Y-%m}"}).content.decode()
    assert "Nothing was corrected" in oleg.get("/corrections/?month=2001-01").content.decode()
    assert "A prize" not in signed_in(school, "kira").get("/corrections/").content.decode()
