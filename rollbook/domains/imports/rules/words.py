"""Words of files as people fill them in, in Russian, Ukrainian and English. A word that ends in `*` is a beginning."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

_BETWEEN = re.compile(r"[\s,;:()]+")
_WITHIN = re.compile(r"[/.–—-]+")  # parts a word in two, unless the whole stands in a table: б/у
_LONGEST_PHRASE = 4
_MOST_WORDS = 12  # more is a story, which nobody here understands

WEEKDAYS: Mapping[str, int] = {
    word: number
    for number, words in enumerate(
        (
            "пн пон понед* mon monday mo", "вт вто вторник* вівт* tue tuesday tu",
            "ср сре среда среду серед* wed wednesday we", "чт чет четверг* четвер* thu thursday th",
            "пт пят пятниц* пятн* п'ятн* fri friday fr",
            "сб суб суббот* субот* sat saturday sa", "вс вос воскресен* нд нед неділ* sun sunday su",
        ),
        1,
    )
    for word in words.split()
}
MONTHS: Mapping[str, int] = {
    word: number
    for number, words in enumerate(
        (
            "янв* січ* jan*", "фев* лют* feb*", "мар* бер* mar*", "апр* кві* apr*", "май мая тра* may",
            "июн* чер* jun*", "июл* лип* jul*", "авг* сер* aug*", "сен* вер* sep*",
            "окт* жов* oct*", "ноя* лис* nov*", "дек* гру* dec*",
        ),
        1,
    )
    for word in words.split()
}


class Vocabulary(NamedTuple):
    """What people write in a column that says one of a few things."""

    words: Mapping[str, str]
    phrases: Mapping[str, str] = {}
    """Several words that say together what none of them does. What says nothing means "", here and in `words`."""
    alone: Mapping[str, str] = {}
    """Words that mean this only where no other stands beside them: beside others they may turn them round."""
    together: Mapping[frozenset[str], str] = {}
    """What several things mean that are said at once."""

    def read(self, text: str) -> str | None:
        """What a text says; None where a part of it is not known here, for it might be a `not`, and where the parts
        say different things."""
        if text in self.alone:
            return self.alone[text]
        said: set[str] = set()
        parts = [text] if text in self.words else self._parts(text)
        if len(parts) > _MOST_WORDS:
            return None
        while parts:
            length, found = self._first(parts)
            if found is None:
                return None
            said |= {found} - {""}
            parts = parts[length:]
        return self.together.get(frozenset(said)) or (said.pop() if len(said) == 1 else None)

    def _parts(self, text: str) -> list[str]:
        """The words of a text, and the signs that mean something at its ends."""
        told = list(filter(None, _BETWEEN.split(text)))
        kept = [part for n, part in enumerate(told) if n in {0, len(told) - 1} or not _WITHIN.fullmatch(part)]
        parts = [part for whole in kept for part in ([whole] if whole in self.words else self._within(whole))]
        # Letters are abbreviations, which mean something else side by side: н б, б у.
        letters = [part for part in parts if len(part) == 1 and part.isalpha() and self.words.get(part) != ""]
        return parts if len(letters) < 2 else [text]

    def _within(self, whole: str) -> list[str]:
        parts = list(filter(None, _WITHIN.split(whole)))
        return [whole] if len(parts) > 1 and any(len(part) == 1 for part in parts) else parts

    def _first(self, parts: Sequence[str]) -> tuple[int, str | None]:
        """How many of the parts say something together, and what."""
        for length in range(min(len(parts), _LONGEST_PHRASE), 1, -1):
            for phrase, found in self.phrases.items():
                if _is(phrase.split(), parts[:length]):
                    return length, found
        sense = meaning(parts[0], self.words)
        return 1, None if sense is None else str(sense)


def _is(phrase: Sequence[str], parts: Sequence[str]) -> bool:
    return len(phrase) == len(parts) and all(
        part.startswith(word[:-1]) if word.endswith("*") else part == word
        for word, part in zip(phrase, parts, strict=True)
    )


def _by_word(said: Mapping[str, str], between: str | None = None) -> Mapping[str, str]:
    return {word.strip(): what for what, words in said.items() for word in words.split(between)}


STATUSES = Vocabulary(
    words=_by_word({
        "attended": "+ ++ 1 v ✓ ✔ x х да был была были присут* посещ* посет* пришел пришла так був була були "
                    "відвід* прийш* yes y present attended came was",
        "missed": "- – — − 0 н нб н/б н.б н-б отсутств* пропуск* пропустил* пропущен* неявк* відсутн* n absen* missed",
        "excused": "у ув уваж* н/у у/п у.п болел* болеет болезн* болен больна больнич* б заболел* справк* поваж* хвор* "
                   "захвор* довідк* excused ill illness sick sickness",
        # Whoever was absent with a reason is excused, but not with one that is said to be none.
        "unexcused": "б/у б.у прогул* неуваж* неповаж* unexcused",
        "planned": "план* запланир* заплан* ожида* очік* planned expected",
        "": "по из за через із з с в на причин* онлайн online for a an of to due because",
    }),
    phrases=_by_word({
        "missed": "не был, не была, не были, не приш*, не явил*, не присут*, не посе*, не був, не була, не були, "
                  "не прийш*, не відвід*, did not come, did not attend, didn't come, didn't attend, was absent, "
                  "was not there, not there, was not present, not present, not attended, no show",
        "excused": "был болен, была больна, був хвор*, була хвор*, was ill, was sick, was excused, sick leave, "
                   "good reason, valid reason",
        "unexcused": "не уваж*, не поваж*, без уваж*, без поваж*, без причин*, без предупрежд*, без попередж*, "
                     "not excused, without reason, without a reason, without good reason, without a good reason, "
                     "without valid reason, without a valid reason, without excuse",
        "": "на урок*, на занят*, на занятт*, on time, in class",
    }, ","),
    alone=_by_word({"missed": "нет ні no"}),
    together={
        frozenset({"unexcused"}): "missed", frozenset({"missed", "unexcused"}): "missed",
        frozenset({"missed", "excused"}): "excused",
    },
)
KINSHIP: Mapping[str, str] = _by_word({
    "mother": "мам* мать матер* мати mother mom mum", "father": "пап* отец отц* тат* батьк* батько father dad",
    "self": "сам сама лично самост* self himself herself client",
    "grandparent": "бабуш* дедуш* дед баба бабус* дідус* дід grand*", "guardian": "опекун* опікун* guardian*",
    "employer": "работодател* роботодав* employer*", "": "ребенка дитини ученик* учня клиента родн* рідн* the of child",
})
METHODS = Vocabulary(
    words=_by_word({
        "online": "онлайн* интернет* інтернет* эквайринг* еквайринг* liqpay* приват24 online* internet*",
        "transfer": "перевод* перевед* переказ* безнал* безготів* счет* рахун* банк* сбп р/с transfer* bank* wire*",
        "card": "карт* терминал* термінал* card* terminal* pos",
        "cash": "нал налом налик* налич* готів* cash* касс* каса*",
        "": "на по в у через и та and by in via the оплат* оплач* плат* расч* розрах* payment* paid офис* офіс* "
            "кредитн* дебетов* credit debit сбер сбербанк* приват приватбанк* моно монобанк* тинькоф*",
    }),
    phrases=_by_word({
        "transfer": "перев* на карт*, переказ* на карт*",
        "card": "банк* карт*, карт* банк*, bank card",
        "online": "онлайн банк*, интернет банк*, інтернет банк*, online bank*, internet bank*",
    }, ","),
)
STATES = Vocabulary(
    words=_by_word({
        "recruiting": "набор* набир* набір* recruit* enrolling",
        "running": "работ* идет занима* актив* працю* йде running active",
        "finished": "заверш* законч* окончен* закінч* finished ended",
        "disbanded": "расформ* распущ* закрыт* розформ* disband* closed",
        "": "в у групп* груп* group is now",
    }),
    phrases=_by_word({"recruiting": "идет набор, набор идет, йде набір, набір йде, набор открыт, набір відкрит*"}, ","),
)
YES = Vocabulary(
    words=_by_word({
        "yes": "да + 1 true yes y x v ✓ ✔ так платит платить плательщик платник pays payer",
        "no": "нет - 0 false no n ні",
    }),
    phrases=_by_word({"no": "не плат*, does not pay, doesn't pay, not payer"}, ","),
)


def meaning(word: str, table: Mapping[str, str | int]) -> str | int | None:
    """What a table says of one word: as it stands there, or by its longest beginning there. More than one word has no
    beginning: what follows may turn it round."""
    if word in table:
        return table[word]
    if not word.replace("'", "").isalpha():
        return None
    return next((table[begin] for begin in _beginnings(word) if begin in table), None)


def _beginnings(word: str) -> Iterator[str]:
    for length in range(len(word), 1, -1):
        yield f"{word[:length]}*"
