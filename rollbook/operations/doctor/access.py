"""Who may do what."""

from django.utils.translation import gettext_noop as _

from rollbook.operations.doctor.promise import Promise

PROMISES = (
    Promise(
        "founded",
        _("There is an organisation."),
        "SELECT 'no organisation' WHERE NOT EXISTS (SELECT FROM access_organisation)",
    ),
    Promise(
        "owned",
        _("Somebody owns it: an active user with the role of the owner over everything."),
        """
        SELECT 'nobody' WHERE EXISTS (SELECT FROM access_organisation) AND NOT EXISTS (
          SELECT FROM access_grant held
          JOIN access_role role ON role.id = held.role_id AND role.code = 'owner'
          JOIN access_user ON access_user.id = held.user_id AND access_user.is_active
          WHERE held.reach = 'everything'
        )
        """,
    ),
    Promise(
        "grants_reach",
        _("A grant for branches or groups names at least one."),
        """
        SELECT 'grant:' || held.id FROM access_grant held
        WHERE (held.reach = 'branches' AND NOT EXISTS (SELECT FROM access_grant_branches b WHERE b.grant_id = held.id))
           OR (held.reach = 'groups' AND NOT EXISTS (SELECT FROM groups_group_grants g WHERE g.grant_id = held.id))
        """,
    ),
)
