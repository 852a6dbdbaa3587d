"""Statement, receipt and payment request: as pages, in the panel, as files."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal as D
from io import BytesIO

import pytest
import time_machine
from django.test import Client as Browser
from pypdf import PdfReader

from rollbook.domains.billing.models import EntryKind, LedgerEntry, Method, Payment, PaymentRequest
from rollbook.domains.journal.models import Status
from rollbook.domains.people.models import Contact
from rollbook.workflows import lesson_marked, payment_received, payment_requested
from tests.school import AT, DAY

HTMX = {"HX-Request": "true"}
SEPTEMBER = "?first=2026-09-01&last=2026-09-30"


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def ivan(school):
    Contact.objects.update(language="en")
    return school.clients()[0]


def signed_in(school, name="mara"):
    browser = Browser()
    browser.force_login(school.users[name])
    return browser


def mark(school, client, status=Status.ATTENDED):
    lesson_marked.mark(
        lesson_id=school.lessons["chess"].pk, marks={client.pk: status}, seen=None, at=AT, by=school.actor("vera")
    )


def pay(school, client, amount=D("1234.50"), by="vera", on=DAY, key="the key of it"):
    return payment_received.receive(
        client_id=client.pk, amount=amount, method=Method.CARD, on=on, note="", key=key, at=AT, by=school.actor(by)
    )


def words_of(response):
    assert response.status_code == 200
    assert response["Content-Type"] == "application/pdf"
    text = " ".join(page.extract_text() for page in PdfReader(BytesIO(response.content)).pages)
    return " ".join(text.replace("\N{NARROW NO-BREAK SPACE}", " ").replace("\N{NO-BREAK SPACE}", " ").split())


# ---- statement


def test_a_statement_tells_each_lesson_and_each_payment(school, ivan):
    mark(school, ivan)
    paid = pay(school, ivan)
    page = signed_in(school).get(f"/clients/{ivan.pk}/statement/{SEPTEMBER}").content.decode()
    assert f'href="/lessons/{school.lessons["chess"].pk}/clients/{ivan.pk}/"' in page
    assert f'href="/payments/{paid}/receipt/"' in page
    assert '<span class="cell attended"' in page
    assert "September: 1 lesson, was at 1 (12.50). Paid 1 234.50. Left 1 222." in page


def test_the_statement_of_whom_nothing_happened_to(school, ivan):
    page = signed_in(school).get(f"/clients/{ivan.pk}/statement/?first=2026-05-01&last=2026-05-31").content.decode()
    assert "No lesson, and nothing charged or paid in these days." in page


def test_the_statement_opens_in_the_panel(school, ivan):
    page = signed_in(school).get(f"/clients/{ivan.pk}/statement/", headers=HTMX).content.decode()
    assert page.lstrip().startswith('<article class="sheet"')


@pytest.mark.parametrize("asked", ["?first=nonsense&last=2026-13-45", "?first=2026-09-30&last=2026-09-01", "?day=1"])
def test_days_that_are_none_say_nothing(school, ivan, asked):
    assert signed_in(school).get(f"/clients/{ivan.pk}/statement/{asked}").status_code == 200


def test_the_balance_of_any_day_is_asked_for(school, ivan):
    pay(school, ivan, D(100), on=DAY - timedelta(days=10))
    mark(school, ivan)
    browser = signed_in(school)
    for day, balance in (("2026-08-21", "0"), ("2026-08-22", "100"), ("2026-09-01", "87.50")):
        page = browser.get(f"/clients/{ivan.pk}/statement/?day={day}").content.decode()
        then = page[page.index('id="balance-then"'):]
        assert f">{balance}</data>" in then[:300]


def test_earlier_and_later_months(school, ivan):
    page = signed_in(school).get(f"/clients/{ivan.pk}/statement/{SEPTEMBER}").content.decode()
    assert "?first=2026-08-01&amp;last=2026-08-31" in page
    assert "?first=2026-10-01&amp;last=2026-10-31" in page


def test_the_text_comes_in_the_language_of_the_payer_or_the_one_asked_for(school, ivan):
    Contact.objects.filter(clients=ivan).update(language="uk")
    browser = signed_in(school)
    assert 'lang="uk"' in browser.get(f"/clients/{ivan.pk}/statement/").content.decode()
    assert 'lang="en"' in browser.get(f"/clients/{ivan.pk}/statement/?language=en").content.decode()
    assert 'lang="uk"' in browser.get(f"/clients/{ivan.pk}/statement/?language=xx").content.decode()


def test_a_thousand_lines(school, ivan):
    payments = Payment.objects.bulk_create(
        Payment(key=f"old {n}", amount=1, received_on=DAY) for n in range(1000)
    )
    LedgerEntry.objects.bulk_create(
        LedgerEntry(
            client=ivan, branch=ivan.branch, kind=EntryKind.PAYMENT, amount=1, payment=payment,
            day=date(2023, 12, 1) + timedelta(days=n), made_at=AT,
        )
        for n, payment in enumerate(payments)
    )
    browser = signed_in(school)
    asked = "?first=2023-12-01&last=2026-09-30"
    page = browser.get(f"/clients/{ivan.pk}/statement/{asked}").content.decode()
    assert page.count('href="/payments/') == 1000
    words = words_of(browser.get(f"/clients/{ivan.pk}/statement.pdf{asked}"))
    assert words.count("payment, cash") == 1000
    assert "Balance at the end 1 000" in words


def test_a_statement_as_a_file(school, ivan):
    mark(school, ivan)
    pay(school, ivan)
    response = signed_in(school).get(f"/clients/{ivan.pk}/statement.pdf{SEPTEMBER}&language=en")
    words = words_of(response)
    for said in ("Statement: Ivan", "Test school", "Chess: was there", "payment, card +1 234.50", "Left 1 222."):
        assert said in words
    assert "Ivan" in response["Content-Disposition"]


@pytest.mark.parametrize(("name", "status"), [("anna", 403), ("kira", 404), ("rita", 200), ("nina", 200)])
@pytest.mark.parametrize("what", ["statement/", "statement.pdf"])
def test_a_statement_is_for_those_who_see_the_money(school, ivan, name, status, what):
    assert signed_in(school, name).get(f"/clients/{ivan.pk}/{what}").status_code == status


def test_a_right_that_is_gone_is_asked_for_again_at_the_download(school, ivan):
    browser = signed_in(school)
    assert browser.get(f"/clients/{ivan.pk}/statement.pdf").status_code == 200
    school.users["mara"].grants.all().delete()
    assert browser.get(f"/clients/{ivan.pk}/statement.pdf").status_code in (403, 404)


def test_the_card_leads_to_the_statement(school, ivan):
    page = signed_in(school).get(f"/clients/{ivan.pk}/").content.decode()
    assert f'data-panel="statement={ivan.pk}"' in page
    assert f'data-panel="ask={ivan.pk}"' in page


# ---- receipt


def test_a_receipt_says_who_paid_for_whom_and_who_took_it(school, ivan):
    paid = pay(school, ivan, by="mara")
    page = signed_in(school).get(f"/payments/{paid}/receipt/").content.decode()
    for said in (f"Receipt No. {paid}", "Test school", "Ivan&#39;s mother", "Ivan", "card", "Mara", "UAH"):
        assert said in page
    words = words_of(signed_in(school).get(f"/payments/{paid}/receipt.pdf?language=en"))
    for said in (f"Receipt No. {paid}", "Payer Ivan's mother", "Taken by Mara", "In all 1 234.50 UAH"):
        assert said in words


def test_a_payment_that_was_taken_back_says_so(school, ivan):
    paid = pay(school, ivan)
    payment_received.take_back(payment_id=paid, reason="x", at=AT, by=school.actor("vera"))
    browser = signed_in(school)
    assert "it does not count" in browser.get(f"/payments/{paid}/receipt/").content.decode()
    assert "it does not count" in words_of(browser.get(f"/payments/{paid}/receipt.pdf"))


def test_a_payment_for_several_is_seen_whole_or_not_at_all(school, ivan):
    paid = pay(school, ivan, D(100))
    jan = school.clients("judo")[0]
    LedgerEntry.objects.create(
        client=jan, branch=jan.branch, kind=EntryKind.PAYMENT, amount=50, payment_id=paid, day=DAY, made_at=AT
    )
    assert signed_in(school, "mara").get(f"/payments/{paid}/receipt/").status_code == 403
    page = signed_in(school, "vera").get(f"/payments/{paid}/receipt/").content.decode()
    assert "Ivan" in page
    assert "Jan" in page


def test_money_given_back_has_a_paper_too(school, ivan):
    refund = Payment.objects.create(amount=30, received_on=DAY, is_refund=True)
    LedgerEntry.objects.create(
        client=ivan, branch=ivan.branch, kind=EntryKind.REFUND, amount=-30, payment=refund, day=DAY, made_at=AT
    )
    assert f"Refund No. {refund.pk}" in words_of(signed_in(school).get(f"/payments/{refund.pk}/receipt.pdf"))


# ---- request


def form(ivan, **told):
    return {
        "first": "2026-09-01", "last": "2026-09-30", "client_ids": [ivan.pk], "shown": "62.50", "key": "made by a form",
    } | told


def test_the_form_shows_what_is_due_before_it_is_asked(school, ivan):
    page = signed_in(school).get(f"/clients/{ivan.pk}/requests/new/").content.decode()
    assert 'value="2026-09-30"' in page
    assert "Chess 5 lessons" in page
    assert not PaymentRequest.objects.exists()


def test_other_days_are_reckoned_anew_and_nothing_is_asked_yet(school, ivan):
    sent = form(ivan, do="reckon", last="2026-09-15")
    page = signed_in(school).post(f"/clients/{ivan.pk}/requests/new/", sent, headers=HTMX).content.decode()
    assert "Chess 3 lessons" in page
    assert 'value="37.50"' in page
    assert not PaymentRequest.objects.exists()


def test_a_plain_form_asks_and_leads_to_the_request(school, ivan):
    response = signed_in(school).post(f"/clients/{ivan.pk}/requests/new/", form(ivan))
    made = PaymentRequest.objects.get()
    assert (response.status_code, response["Location"]) == (303, f"/requests/{made.pk}/")
    assert made.due == D("62.50")


def test_in_the_panel_the_request_is_shown_at_once(school, ivan):
    response = signed_in(school).post(f"/clients/{ivan.pk}/requests/new/", form(ivan), headers=HTMX)
    page = response.content.decode()
    assert "September. Ivan: Chess 5 lessons 62.50. To pay 62.50." in page
    assert "payment-requested" in response["HX-Trigger"]


@pytest.mark.parametrize(
    ("told", "status"),
    [({"last": "2026-08-01"}, 422), ({"last": "x"}, 422), ({"client_ids": ["999999"]}, 422), ({"client_ids": []}, 422),
     ({"shown": "1"}, 409)],
)
def test_what_is_wrong_with_it_stands_there(school, ivan, told, status):
    response = signed_in(school).post(f"/clients/{ivan.pk}/requests/new/", form(ivan, **told), headers=HTMX)
    assert response.status_code == status
    assert "made by a form" in response.content.decode()
    assert not PaymentRequest.objects.exists()


def test_after_a_refusal_the_sum_of_now_is_offered(school, ivan):
    page = signed_in(school).post(f"/clients/{ivan.pk}/requests/new/", form(ivan, shown="1")).content.decode()
    assert "What is due has changed meanwhile" in page
    assert 'name="shown" value="62.50"' in page


def asked(school, ivan):
    (pk,) = payment_requested.request(
        client_ids=[ivan.pk], first=date(2026, 9, 1), last=date(2026, 9, 30), key="a request", at=AT,
        by=school.actor("mara"),
    )
    return pk


def test_a_request_is_read_and_printed(school, ivan):
    pk = asked(school, ivan)
    browser = signed_in(school)
    page = browser.get(f"/requests/{pk}/").content.decode()
    assert f"Payment request No. {pk}" in page
    words = words_of(browser.get(f"/requests/{pk}/request.pdf?language=en"))
    assert "Chess 5 lessons 62.50" in words
    assert "To pay: 62.50 UAH" in words
    assert f"/requests/{pk}/" in browser.get(f"/clients/{ivan.pk}/statement/").content.decode()


@pytest.mark.parametrize(("name", "status"), [("anna", 404), ("kira", 404), ("rita", 200), ("nina", 200)])
@pytest.mark.parametrize("what", ["", "request.pdf"])
def test_a_request_is_for_those_who_see_the_money(school, ivan, name, status, what):
    pk = asked(school, ivan)
    assert signed_in(school, name).get(f"/requests/{pk}/{what}").status_code == status


def test_the_time_of_a_request_is_that_of_the_branch(school, ivan):
    with time_machine.travel(datetime(2026, 9, 1, 22, tzinfo=UTC), tick=False):
        page = signed_in(school).get(f"/clients/{ivan.pk}/requests/new/").content.decode()
        assert 'value="2026-09-02"' in page
