"""Clients and their contacts."""

from django.utils.translation import gettext_noop as _

from rollbook.operations.doctor.promise import Promise

PROMISES = (
    Promise(
        "one_payer",
        _("Every client has exactly one payer."),
        """
        SELECT 'client:' || client.id FROM people_client client
        LEFT JOIN people_relation relation ON relation.client_id = client.id AND relation.pays
        GROUP BY client.id HAVING count(relation.id) <> 1
        """,
    ),
)
