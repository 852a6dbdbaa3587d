from datetime import date
from html import unescape

import pytest

from rollbook.domains.access.models import Role
from rollbook.domains.history.models import Entry
from rollbook.domains.people.models import Client, Contact, Relation
from tests.web.browsing import filled, signed_in

NEW = "/clients/new/"


@pytest.fixture
def mara(school):
    """The administrator of North."""
    return signed_in(school, "mara")


@pytest.fixture
def ivan(school):
    return school.clients()[0]


def add(browser, **typed):
    said = {"first_name": "Max", "last_name": "Novak", "contact_first_name": "Olga", "phone": "067 123 45 67"} | typed
    return browser.post(NEW, filled(browser.get(NEW), **said))


def edit(browser, address, **typed):
    return browser.post(address, filled(browser.get(address), **typed))


# ---- a new client


def test_a_client_is_added_with_whoever_pays(mara, school):
    answer = add(mara, birth_date="05.06.2019", kinship="father", note=" two\r\nlines ")
    max_ = Client.objects.latest("pk")
    assert (answer.status_code, answer["Location"]) == (303, f"/clients/{max_.pk}/")
    assert (max_.name, max_.birth_date, max_.note, max_.branch.name) == (
        "Novak Max", date(2019, 6, 5), "two\nlines", "North",
    )
    relation = max_.relations.get()
    assert (relation.kinship, relation.pays, relation.contact.phone) == ("father", True, "+380671234567")
    assert {entry.verb for entry in Entry.objects.filter(by_name="Mara")} == {"client.added", "contact.added"}


def test_without_a_contact_the_client_pays_themself(mara):
    add(mara, contact_first_name="")
    relation = Client.objects.latest("pk").relations.get()
    assert (relation.kinship, relation.pays, relation.contact.name, relation.contact.phone) == (
        "self", True, "Novak Max", "+380671234567",
    )


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"first_name": "", "last_name": "\u200b"}, "first_name"),
        ({"first_name": "a" * 101}, "first_name"),
        ({"last_name": "a\x00"}, "last_name"),
        ({"birth_date": "1919-12-31"}, "birth_date"),
        ({"birth_date": "2099-01-01"}, "birth_date"),
        ({"birth_date": "29.02.2019"}, "birth_date"),
        ({"birth_date": "05.06.19"}, "birth_date"),
        ({"phone": "067"}, "phone"),
        ({"phone": "067 123 45 67, 050 123 45 67"}, "phone"),
        ({"email": "nobody"}, "email"),
        ({"kinship": "boss"}, "kinship"),
        ({"branch_id": "south"}, "branch_id"),
        ({"branch_id": "999999"}, "branch_id"),
        ({"note": "a" * 2001}, "note"),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_nothing_is_kept(mara, school, wrong, where):
    if wrong.get("branch_id") == "south":
        wrong = {"branch_id": str(school.branches["south"].pk)}
    counts = Client.objects.count(), Contact.objects.count(), Entry.objects.count()
    answer = add(mara, **wrong)
    assert answer.status_code == 422
    assert f'id="id_{where}_error"' in answer.content.decode()
    assert filled(answer)["contact_first_name"] == ["Olga"]
    assert (Client.objects.count(), Contact.objects.count(), Entry.objects.count()) == counts


def test_a_new_contact_speaks_the_language_of_the_organisation(mara):
    add(mara)
    assert Contact.objects.latest("pk").language == "en"


def test_a_phone_that_is_known_is_asked_about(mara, ivan):
    mother = ivan.contacts.get()
    answer = add(mara, phone=mother.phone)
    text = unescape(answer.content.decode())
    assert answer.status_code == 422
    assert "is it the same person?" in text
    assert "Ivan's mother (Ivan)" in text
    assert not Client.objects.filter(first_name="Max").exists()
    assert mara.post(NEW, filled(answer, same_as=str(mother.pk))).status_code == 303
    assert Client.objects.latest("pk").contacts.get() == mother
    assert set(mother.clients.values_list("first_name", flat=True)) == {"Ivan", "Max"}


def test_a_phone_may_be_shared_by_somebody_else(mara, ivan):
    mother = ivan.contacts.get()
    answer = add(mara, phone=mother.phone)
    assert mara.post(NEW, filled(answer, same_as="new")).status_code == 303
    assert Contact.objects.filter(phone=mother.phone).count() == 2


