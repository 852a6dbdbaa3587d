"""Who is asking. Built once per request, command or API key and handed down; never looked up below."""

from dataclasses import dataclass

from rollbook.domains.access.rules import Grant, Permission, Reach
from rollbook.foundation.errors import NotAllowed, NotSignedIn

__all__ = ["ANONYMOUS", "Actor", "Grant", "Permission", "Reach", "operator"]


@dataclass(frozen=True, slots=True)
class Actor:
    """A person, a key or a job (which has no user but a name), and all they hold."""

    user_id: int | None
    name: str
    via: str
    grants: tuple[Grant, ...] = ()
    second_factor_due: bool = False
    """A role of theirs demands a second factor, which they have not set up: until then it gives them nothing."""

    def holding(self, permission: Permission) -> tuple[Grant, ...]:
        """The grants that carry this permission; whoever is anonymous must sign in first."""
        if self == ANONYMOUS:
            raise NotSignedIn
        return tuple(grant for grant in self.grants if permission in grant.permissions)

    def must(self, permission: Permission) -> tuple[Grant, ...]:
        """The grants that carry this permission; without any, stop here."""
        if grants := self.holding(permission):
            return grants
        raise NotAllowed

    def must_everywhere(self, permission: Permission) -> None:
        """For what belongs to the organisation as a whole: it takes a grant that reaches everything."""
        if not any(grant.reach == Reach.EVERYTHING for grant in self.must(permission)):
            raise NotAllowed

    def must_in_branch(self, permission: Permission, branch_id: int) -> None:
        """For what belongs to a branch as a whole: a grant of some of its groups, or of one's own, is not enough."""
        if not self.may_in_branch(permission, branch_id):
            raise NotAllowed

    def may_everywhere(self, permission: Permission) -> bool:
        return any(grant.reach == Reach.EVERYTHING for grant in self.holding(permission))

    def may_in_branch(self, permission: Permission, branch_id: int) -> bool:
        return any(
            grant.reach == Reach.EVERYTHING or (grant.reach == Reach.BRANCHES and branch_id in grant.branch_ids)
            for grant in self.holding(permission)
        )

    def may_in_some_branch(self, permission: Permission) -> bool:
        """In one at least as a whole, as for a button that adds something to one."""
        return any(grant.reach in {Reach.EVERYTHING, Reach.BRANCHES} for grant in self.holding(permission))

    def may(self, permission: Permission) -> bool:
        """Somewhere at least: good enough to hide a button, never to decide."""
        return bool(self.holding(permission))


ANONYMOUS = Actor(None, "", "")


def operator(name: str, via: str = "command") -> Actor:
    """Whoever runs the installation itself, by a command or a job: has no user, and may do everything."""
    return Actor(None, name, via, (Grant(frozenset(Permission), Reach.EVERYTHING, is_owners=True),))
