from collections.abc import Iterable
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from rollbook.domains.access.actor import Actor, Grant, Permission, Reach
from rollbook.domains.access.scoping import Scope, ScopedQuerySet
from rollbook.domains.groups.models import Enrolment, Group
from rollbook.domains.journal.models import Mark
from rollbook.domains.people.models import Client
from rollbook.domains.schedule.models import Lesson


class CommentQuerySet(ScopedQuerySet["Comment"]):
    # By what it hangs on, and by nothing else: whoever sees a client elsewhere does not read the cells of all groups.
    scope = Scope(
        see=Permission.COMMENT_SEE,
        branch=("client__branch", "group__branch", "lesson__branch", "mark__lesson__branch"),
        group=("client__enrolments__group", "group", "lesson__group", "mark__lesson__group"),
        own=(
            "client__enrolments__group__teachers__user", "client__responsible__user",
            "group__teachers__user", "group__lessons__teachers__user",
            "lesson__teachers__user", "lesson__group__teachers__user",
            "mark__lesson__teachers__user", "mark__lesson__group__teachers__user",
        ),
    )

    def reached_by(self, by: Actor, grants: Iterable[Grant]) -> Self:
        """What the scope says, asked otherwise: which groups, lessons and clients a grant reaches is found once, and
        not for each comment anew by eight joins. A list of what a teacher may read took seconds."""
        mine = Q()
        for grant in grants:
            match grant.reach:
                case Reach.EVERYTHING:
                    return self.all()
                case Reach.BRANCHES:
                    for path in self.scope.branch:
                        mine |= Q((f"{path}__any", grant.branch_ids))
                case Reach.GROUPS:
                    enrolled = Enrolment.objects.filter(group__any=grant.group_ids)
                    mine |= Q(of_group__any=grant.group_ids) | Q(client__in=enrolled.values("client"))
                case Reach.OWN if by.user_id:
                    mine |= _of_own(by.user_id)
        if not mine:
            return self.none()
        # All that is joined is one to a comment, so that no row comes twice. Whoever locks rows joins nothing.
        return self.filter(pk__in=Comment.objects.filter(mine)) if self.query.select_for_update else self.filter(mine)

    def standing(self) -> Self:
        """Those that were not taken back by whoever wrote them."""
        return self.filter(withdrawn_at=None)

    def open(self) -> Self:
        """Those that ask for something which nobody has done yet."""
        return self.standing().filter(asks=True, resolved_at=None)


def _of_own(user: Any) -> Q:
    """Of groups and lessons that a person teaches, and of clients in those groups or whom they answer for: each found
    by its index, for one's own are few of all."""
    lessons = Lesson.objects.filter(teachers__user=user)
    groups = Group.objects.filter(teachers__user=user).values("pk")
    ways = (
        Q(of_group__in=groups),
        Q(group__in=lessons.filter(group__isnull=False).values("group")),
        Q(lesson__in=lessons.values("pk")),
        Q(mark__in=Mark.objects.filter(lesson__in=lessons.values("pk")).values("pk")),
        Q(client__in=Enrolment.objects.filter(group__in=groups).values("client")),
        Q(client__in=Client.objects.filter(responsible__user=user).values("pk")),
    )
    one, *others = (Comment.objects.filter(way).values("pk") for way in ways)
    return Q(pk__in=one.union(*others, all=True))


class Comment(models.Model):
    """Said on one thing: a client, a group, a lesson or a mark (cell). `asks` wants to be resolved.

    `of_group` and `of_client` repeat whose feed and whose card it belongs to: the group of the group, lesson or mark,
    the client of the client or mark. They never change, for what it hangs on never moves elsewhere.
    """

    client = models.ForeignKey("people.Client", models.PROTECT, null=True, related_name="comments", db_index=False)
    group = models.ForeignKey("groups.Group", models.PROTECT, null=True, related_name="comments", db_index=False)
    lesson = models.ForeignKey("schedule.Lesson", models.PROTECT, null=True, related_name="comments", db_index=False)
    mark = models.ForeignKey("journal.Mark", models.PROTECT, null=True, related_name="comments", db_index=False)
    of_group = models.ForeignKey("groups.Group", models.PROTECT, null=True, related_name="+", db_index=False)
    of_client = models.ForeignKey("people.Client", models.PROTECT, null=True, related_name="+", db_index=False)
    text = models.TextField(_("comment"), max_length=2000)
    asks = models.BooleanField(_("asks to be resolved"), default=False)
    written_at = models.DateTimeField()
    written_by = models.ForeignKey("access.User", models.PROTECT, null=True, related_name="comments", db_index=False)
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.ForeignKey("access.User", models.PROTECT, null=True, related_name="+", db_index=False)
    withdrawn_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    objects = CommentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(client__isnull=False, group=None, lesson=None, mark=None)
                | Q(client=None, group__isnull=False, lesson=None, mark=None)
                | Q(client=None, group=None, lesson__isnull=False, mark=None)
                | Q(client=None, group=None, lesson=None, mark__isnull=False),
                name="comment_hangs_on_one",
            ),
            models.CheckConstraint(condition=~Q(text=""), name="comment_says_something"),
            models.CheckConstraint(
                condition=Q(resolved_at=None, resolved_by=None) | Q(resolved_at__isnull=False, asks=True),
                name="comment_resolved_at_and_by",
            ),
        ]
        indexes = [
            models.Index(fields=["-written_at", "-id"], name="comments_by_time"),
            models.Index(fields=["of_group", "-written_at", "-id"], name="comments_of_group"),
            models.Index(fields=["of_client", "-written_at", "-id"], name="comments_of_client"),
            models.Index(fields=["lesson"], condition=Q(lesson__isnull=False), name="comments_on_lesson"),
            models.Index(fields=["mark"], condition=Q(mark__isnull=False), name="comments_on_mark"),
            models.Index(
                fields=["-written_at", "-id"], condition=Q(asks=True, resolved_at=None, withdrawn_at=None),
                name="comments_open",
            ),
        ]


class Mention(models.Model):
    """A colleague whom a comment calls by name."""

    comment = models.ForeignKey(Comment, models.CASCADE, related_name="mentions", db_index=False)
    user = models.ForeignKey("access.User", models.PROTECT, related_name="mentions", db_index=False)
    seen_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["comment", "user"], name="mention_once")]
        indexes = [models.Index(fields=["user", "-id"], name="mentions_of_user")]
