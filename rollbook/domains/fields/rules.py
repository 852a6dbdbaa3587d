"""The choices that a new installation begins with: by list, each by its code, in Russian, Ukrainian and English."""

from collections.abc import Mapping
from typing import NamedTuple


class Names(NamedTuple):
    ru: str
    uk: str
    en: str

    def in_language(self, language: str) -> str:
        """In this language; whoever added it may have named it in one only."""
        told = self._asdict()
        return told.get(language) or next(filter(None, self), "")


def told(choice: Names | None, note: str, *, language: str) -> str:
    """What was chosen, and what is said beside it: "The teacher is ill. Back on Monday". Either may be missing."""
    return ". ".join(filter(None, [choice.in_language(language) if choice else "", note]))


FINISHED = "finished"
"""The choice of churn that says that the course was finished: such a client is not counted as lost."""

DEFAULT_CHOICES: Mapping[str, Mapping[str, Names]] = {
    "churn": {
        "illness": Names("Болезнь", "Хвороба", "Illness"),
        "moved": Names("Переезд", "Переїзд", "Moved away"),
        "no_time": Names("Нет времени", "Немає часу", "No time"),
        "price": Names("Цена", "Ціна", "Price"),
        "teacher": Names("Не подошёл педагог", "Не підійшов педагог", "The teacher"),
        "lost_interest": Names("Пропал интерес", "Зник інтерес", "Lost interest"),
        FINISHED: Names("Окончил курс", "Закінчив курс", "Finished the course"),
        "other": Names("Другое", "Інше", "Other"),
    },
    "freeze": {
        "illness": Names("Болезнь", "Хвороба", "Illness"),
        "holiday": Names("Отпуск, каникулы", "Відпустка, канікули", "Holiday"),
        "away": Names("Отъезд", "Від’їзд", "Away"),
        "family": Names("Семейные обстоятельства", "Сімейні обставини", "Family matters"),
        "other": Names("Другое", "Інше", "Other"),
    },
    "cancellation": {
        "teacher_ill": Names("Педагог заболел", "Педагог захворів", "The teacher is ill"),
        "holiday": Names("Праздник, каникулы", "Свято, канікули", "Holiday"),
        "too_few": Names("Мало детей", "Замало дітей", "Too few would come"),
        "room": Names("Помещение недоступно", "Приміщення недоступне", "The room cannot be used"),
        "weather": Names("Погода", "Погода", "Weather"),
        "other": Names("Другое", "Інше", "Other"),
    },
}
