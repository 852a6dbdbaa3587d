from datetime import date

import pytest

from rollbook.domains.access.models import Branch
from rollbook.domains.history.models import Entry
from rollbook.domains.people import actions as people
from rollbook.domains.people.actions import Link, NewContact, OnePayer, PhoneKnown, RelatedAlready, StillPays, UserTaken
from rollbook.domains.people.models import Client, Contact, Employee, Kinship, Management, Relation
from rollbook.foundation.errors import InvalidInput, NotAllowed, NotFound
from rollbook.foundation.versions import Stale
from tests.school import AT

PHONE = "+380671234567"


@pytest.fixture
def mara(school):
    return school.actor("mara")


@pytest.fixture
def ivan(school):
    return school.clients()[0]


def add(by, branch, contacts=(), **values):
    values = {"first_name": "Max", "branch_id": branch.pk, **values}
    return Client.objects.get(pk=people.add_client(values=values, contacts=contacts, at=AT, by=by))


def contact(name="Olga", phone="", *, contact_id=None, somebody_else=False, **relation):
    values = {} if contact_id else {"first_name": name, "phone": phone}
    return NewContact(contact_id=contact_id, values=values, relation=relation, somebody_else=somebody_else)


# ---- clients


def test_of_several_contacts_the_first_pays_if_none_is_said_to(school, mara):
    max_ = add(mara, school.branches["north"], [contact("Olga", kinship="mother"), contact("Petro", kinship="father")])
    assert [(row.contact.first_name, row.pays) for row in max_.relations.order_by("pk")] == [
        ("Olga", True), ("Petro", False),
    ]


def test_the_one_who_is_said_to_pay_does(school, mara):
    max_ = add(mara, school.branches["north"], [contact("Olga"), contact("Petro", pays=True)])
    assert max_.relations.get(pays=True).contact.first_name == "Petro"


def test_two_payers_are_refused_and_nothing_is_kept(school, mara):
    with pytest.raises(OnePayer):
        add(mara, school.branches["north"], [contact("Olga", pays=True), contact("Petro", pays=True)])
    assert not Client.objects.filter(first_name="Max").exists()


def test_without_contacts_the_client_is_their_own(school, mara):
    max_ = add(mara, school.branches["north"], last_name="Novak")
    relation = max_.relations.get()
    assert (relation.kinship, relation.pays, relation.contact.name) == (Kinship.SELF, True, "Novak Max")


def test_a_known_phone_is_refused_with_whose_it_is(school, mara, ivan):
    mother = ivan.contacts.get()
    with pytest.raises(PhoneKnown) as refused:
        add(mara, school.branches["north"], [contact("Nina", mother.phone)])
    assert refused.value.values == ({"contact_id": mother.pk, "name": "Ivan's mother"},)
    assert not Client.objects.filter(first_name="Max").exists()


def test_a_known_phone_is_shared_by_saying_so_or_joined(school, mara, ivan):
    mother = ivan.contacts.get()
    add(mara, school.branches["north"], [contact("Nina", mother.phone, somebody_else=True)])
    add(mara, school.branches["north"], [contact(contact_id=mother.pk)])
    assert Contact.objects.filter(phone=mother.phone).count() == 2
    assert mother.clients.count() == 2


def test_whose_phone_it_is_in_another_branch_is_not_told(school, mara):
    jans = school.clients("judo")[0].contacts.get()
    assert add(mara, school.branches["north"], [contact("Nina", jans.phone)]).contacts.get() != jans


def test_a_contact_who_may_not_be_seen_is_not_joined(school, mara):
    jans = school.clients("judo")[0].contacts.get()
    with pytest.raises(NotFound):
        add(mara, school.branches["north"], [contact(contact_id=jans.pk)])
    assert not Client.objects.filter(first_name="Max").exists()


@pytest.mark.parametrize(
    ("who", "branch", "error"),
    [
        ("mara", "south", NotFound), ("anna", "north", NotAllowed), ("rita", "north", NotAllowed),
        ("dina", "north", NotFound),
    ],  # fmt: skip
)
def test_clients_are_added_where_one_may(school, who, branch, error):
    with pytest.raises(error):
        add(school.actor(who), school.branches[branch])


def test_a_responsible_person_must_be_seen(school, mara):
    boris = school.users["boris"].employee
    with pytest.raises(NotFound):
        add(mara, school.branches["north"], responsible_id=boris.pk)


def test_a_change_says_what_was_before_and_a_stale_one_is_refused(school, mara, ivan):
    people.change_client(client_id=ivan.pk, values={"last_name": "Novak"}, seen=1, at=AT, by=mara)
    entry = Entry.objects.latest("pk")
    assert (entry.verb, entry.subject, entry.old, entry.new) == (
        "client.changed", f"client:{ivan.pk}", {"last_name": ""}, {"last_name": "Novak"},
    )
    with pytest.raises(Stale) as refused:
        people.change_client(client_id=ivan.pk, values={"last_name": "Else"}, seen=1, at=AT, by=mara)
    [pair] = refused.value.values
    assert pair | {"label": ""} == {
        "field": "last_name", "label": "", "yours": "Else", "theirs": "Novak", "version": 2,
    }


