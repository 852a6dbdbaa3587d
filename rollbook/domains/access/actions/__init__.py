"""What may be done with access: `from rollbook.domains.access import actions as access`."""

from rollbook.domains.access.actions.branches import add_branch, archive_branch, change_branch, restore_branch
from rollbook.domains.access.actions.factors import codes_made, factor_added, factor_removed
from rollbook.domains.access.actions.founding import FoundedAlready, found_organisation
from rollbook.domains.access.actions.grants import LastOwner, Wanted, give_grant, take_grant
from rollbook.domains.access.actions.invitations import (
    InvitationAccepted,
    accept_invitation,
    invite,
    revoke_invitation,
)
from rollbook.domains.access.actions.keys import make_key, revoke_key, spend_code, use_key
from rollbook.domains.access.actions.letters import order_notice, order_reset, send_notice
from rollbook.domains.access.actions.links import DeadLink, make_link, use_link
from rollbook.domains.access.actions.organisation import change_organisation
from rollbook.domains.access.actions.owner import OwnedAlready, add_first_owner
from rollbook.domains.access.actions.passwords import send_reset, set_password
from rollbook.domains.access.actions.roles import OwnerHoldsAll, RoleIsHeld, add_role, change_role, remove_role
from rollbook.domains.access.actions.sessions import (
    end_other_sessions,
    end_session,
    end_sessions_of,
    note_failed_sign_in,
    note_seen,
    note_sign_in,
)
from rollbook.domains.access.actions.users import (
    change_login,
    change_name,
    disable_user,
    enable_user,
)

__all__ = [
    "DeadLink", "FoundedAlready", "InvitationAccepted", "LastOwner", "OwnedAlready", "OwnerHoldsAll", "RoleIsHeld",
    "Wanted", "accept_invitation", "add_branch", "add_first_owner", "add_role", "archive_branch", "change_branch",
    "change_login", "change_name", "change_organisation", "change_role", "codes_made", "disable_user",
    "enable_user", "end_other_sessions", "end_session", "end_sessions_of", "factor_added", "factor_removed",
    "found_organisation", "give_grant", "invite", "make_key", "make_link", "note_failed_sign_in", "note_seen",
    "note_sign_in", "order_notice", "order_reset", "remove_role", "restore_branch", "revoke_invitation",
    "revoke_key", "send_notice", "send_reset", "set_password", "spend_code", "take_grant", "use_key", "use_link",
]
