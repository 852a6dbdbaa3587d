"""What may be done. The only place that writes; one file per thing, all known here under their own names."""

from rollbook.domains.people.actions.clients import ClientFields, add_client, change_client
from rollbook.domains.people.actions.contacts import (
    ContactFields,
    NewContact,
    OnePayer,
    PhoneKnown,
    RelatedAlready,
    RelationFields,
    StillPays,
    add_contact,
    change_contact,
    remove_contact,
    set_payer,
)
from rollbook.domains.people.actions.employees import (
    EmployeeFields,
    Link,
    UserTaken,
    add_employee,
    change_employee,
    leave,
    link_user,
    manage_branches,
    return_to_work,
)
from rollbook.domains.people.actions.loading import load_clients, load_contacts, load_employees, load_relations
from rollbook.domains.people.actions.unloading import (
    unload_clients,
    unload_contacts,
    unload_employees,
    unload_relations,
)

__all__ = [
    "ClientFields", "ContactFields", "EmployeeFields", "Link", "NewContact", "OnePayer", "PhoneKnown",
    "RelatedAlready", "RelationFields", "StillPays", "UserTaken", "add_client", "add_contact", "add_employee",
    "change_client", "change_contact", "change_employee", "leave", "link_user", "load_clients", "load_contacts",
    "load_employees", "load_relations", "manage_branches", "remove_contact", "return_to_work", "set_payer",
    "unload_clients", "unload_contacts", "unload_employees", "unload_relations",
]