def test_whose_phone_it_is_elsewhere_is_not_told(mara, school):
    jans = school.clients("judo")[0].contacts.get()
    answer = add(mara, phone=jans.phone)
    assert answer.status_code == 303
    assert Client.objects.latest("pk").contacts.get() != jans


@pytest.mark.parametrize("chosen", ["999999", "x", "1_0", str(2**63)])
def test_a_contact_who_was_not_offered_is_no_choice(mara, ivan, school, chosen):
    jans = school.clients("judo")[0].contacts.get()
    for same_as in (chosen, str(jans.pk)):
        assert add(mara, phone=ivan.contacts.get().phone, same_as=same_as).status_code == 422


@pytest.mark.parametrize(
    ("who", "status"), [("vera", 200), ("oleg", 200), ("olha", 200), ("anna", 403), ("kira", 403), ("dina", 403)]
)
def test_clients_are_added_by_those_who_may(school, who, status):
    assert signed_in(school, who).get(NEW).status_code == status


# ---- a client who is there


def address(client):
    return f"/clients/{client.pk}/edit/"


def test_saving_what_stands_changes_nothing(mara, ivan):
    entries = Entry.objects.count()
    answer = edit(mara, address(ivan))
    assert (answer.status_code, answer["Location"]) == (303, f"/clients/{ivan.pk}/")
    ivan.refresh_from_db()
    assert (ivan.version, Entry.objects.count()) == (1, entries)


def test_a_change_is_written_down_with_what_was_before(mara, ivan, school):
    anna = school.users["anna"].employee
    edit(mara, address(ivan), last_name="Novak", birth_date="2018-03-06", responsible_id=str(anna.pk))
    ivan.refresh_from_db()
    assert (ivan.name, ivan.birth_date, ivan.responsible, ivan.version) == ("Novak Ivan", date(2018, 3, 6), anna, 2)
    entry = Entry.objects.latest("pk")
    assert entry.old == {"last_name": "", "birth_date": "2018-03-05", "responsible_id": None}
    assert entry.new == {"last_name": "Novak", "birth_date": "2018-03-06", "responsible_id": anna.pk}


def test_two_who_change_a_client_meet_both_values(mara, ivan):
    mine = filled(mara.get(address(ivan)), first_name="Mine", birth_date="2018-03-07")
    edit(mara, address(ivan), first_name="Theirs")
    answer = mara.post(address(ivan), mine)
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "yours: Mine, now: Theirs" in text
    assert "yours: 7 Mar 2018, now: 5 Mar 2018" in text.replace("\xa0", " ")
    assert mara.post(address(ivan), filled(answer)).status_code == 303


def test_a_client_moves_to_a_branch_in_which_one_may_add_clients(school, mara, ivan):
    south = school.branches["south"]
    assert edit(mara, address(ivan), branch_id=str(south.pk)).status_code == 422
    vera = signed_in(school, "vera")
    assert edit(vera, address(ivan), branch_id=str(south.pk)).status_code == 303
    ivan.refresh_from_db()
    assert ivan.branch == south


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"first_name": "", "last_name": ""}, "first_name"),
        ({"birth_date": "yesterday"}, "birth_date"),
        ({"responsible_id": "999999"}, "responsible_id"),
        ({"branch_id": ""}, "branch_id"),
    ],
)
def test_what_is_wrong_with_a_change_stands_at_its_field(mara, ivan, wrong, where):
    answer = edit(mara, address(ivan), **wrong)
    assert answer.status_code == 422
    assert f'id="id_{where}_error"' in answer.content.decode()


# ---- contacts


def contact(relation):
    return f"/relations/{relation.pk}/edit/"


def test_a_contact_is_added_and_pays_from_then_on(mara, ivan):
    new = f"/clients/{ivan.pk}/contacts/new/"
    answer = edit(mara, new, first_name="Petro", kinship="father", phone="067 123 45 67", pays="on")
    assert (answer.status_code, answer["Location"]) == (303, address(ivan))
    assert [(row.contact.first_name, row.pays) for row in ivan.relations.order_by("pk")] == [
        ("Ivan's mother", False), ("Petro", True),
    ]


