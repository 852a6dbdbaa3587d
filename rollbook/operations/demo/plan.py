"""The whole demo as rows: nothing here knows a database. The same arguments give the same rows."""

from collections.abc import Iterator
from datetime import date
from random import Random

from rollbook.operations.demo import rows
from rollbook.operations.demo.attendance import attend, write_marks
from rollbook.operations.demo.book import Batch, Book
from rollbook.operations.demo.chain import Chain, found, hire_for_all
from rollbook.operations.demo.comments import talk
from rollbook.operations.demo.money import settle
from rollbook.operations.demo.names import NAMES
from rollbook.operations.demo.people import enrol
from rollbook.operations.demo.scales import Scale, Window
from rollbook.operations.demo.subscriptions import sell
from rollbook.operations.demo.timetable import open_branch, write_lessons

SEED = "rollbook"


class Plan:
    """A demo in parts: number 0 is the organisation, the others are its branches.

    A branch knows the organisation but no other branch: the parts may be asked for in any order, by any number of
    processes, and are the same. Rows of a part point at none of other parts but the organisation's.
    """

    def __init__(self, *, scale: Scale, language: str, anchor: date, seed: str = SEED) -> None:
        names = NAMES[language]
        self._scale, self._seed, self._book = scale, seed, Book(0)
        self._chain = found(self._book, names, Window.around(anchor, scale))
        self._branches = [_open(self._book, self._chain, index) for index in range(scale.branches)]
        hire_for_all(self._book, self._chain, self._branches[0].id, Random(f"{seed} staff"))  # noqa: S311
        self.parts = (names.organisation, *(branch.name for branch in self._branches))

    def part(self, number: int) -> Iterator[Batch]:
        """The rows of one part, table by table."""
        if number == 0:
            return self._book.batches()
        book, index = Book(number), number - 1
        random = Random(f"{self._seed} {index}")  # noqa: S311
        _live(book, self._chain, self._scale, self._branches[index].id, index, random)
        return book.batches()


def _open(book: Book, chain: Chain, index: int) -> rows.Branch:
    streets = chain.names.streets
    house = 5 + 7 * index % 60 + index // len(streets)
    name = f"{streets[index % len(streets)]}, {house}"
    branch = rows.Branch(book.id(rows.Branch), name, name, chain.names.time_zone)
    book.add(branch)
    book.tell("branch.added", f"branch:{branch.id}", chain.founded_at, chain.founder, {"name": name})
    return branch


def _live(book: Book, chain: Chain, scale: Scale, branch_id: int, index: int, random: Random) -> None:
    clients = scale.of_branch(scale.clients, index)
    branch = open_branch(book, chain, random, branch_id, index, scale.of_branch(scale.groups, index))
    crowd = enrol(book, chain, branch, scale.of_branch(scale.enrolled, index), clients)
    course = attend(book, chain, branch, crowd, clients - len(crowd.clients))
    settle(course, crowd.clients, sell(course, crowd.clients))
    talk(course, crowd.clients)
    write_lessons(book, chain, branch, [lesson for group in branch.groups for lesson in group.lessons] + course.alone)
    write_marks(course)
