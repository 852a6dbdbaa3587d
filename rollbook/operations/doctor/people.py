"""Clients and their contacts; employees."""

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
    Promise(
        "whoever_left_is_out",
        _("Whoever works here no more does not sign in."),
        """
        SELECT 'employee:' || employee.id FROM people_employee employee
        JOIN access_user ON access_user.id = employee.user_id AND access_user.is_active
        JOIN access_branch branch ON branch.id = employee.branch_id
        WHERE employee.left_on <= (now() AT TIME ZONE branch.time_zone)::date
        """,
    ),
)