def test_what_both_have_set_alike_is_no_conflict(mara, ivan):
    for _time in range(2):
        people.change_client(client_id=ivan.pk, values={"last_name": "Novak"}, seen=1, at=AT, by=mara)
    ivan.refresh_from_db()
    assert ivan.version == 2


def test_a_client_moves_only_where_one_may_add(school, mara, ivan):
    with pytest.raises(NotFound):
        people.change_client(
            client_id=ivan.pk, values={"branch_id": school.branches["south"].pk}, seen=None, at=AT, by=mara
        )


@pytest.mark.parametrize(
    ("who", "error"), [("anna", NotAllowed), ("rita", NotAllowed), ("kira", NotFound), ("dina", NotFound)]
)
def test_a_client_is_changed_by_those_who_may(school, ivan, who, error):
    by, relation = school.actor(who), ivan.relations.get()
    entries = Entry.objects.count()
    for call in (
        lambda: people.change_client(client_id=ivan.pk, values={"note": "x"}, seen=None, at=AT, by=by),
        lambda: people.add_contact(client_id=ivan.pk, contact=contact(), at=AT, by=by),
        lambda: people.change_contact(
            relation_id=relation.pk, values={"first_name": "x"}, relation={}, seen=None, at=AT, by=by
        ),
        lambda: people.set_payer(relation_id=relation.pk, at=AT, by=by),
        lambda: people.remove_contact(relation_id=relation.pk, at=AT, by=by),
    ):
        with pytest.raises(error):
            call()
    assert Entry.objects.count() == entries


# ---- contacts


def test_a_new_payer_takes_the_place_of_the_former_one(mara, ivan):
    people.add_contact(client_id=ivan.pk, contact=contact("Petro", pays=True), at=AT, by=mara)
    assert ivan.relations.get(pays=True).contact.first_name == "Petro"


def test_a_contact_belongs_to_a_client_once(mara, ivan):
    with pytest.raises(RelatedAlready):
        people.add_contact(client_id=ivan.pk, contact=contact(contact_id=ivan.contacts.get().pk), at=AT, by=mara)


def test_the_history_says_who_pays_no_more(mara, ivan):
    mother = ivan.relations.get()
    people.add_contact(client_id=ivan.pk, contact=contact("Petro", pays=True), at=AT, by=mara)
    people.set_payer(relation_id=mother.pk, at=AT, by=mara)
    told = Entry.objects.filter(within=f"client:{ivan.pk}", verb="relation.changed").order_by("pk")
    of_father = f"contact:{ivan.relations.exclude(pk=mother.pk).get().contact_id}"
    assert list(told.values_list("subject", "new")) == [
        (f"contact:{mother.contact_id}", {"pays": False}), (of_father, {"pays": False}),
        (f"contact:{mother.contact_id}", {"pays": True}),
    ]


def test_the_payer_stays_until_another_one_pays(mara, ivan):
    mother = ivan.relations.get()
    for call in (
        lambda: people.remove_contact(relation_id=mother.pk, at=AT, by=mara),
        lambda: people.change_contact(
            relation_id=mother.pk, values={}, relation={"pays": False}, seen=None, at=AT, by=mara
        ),
    ):
        with pytest.raises(StillPays):
            call()
    people.add_contact(client_id=ivan.pk, contact=contact("Petro", pays=True), at=AT, by=mara)
    people.remove_contact(relation_id=mother.pk, at=AT, by=mara)
    assert Entry.objects.latest("pk").verb == "contact.removed"
    assert Relation.objects.filter(client=ivan).count() == 1


def test_a_phone_that_changes_to_a_known_one_is_asked_about(school, mara, ivan):
    taken = school.clients()[1].contacts.get().phone
    said = {"relation_id": ivan.relations.get().pk, "values": {"phone": taken}, "relation": {}, "seen": 1, "at": AT}
    with pytest.raises(PhoneKnown):
        people.change_contact(**said, by=mara)
    people.change_contact(**said, somebody_else=True, by=mara)
    assert Contact.objects.filter(phone=taken).count() == 2
    people.change_contact(**said | {"seen": 2}, by=mara)  # their own phone is no news


def test_a_stale_contact_is_refused(mara, ivan):
    said = {"relation_id": ivan.relations.get().pk, "relation": {}, "seen": 1, "at": AT, "by": mara}
    people.change_contact(values={"first_name": "One"}, **said)
    with pytest.raises(Stale):
        people.change_contact(values={"first_name": "Two"}, **said)


