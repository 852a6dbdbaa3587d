import pytest
from django.db import IntegrityError, transaction

from rollbook.domains.people.models import Contact
from rollbook.foundation.copying import copy_new


@pytest.mark.django_db
def test_what_the_database_refuses_is_the_error_of_any_statement():
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        copy_new(Contact, [{"first_name": "Anna", "phone": "12"}])
    assert refused.value.__cause__.diag.constraint_name == "contact_phone_e164"
    assert copy_new(Contact, [{"first_name": "Anna", "phone": "+380501234567"}]) == [Contact.objects.get().pk]
