"""The whole demo as rows: nothing here knows a database. The same arguments give the same rows."""

from collections.abc import Iterator
from datetime import date
from random import Random

from rollbook.operations.demo import rows
from rollbook.operations.demo.attendance import attend, write_marks
from rollbook.operations.demo.book import Batch, Book, Ids
from rollbook.operations.demo.chain import Chain, found, hire_for_all
from rollbook.operations.demo.money import settle
from rollbook.operations.demo.names import NAMES
from rollbook.operations.demo.people import enrol
from rollbook.operations.demo.scales import Scale, Window
from rollbook.operations.demo.timetable import open_branch, write_lessons

SEED = "rollbook"


def parts(*, scale: Scale, language: str, anchor: date, seed: str = SEED) -> Iterator[tuple[str, Iterator[Batch]]]:
    """The demo, part by part: the organisation, then its branches one by one, each with its name.

    Only what is needed of one branch is kept in memory at a time. Within a part, rows stand after what they point at,
    but for what the database checks when all is in.
    """
    names, ids = NAMES[language], Ids()
    book = Book(ids)
    chain = found(book, names, Window.around(anchor, scale))
    branches = [_branch_row(chain, ids, n) for n in range(scale.branches)]
    for branch in branches:
        book.add(branch)
        book.tell("branch.added", f"branch:{branch.id}", chain.founded_at, chain.founder, {"name": branch.name})
    hire_for_all(book, chain, branches[0].id, Random(f"{seed} staff"))  # noqa: S311
    yield names.organisation, book.batches()
    for index, branch in enumerate(branches):
        book = Book(ids)
        _live(book, chain, scale, branch.id, index, Random(f"{seed} {index}"))  # noqa: S311
        yield branch.name, book.batches()


def _branch_row(chain: Chain, ids: Ids, index: int) -> rows.Branch:
    streets = chain.names.streets
    house = 5 + 7 * index % 60 + index // len(streets)
    name = f"{streets[index % len(streets)]}, {house}"
    return rows.Branch(ids.take(rows.Branch), name, name, chain.names.time_zone)


def _live(book: Book, chain: Chain, scale: Scale, branch_id: int, index: int, random: Random) -> None:
    clients = scale.of_branch(scale.clients, index)
    branch = open_branch(book, chain, random, branch_id, index, scale.of_branch(scale.groups, index))
    crowd = enrol(book, chain, branch, scale.of_branch(scale.enrolled, index), clients)
    course = attend(book, chain, branch, crowd, clients - len(crowd.clients))
    settle(course, crowd.clients)
    write_lessons(book, chain, branch, [lesson for group in branch.groups for lesson in group.lessons] + course.alone)
    write_marks(course)