# ---- employees


def test_an_employee_is_added_with_branches_and_a_sign_in(school):
    vera, north, dina = school.actor("vera"), school.branches["north"], school.users["dina"]
    pk = people.add_employee(
        values={"first_name": "Petra", "branch_id": north.pk}, manages=[north.pk], link=Link(dina.pk), at=AT, by=vera
    )
    assert Management.objects.get(branch=north).employee_id == pk
    assert Employee.objects.get(pk=pk).user == dina
    verbs = set(Entry.objects.filter(subject=f"employee:{pk}").values_list("verb", flat=True))
    assert verbs == {"employee.added", "employee.manages", "employee.linked"}


def test_a_sign_in_belongs_to_one_employee(school):
    boris = school.users["boris"].employee
    with pytest.raises(UserTaken):
        people.link_user(employee_id=boris.pk, user_id=school.users["anna"].pk, at=AT, by=school.actor("vera"))


@pytest.mark.parametrize("user_id", [0, 999999, 2**63])
def test_a_sign_in_that_is_not_there_is_refused(school, user_id):
    boris = school.users["boris"].employee
    with pytest.raises(InvalidInput):
        people.link_user(employee_id=boris.pk, user_id=user_id, at=AT, by=school.actor("vera"))


def test_a_sign_in_is_linked_by_those_who_manage_access_everywhere(school):
    anna = school.users["anna"].employee
    with pytest.raises(NotAllowed):
        people.link_user(employee_id=anna.pk, user_id=None, at=AT, by=school.actor("oleg"))


def test_a_branch_that_one_may_not_change_may_stay_in_the_list(school):
    anna, (north, south) = school.users["anna"].employee, school.branches.values()
    people.manage_branches(employee_id=anna.pk, branch_ids=[north.pk, south.pk], at=AT, by=school.actor("vera"))
    people.manage_branches(employee_id=anna.pk, branch_ids=[south.pk], at=AT, by=school.actor("oleg"))
    assert set(anna.managements.values_list("branch", flat=True)) == {south.pk}
    people.manage_branches(employee_id=anna.pk, branch_ids=[north.pk], at=AT, by=school.actor("oleg"))
    assert set(anna.managements.values_list("branch", flat=True)) == {north.pk, south.pk}


def test_the_manager_of_a_branch_is_one_and_others_branches_stay(school):
    north, south = school.branches["north"], school.branches["south"]
    anna, boris = (school.users[name].employee for name in ("anna", "boris"))
    people.manage_branches(employee_id=anna.pk, branch_ids=[north.pk, south.pk], at=AT, by=school.actor("vera"))
    people.manage_branches(employee_id=boris.pk, branch_ids=[south.pk], at=AT, by=school.actor("vera"))
    assert dict(Management.objects.values_list("branch", "employee")) == {north.pk: anna.pk, south.pk: boris.pk}
    people.manage_branches(employee_id=anna.pk, branch_ids=[], at=AT, by=school.actor("oleg"))
    assert dict(Management.objects.values_list("branch", "employee")) == {south.pk: boris.pk}
    with pytest.raises(InvalidInput):
        people.manage_branches(employee_id=anna.pk, branch_ids=[south.pk], at=AT, by=school.actor("oleg"))


def test_an_employee_leaves_once_and_returns(school):
    anna, vera = school.users["anna"].employee, school.actor("vera")
    for _time in range(2):
        people.leave(employee_id=anna.pk, on=date(2026, 9, 1), at=AT, by=vera)
    for _time in range(2):
        people.return_to_work(employee_id=anna.pk, at=AT, by=vera)
    verbs = list(Entry.objects.filter(subject=f"employee:{anna.pk}").order_by("pk").values_list("verb", flat=True))
    assert verbs == ["employee.left", "employee.returned"]


@pytest.mark.parametrize(
    ("who", "error"), [("mara", NotAllowed), ("anna", NotAllowed), ("rita", NotAllowed), ("kira", NotFound)]
)
def test_employees_are_changed_by_those_who_may(school, who, error):
    by, anna = school.actor(who), school.users["anna"].employee
    for call in (
        lambda: people.change_employee(employee_id=anna.pk, values={"first_name": "x"}, seen=None, at=AT, by=by),
        lambda: people.leave(employee_id=anna.pk, on=date(2026, 9, 1), at=AT, by=by),
        lambda: people.return_to_work(employee_id=anna.pk, at=AT, by=by),
        lambda: people.manage_branches(employee_id=anna.pk, branch_ids=[], at=AT, by=by),
        lambda: people.add_employee(
            values={"first_name": "x", "branch_id": Branch.objects.get(name="North").pk}, at=AT, by=by
        ),
    ):
        with pytest.raises(error):
            call()
