"""Words of files as people fill them in, in Russian, Ukrainian and English. A word that ends in `*` is a beginning."""

from collections.abc import Iterator, Mapping

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
STATUSES: Mapping[str, str] = {
    word: status
    for status, words in {
        "attended": "+ ++ 1 v ✓ ✔ x х да был была были присут* посещ* посет* пришел пришла так був була були "
                    "відвід* прийш* yes y present attended came was",
        "missed": "- – — − 0 н нб нет отсутств* прогул* пропуск* пропустил* неявка б/у н/б ні відсутн* no n absent "
                  "missed",
        "excused": "у ув уваж* н/у у/п болел* болезнь болен больна б заболел* справка поваж* хвор* excused ill sick",
        "planned": "план* запланир* заплан* ожида* очік* planned expected",
    }.items()
    for word in words.split()
}
STATUSES_OF_SEVERAL: Mapping[str, str] = {
    "не был": "missed", "не была": "missed", "не были": "missed", "не пришел": "missed", "не пришла": "missed",
    "не був": "missed", "не була": "missed", "не прийшов": "missed", "не прийшла": "missed",
    "без уважительной": "missed", "без уважительной причины": "missed", "без поважної причини": "missed",
    "did not come": "missed",
    "по болезни": "excused", "по уважительной": "excused", "по уважительной причине": "excused",
    "з поважної причини": "excused",
}
KINSHIP: Mapping[str, str] = {
    word: kinship
    for kinship, words in {
        "mother": "мам* мать матер* мати mother mom mum", "father": "пап* отец отц* тат* батьк* батько father dad",
        "self": "сам сама лично самост* self himself herself client",
        "grandparent": "бабуш* дедуш* дед баба бабус* дідус* дід grand*", "guardian": "опекун* опікун* guardian*",
        "employer": "работодател* роботодав* employer*",
    }.items()
    for word in words.split()
}
METHODS: Mapping[str, str] = {
    word: method
    for method, words in {
        "online": "онлайн* интернет* эквайринг* liqpay* online* internet*",
        "transfer": "перевод* переказ* безнал* безготів* счет* счёт* рахун* банк* р/с transfer* bank* wire*",
        "card": "карт* терминал* термінал* card* terminal* pos", "cash": "нал* готів* cash* касс* каса",
    }.items()
    for word in words.split()
}
STATES: Mapping[str, str] = {
    word: state
    for state, words in {
        "recruiting": "набор* набир* набір* recruit* enrolling",
        "running": "работа* идет занима* актив* працю* йде running active",
        "finished": "заверш* законч* окончен* закінч* finished ended",
        "disbanded": "расформ* распущ* закрыт* розформ* disband* closed",
    }.items()
    for word in words.split()
}
YES: Mapping[str, str] = {
    word: said
    for said, words in {
        "yes": "да + 1 true yes y x v ✓ ✔ так платит платить плательщик платник pays payer",
        "no": "нет - 0 false no n ні",
    }.items()
    for word in words.split()
}


def meaning(word: str, table: Mapping[str, str | int]) -> str | int | None:
    """What a table says of a word: as it stands there, or by its longest beginning there."""
    if word in table:
        return table[word]
    return next((table[begin] for begin in _beginnings(word) if begin in table), None)


def _beginnings(word: str) -> Iterator[str]:
    for length in range(len(word), 1, -1):
        yield f"{word[:length]}*"
