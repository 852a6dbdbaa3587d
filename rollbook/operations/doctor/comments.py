"""What is said, against what it is said on."""

from django.utils.translation import gettext_noop as _

from rollbook.operations.doctor.promise import Promise

PROMISES = (
    Promise(
        "comment_belongs",
        _("A comment belongs to the group and to the client of what it hangs on."),
        """
        SELECT 'comment:' || comment.id FROM comments_comment comment
        LEFT JOIN journal_mark mark ON mark.id = comment.mark_id
        LEFT JOIN schedule_lesson lesson ON lesson.id = coalesce(comment.lesson_id, mark.lesson_id)
        WHERE comment.of_group_id IS DISTINCT FROM coalesce(comment.group_id, lesson.group_id)
           OR comment.of_client_id IS DISTINCT FROM coalesce(comment.client_id, mark.client_id)
        """,
    ),
    Promise(
        "commented_lesson_is_kept",
        _("A lesson of which something was said is not made anew with its timetable."),
        """
        SELECT 'lesson:' || lesson.id FROM comments_comment comment
        JOIN schedule_lesson lesson ON lesson.id = comment.lesson_id WHERE lesson.touched_at IS NULL
        """,
    ),
    Promise(
        "mention_is_of_another",
        _("Nobody is mentioned by themselves."),
        """
        SELECT 'comment:' || mention.comment_id FROM comments_mention mention
        JOIN comments_comment comment ON comment.id = mention.comment_id
        WHERE mention.user_id = comment.written_by_id
        """,
    ),
)
