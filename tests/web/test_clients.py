from datetime import timedelta
from decimal import Decimal as D

import pytest

from rollbook.domains.access import scoping
from rollbook.domains.access.models import Role
from rollbook.domains.billing.models import Account, LedgerEntry, Payment
from rollbook.domains.people.models import Client, Contact, Relation
from rollbook.screens import clients
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
def card(school):
    return f"/clients/{school.clients()[0].pk}/"


def found(school, words, name="mara"):
    listed = clients.listed(words=words, at=AT, by=school.actor(name))
    return [row.name for row in listed.rows]


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("", ["Dan", "Ivan", "Olga", "Ёлкина"]), ("iva", ["Ivan"]), ("VAN", ["Ivan"]), ("va", []), ("iv", ["Ivan"]),
        ("елк", ["Ёлкина"]), ("ЁЛК", ["Ёлкина"]), ("ёлкина", ["Ёлкина"]), ("olga mother", ["Olga"]),
        ("mother ivan", ["Ivan"]), ("ivan olga", []), ("nobody", []), ("jan", []),
        ("\u200b", ["Dan", "Ivan", "Olga", "Ёлкина"]),
        ("' OR 1=1 --", []), ("%", []), ("\\", []),
    ],
)
def test_search_by_any_part_of_a_name_or_of_a_contacts_name(school, words, names):
    school.enrol("Ёлкина")
    assert found(school, words) == names


def test_of_too_many_each_counts_once_and_who_bears_the_name_comes_first(school, monkeypatch):
    """A family bears one name: whoever fits by their own and by their mother's takes one place of those found."""
    monkeypatch.setattr(clients, "CANDIDATES", 4)
    scoping._compiled.cache_clear()
    try:
        school.enrol("Rom", "Roman", "Romina")  # and so do their mothers
        zoe, aunt = school.enrol("Zoe")[0], Contact.objects.create(first_name="Romola", phone="")
        Relation.objects.create(client=zoe, contact=aunt, kinship="other", pays=False)
        assert found(school, "rom") == ["Rom", "Roman", "Romina", "Zoe"]
        school.enrol("Romeo")
        assert found(school, "rom") == ["Rom", "Roman", "Romeo", "Romina"]
    finally:
        scoping._compiled.cache_clear()


@pytest.mark.parametrize(
    "spelling",
    ["+380501234567", "380501234567", "050 123-45-67", "0501234567", "1234567", "4567", "(050) 123 45 67", "501234"],
)
def test_search_by_any_part_of_a_phone_in_any_spelling(school, spelling):
    ivan = school.clients()[0]
    Contact.objects.filter(clients=ivan).update(phone="+380501234567")
    assert found(school, spelling) == ["Ivan"]


def test_who_may_not_see_phones_does_not_find_by_them(school):
    Contact.objects.filter(clients=school.clients()[0]).update(phone="+380501234567")
    assert found(school, "1234567", "anna") == []
    assert found(school, "ivan", "anna") == ["Ivan"]
    rows = clients.listed(at=AT, by=school.actor("anna")).rows
    assert {(row.phone, row.balance) for row in rows} == {(None, None)}


def test_pages_go_on_where_the_last_one_ended(school, monkeypatch):
    monkeypatch.setattr(clients, "PAGE", 2)
    school.enrol("Same", "Same", "Same")
    names, after = [], None
    while True:
        listed = clients.listed(after=after, at=AT, by=school.actor("mara"))
        names += [row.name for row in listed.rows]
        after = listed.page.next
        if not after:
            break
    assert names == ["Dan", "Ivan", "Olga", "Same", "Same", "Same"]


def test_an_archived_client_is_not_listed(school):
    Client.objects.filter(first_name="Ivan").update(archived_at=AT)
    assert "Ivan" not in found(school, "")


def test_the_card_is_a_page_and_the_panel_its_block(mara, card):
    page, part = mara.get(card), mara.get(card, headers=HTMX)
    assert page.status_code == part.status_code == 200
    assert b"<html" in page.content
    assert b"<html" not in part.content
    assert b"Ivan&#39;s mother" in part.content