def test_a_contact_with_a_known_phone_is_joined_and_only_once(mara, ivan, school):
    olga = school.clients()[1]
    new = f"/clients/{ivan.pk}/contacts/new/"
    said = {"phone": olga.contacts.get().phone}
    answer = edit(mara, new, **said)
    assert answer.status_code == 422
    assert mara.post(new, filled(answer, same_as=str(olga.contacts.get().pk))).status_code == 303
    assert ivan.contacts.count() == 2
    answer = mara.post(new, filled(answer, same_as=str(olga.contacts.get().pk)))
    assert answer.status_code == 409
    assert "belongs to the client already" in answer.content.decode()


def test_a_contact_changes_for_all_their_clients_and_the_relation_for_one(mara, ivan):
    mother = ivan.relations.get()
    edit(mara, contact(mother), last_name="Novak", kinship="guardian", may_collect=[])
    mother.refresh_from_db()
    assert (mother.contact.last_name, mother.contact.version, mother.kinship, mother.may_collect, mother.pays) == (
        "Novak", 2, "guardian", False, True,
    )
    verbs = Entry.objects.filter(within=f"client:{ivan.pk}").values_list("verb", flat=True)
    assert {"contact.changed", "relation.changed"} <= set(verbs)


def test_two_who_change_a_contact_meet_both_values(mara, ivan):
    mother = ivan.relations.get()
    mine = filled(mara.get(contact(mother)), first_name="Mine")
    edit(mara, contact(mother), first_name="Theirs")
    answer = mara.post(contact(mother), mine)
    assert answer.status_code == 409
    assert "yours: Mine, now: Theirs" in answer.content.decode()


def test_the_payer_is_changed_by_saying_who_pays_instead(mara, ivan):
    edit(mara, f"/clients/{ivan.pk}/contacts/new/", first_name="Petro")
    mother, father = ivan.relations.order_by("pk")
    assert mara.post(f"/relations/{mother.pk}/remove/").status_code == 409
    assert mara.post(f"/relations/{father.pk}/payer/").status_code == 303
    assert ivan.relations.get(pays=True) == father
    assert mara.post(f"/relations/{mother.pk}/remove/").status_code == 303
    assert ivan.relations.get() == father
    assert Contact.objects.filter(pk=mother.contact_id).exists()


def test_who_may_not_see_phones_changes_none(mara, ivan, school):
    Role.objects.filter(code="administrator").update(
        permissions=[right for right in Role.objects.get(code="administrator").permissions if right != "phone.see"]
    )
    mother = ivan.relations.get()
    Contact.objects.update(email="olha@example.org", telegram="olha_chess")
    told = (mother.contact.phone, "olha@example.org", "olha_chess")
    text = mara.get(contact(mother)).content.decode() + mara.get(address(ivan)).content.decode()
    assert not [value for value in told if value in text]
    edit(mara, contact(mother), first_name="Else", phone="067 123 45 67", email="b@example.org", telegram="b")
    mother.contact.refresh_from_db()
    assert (mother.contact.first_name, *told) == (
        "Else", mother.contact.phone, mother.contact.email, mother.contact.telegram,
    )


@pytest.mark.parametrize(
    ("wrong", "where"),
    [({"first_name": " "}, "first_name"), ({"phone": "112"}, "phone"), ({"language": "de"}, "language")],
)
def test_what_is_wrong_with_a_contact_stands_at_its_field(mara, ivan, wrong, where):
    answer = edit(mara, contact(ivan.relations.get()), **wrong)
    assert answer.status_code == 422
    assert f'id="id_{where}_error"' in answer.content.decode()


@pytest.mark.parametrize(("who", "status"), [("anna", 403), ("kira", 404), ("boris", 404), ("dina", 404)])
def test_a_client_and_their_contacts_are_changed_by_those_who_may(school, ivan, who, status):
    browser, relation = signed_in(school, who), ivan.relations.get()
    for step in (address(ivan), f"/clients/{ivan.pk}/contacts/new/", f"/clients/{ivan.pk}/freezes/", contact(relation)):
        assert browser.post(step, {}).status_code == status
    for step in ("payer", "remove"):
        assert browser.post(f"/relations/{relation.pk}/{step}/").status_code == status
    assert Relation.objects.filter(pk=relation.pk).exists()
