"""The headings by which columns of files are known, in Russian, Ukrainian and English: small letters, ё as е, words and
blanks alone (`plain_heading`)."""

from collections.abc import Mapping


def _headings(told: str) -> tuple[str, ...]:
    return tuple(" ".join(heading.split()) for heading in told.split("|"))


HEADINGS: Mapping[str, tuple[str, ...]] = {
    name: _headings(told)
    for name, told in {
        "client": """
            фио ребенка | имя ребенка | ребенок | фио ученика | ученик | фио клиента | клиент | фио | ф и о |
            фамилия имя | фамилия имя отчество | участник | воспитанник | піб дитини | піб | піп | п і б | дитина |
            прізвище імя | учень | клієнт | full name | client | client name | student | student name | child |
            child name | pupil | name
        """,
        "last_name": """
            фамилия | фамилия ребенка | фамилия ученика | прізвище | прізвище дитини | last name | surname | family
            name
        """,
        "first_name": "имя | имя ребенка | имя ученика | імя | імя дитини | first name | given name",
        "middle_name": "отчество | отчество ребенка | по батькові | middle name | patronymic",
        "birth_date": """
            дата рождения | день рождения | д р | др | дата народження | д н | дн | birth date | date of birth |
            birthday | dob | born
        """,
        "group": """
            группа | название группы | группа название | група | назва групи | group | group name | class | класс
        """,
        "enrolled_since": """
            дата зачисления | зачислен | начало занятий | дата начала | дата зарахування | початок занять | enrolled
            | enrolled since | start date
        """,
        "known_since": """
            клиент с | дата регистрации | дата создания | дата добавления | дата обращения | клієнт з | дата
            реєстрації | дата створення | created | registered | known since | client since
        """,
        "note": """
            примечание | примечания | комментарий | заметка | заметки | особенности | примітка | коментар | нотатки
            | note | notes | comment | remarks
        """,
        "client_number": """
            id | ид | код клиента | id клиента | номер клиента | код ученика | id ученика | client id | student id |
            код клієнта | номер клієнта | лицевой счет
        """,
        "group_name": """
            группа | название группы | группа название | група | назва групи | group | group name | class | класс |
            название | назва | title | name
        """,
        "programme": """
            направление | программа | курс | предмет | секция | кружок | напрям | програма | гурток | programme |
            program | course | subject
        """,
        "teachers": """
            педагог | преподаватель | учитель | тренер | педагоги | преподаватели | викладач | вчитель | teacher |
            teachers | coach | instructor
        """,
        "room": "кабинет | зал | аудитория | помещение | кабінет | аудиторія | room | hall | classroom",
        "timetable": """
            расписание | дни и время | расписание занятий | график | розклад | дні та час | графік | timetable |
            schedule
        """,
        "weekdays": """
            дни | день | дни недели | день недели | дні | дні тижня | день тижня | days | weekdays | day | weekday
        """,
        "time": "время | время занятий | время занятия | час | час занять | time | times",
        "minutes": """
            длительность | продолжительность | минут | мин | тривалість | хвилин | duration | minutes | length
        """,
        "capacity": """
            мест | места | вместимость | количество мест | максимум | наполняемость | місць | місткість | places |
            capacity | seats | maximum | max
        """,
        "minimum": "минимум | мінімум | minimum | min",
        "state": "состояние | статус | стан | state | status",
        "group_since": """
            дата начала | начало | старт | с | початок | дата початку | start | starts | start date | since | from
        """,
        "group_until": """
            дата окончания | окончание | конец | по | закінчення | кінець | дата закінчення | end | end date | until
            | to
        """,
        "group_number": "id | ид | код группы | id группы | номер группы | код групи | group id | group number",
        "client_phone": """
            телефон | тел | номер телефона | мобильный | телефон родителя | номер телефону | мобільний | телефон
            батьків | phone | phone number | mobile
        """,
        "enrolment_since": """
            с | дата зачисления | зачислен | дата начала | начало | з | дата зарахування | початок | since | from |
            start | start date | enrolled
        """,
        "enrolment_until": """
            по | до | дата отчисления | отчислен | дата окончания | окончание | дата відрахування | закінчення |
            until | to | end | end date | left
        """,
        "enrolment_weekdays": "дни | дни недели | день недели | дні | дні тижня | days | weekdays",
        "lesson_day": "дата | день | дата занятия | дата урока | дата заняття | date | day | lesson date",
        "lesson_time": "время | время занятия | час | час заняття | time",
        "starts": """
            начало | время начала | с | початок | час початку | start | starts | from | start time | begin
        """,
        "ends": """
            конец | окончание | время окончания | по | до | кінець | закінчення | end | ends | to | end time
        """,
        "topic": "тема | тема занятия | тема урока | тема заняття | topic | subject | theme",
        "lesson_note": "примечание | комментарий | заметка | примітка | коментар | note | comment",
        "mark_day": """
            дата | день | дата занятия | дата урока | дата посещения | дата заняття | date | day | lesson date
        """,
        "mark_starts": "время | начало | время начала | час | початок | time | start | start time",
        "status": """
            статус | посещение | посещаемость | отметка | присутствие | был | статус посещения | відвідування |
            відмітка | присутність | status | mark | attendance | present
        """,
        "amount": """
            сумма | оплата | сумма оплаты | сумма платежа | платеж | оплачено | внесено | приход | сума | сума
            оплати | платіж | сплачено | amount | sum | paid | total | payment
        """,
        "payment_day": """
            дата | дата оплаты | дата платежа | день | дата оплати | дата платежу | date | payment date | paid on |
            day
        """,
        "method": """
            способ | способ оплаты | вид оплаты | форма оплаты | тип оплаты | спосіб | спосіб оплати | форма оплати
            | method | payment method | type
        """,
        "payment_note": """
            примечание | комментарий | назначение | назначение платежа | за что | примітка | коментар | призначення
            | note | comment | purpose | description
        """,
        "payment_number": """
            номер платежа | номер чека | чек | номер документа | номер квитанции | квитанция | id платежа | номер
            платежу | номер операции | reference | receipt | payment id | payment number | transaction | transaction
            id
        """,
        "contact_name": """
            фио родителя | имя родителя | родитель | родители | мама | мать | фио мамы | фио матери | контактное
            лицо | законный представитель | фио представителя | заказчик | представитель | піб батьків | піб
            мами | батьки | мати | контактна особа | parent | parent name | mother | contact | contact name |
            guardian
        """,
        "contact2_name": """
            папа | отец | фио папы | фио отца | родитель 2 | второй родитель | контакт 2 | тато | батько |
            піб батька | піб тата | father | second parent | parent 2 | contact 2
        """,
        "kinship": """
            кем приходится | родство | степень родства | ким доводиться | ступінь споріднення | relation | kinship |
            relationship
        """,
        "phone": """
            телефон | тел | номер телефона | контактный телефон | мобильный | моб | номер телефону | мобільний |
            phone | phone number | mobile
        """,
        "email": "email | e mail | почта | эл почта | электронная почта | пошта | електронна пошта | mail",
        "telegram": "telegram | телеграм | телеграмм | тг",
        "pays": "плательщик | платит | платник | платить | pays | payer",
    }.items()
}
# What stands around such a heading where it is said whose phone or address it is: of the first contact, of the second.
OF_FIRST = _headings(
    "{} родителя | {} мамы | {} матери | {} представителя | {} заказчика | {} контакта | {} мами | {} батьків |"
    "{} матері | {} parent | parent {} | mother {}"
)
OF_SECOND = _headings(
    "{} 2 | {} папы | {} отца | {} тата | {} батька | второй {} | доп {} | второго родителя {} | father {} |"
    "{} father | second {}"
)
