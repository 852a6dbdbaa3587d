"""Marks against lessons, enrolments and each other."""

from django.utils.translation import gettext_noop as _

from rollbook.operations.doctor.promise import Promise

PROMISES = (
    Promise(
        "mark_day",
        _("The day of a mark is that of its lesson."),
        """
        SELECT 'mark:' || mark.id FROM journal_mark mark
        JOIN schedule_lesson lesson ON lesson.id = mark.lesson_id WHERE mark.day <> lesson.day
        """,
    ),
    Promise(
        "mark_of_a_member",
        _("A regular mark is that of somebody who belonged to the group on that day."),
        """
        SELECT format('client:%s lesson:%s', mark.client_id, mark.lesson_id) FROM journal_mark mark
        JOIN schedule_lesson lesson ON lesson.id = mark.lesson_id
        WHERE mark.kind = 'regular' AND mark.status IS NOT NULL AND NOT EXISTS (
          SELECT FROM groups_enrolment enrolment
          WHERE enrolment.client_id = mark.client_id AND enrolment.group_id = lesson.group_id
            AND enrolment.since <= mark.day AND (enrolment.until IS NULL OR enrolment.until > mark.day)
        )
        """,
    ),
    Promise(
        "held_lesson_is_marked",
        _("A lesson in which somebody came or was missed is held, unless it is cancelled."),
        """
        SELECT 'lesson:' || lesson.id FROM schedule_lesson lesson
        WHERE lesson.held_at IS NULL AND lesson.cancelled_at IS NULL AND EXISTS (
          SELECT FROM journal_mark mark WHERE mark.lesson_id = lesson.id AND mark.status IN ('attended', 'missed')
        )
        """,
    ),
    Promise(
        "guests_of_a_trial_lesson",
        _("In a trial lesson every guest is a trial."),
        """
        SELECT format('client:%s lesson:%s', mark.client_id, mark.lesson_id) FROM journal_mark mark
        JOIN schedule_lesson lesson ON lesson.id = mark.lesson_id
        JOIN schedule_lessontype kind ON kind.id = lesson.lesson_type_id
        WHERE kind.code = 'trial' AND mark.status IS NOT NULL AND mark.kind IN ('one_off', 'make_up')
        """,
    ),
    Promise(
        "make_up_pairs",
        _("A make-up works off a miss of the same client that gives a right, and not one that was worked off by hand."),
        """
        SELECT 'mark:' || visit.id FROM journal_mark visit JOIN journal_mark miss ON miss.id = visit.makes_up_id
        WHERE visit.client_id <> miss.client_id
           OR (visit.status IN ('planned', 'attended') AND NOT visit.stands_aside AND (
                 miss.worked_off_on IS NOT NULL OR miss.make_up_until IS NULL OR miss.status IS NULL
                 OR miss.status NOT IN ('missed', 'excused')))
        """,
    ),
    Promise(
        "right_used_once",
        _("A right to a make-up is used by one visit, or by hand."),
        """
        SELECT 'mark:' || makes_up_id FROM journal_mark
        WHERE makes_up_id IS NOT NULL AND status IN ('planned', 'attended') AND NOT stands_aside
        GROUP BY makes_up_id HAVING count(*) > 1
        """,
    ),
    Promise(
        "lapsed_is_unused",
        _("What has lapsed was not worked off, and its time is over."),
        """
        SELECT 'mark:' || miss.id FROM journal_mark miss
        WHERE miss.lapsed_on IS NOT NULL AND (miss.lapsed_on <= miss.make_up_until OR EXISTS (
          SELECT FROM journal_mark visit WHERE visit.makes_up_id = miss.id
            AND visit.status IN ('planned', 'attended') AND NOT visit.stands_aside))
        """,
    ),
    Promise(
        "stands_aside_with_its_lesson",
        _("A mark stands aside exactly while its lesson is cancelled."),
        """
        SELECT 'mark:' || mark.id FROM journal_mark mark JOIN schedule_lesson lesson ON lesson.id = mark.lesson_id
        WHERE mark.stands_aside <> (lesson.cancelled_at IS NOT NULL)
        """,
    ),
    Promise(
        "charged_as_decided",
        _("Where somebody has decided about a charge, the mark says so."),
        """
        SELECT 'mark:' || mark.id FROM journal_mark mark LEFT JOIN journal_mark miss ON miss.id = mark.makes_up_id
        WHERE mark.charged IS NOT NULL AND (
          mark.status IS NULL OR mark.status = 'planned'
          OR mark.share <> CASE WHEN mark.charged THEN 100 - coalesce(miss.share, 0) ELSE 0 END)
        """,
    ),
    Promise(
        "present_is_attended",
        _("Whoever counts as present is marked attended, and the other way round."),
        """
        SELECT 'mark:' || id FROM journal_mark WHERE present <> (status IS NOT DISTINCT FROM 'attended')
        """,
    ),
)