def test_a_teacher_sees_neither_phones_nor_money(client, school, card):
    client.force_login(school.users["anna"])
    text = client.get(card).content.decode()
    assert "+380" not in text
    assert "Balance" not in text
    assert client.post(f"{card}payments/", paying()).status_code == 403


def paying(**told):
    return {"amount": "1 000,50", "method": "cash", "on": "2026-09-01", "note": "", "key": "k" * 20} | told


def test_a_payment_is_booked_once_however_often_the_form_is_sent(mara, card):
    for _ in range(2):
        assert mara.post(f"{card}payments/", paying()).status_code == 303
    assert (Payment.objects.count(), Account.objects.get().balance) == (1, D("1000.50"))
    part = mara.post(f"{card}payments/", paying(key="z" * 20), headers=HTMX)
    assert part.status_code == 200
    assert "ledger-changed" in part["HX-Trigger"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("amount", ""), ("amount", "0"), ("amount", "-1"), ("amount", "−1"), ("amount", "0.005"), ("amount", "1e9"),
        ("amount", "NaN"), ("amount", "1_000"), ("amount", "١٠٠"), ("amount", "１００"), ("amount", "1000000000000000"),
        ("amount", "1\x00"), ("method", "gold"), ("method", ""), ("on", "2026-02-30"), ("on", "2027-01-01"),
        ("on", "0001-01-01"), ("on", "01/02/26"), ("on", ""), ("note", "x" * 201), ("note", "a\x00b"), ("key", ""),
        ("key", "x" * 61),
    ],
)
def test_bad_input_is_told_at_its_field_and_nothing_is_booked(mara, card, field, value):
    answer = mara.post(f"{card}payments/", paying(**{field: value}), headers=HTMX)
    assert answer.status_code == 422
    if field != "key":
        assert 'aria-invalid="true"' in answer.content.decode()
    assert not LedgerEntry.objects.exists()
    assert not Payment.objects.exists()


def test_another_branchs_client_is_not_there(mara, school):
    jan = school.clients("judo")[0].pk
    for answer in (mara.get(f"/clients/{jan}/"), mara.post(f"/clients/{jan}/payments/", paying())):
        assert answer.status_code == 404
    assert not Payment.objects.exists()


def test_history_tells_nothing_that_the_card_hides(client, school, card, mara):
    mara.post(f"{card}payments/", paying())
    relation = school.clients()[0].relations.get()
    told = {"first_name": "New", "phone": "+380507654321", "kinship": "mother", "language": "en", "pays": "on"}
    assert mara.post(f"/relations/{relation.pk}/edit/", told).status_code == 303
    assert "654" in mara.get(card).content.decode()
    Role.objects.filter(code="analyst").update(permissions=["client.see", "journal.see", "history.see"])
    client.force_login(school.users["nina"])
    text = client.get(card).content.decode()
    assert "New" in text
    assert "654" not in text
    assert "1,000" not in text
    assert "1000.50" not in text


def test_a_payment_is_taken_back_with_a_reason_and_stays_written(mara, card, school):
    mara.post(f"{card}payments/", paying())
    payment = Payment.objects.get().pk
    for reason in ("", " \u200b ", "x" * 201):
        assert mara.post(f"/payments/{payment}/reversal/", {"reason": reason}).status_code == 422
    for _ in range(2):
        assert mara.post(f"/payments/{payment}/reversal/", {"reason": "Twice by mistake"}).status_code == 303
    assert Account.objects.get().balance == 0
    assert list(LedgerEntry.objects.order_by("pk").values_list("kind", flat=True)) == ["payment", "reversal"]
    text = mara.get(card).content.decode()
    assert "Twice by mistake" in text
    part = mara.post(f"/payments/{payment}/reversal/", {"reason": "Again"}, headers=HTMX)
    assert "ledger-changed" in part["HX-Trigger"]
