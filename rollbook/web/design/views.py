from datetime import date, datetime
from decimal import Decimal

from django import forms
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from rollbook.foundation.errors import Refused
from rollbook.web.pages import show

# The same people and words as in the pages that show the look; they are nobody's.
CELLS = (
    ("attended", "✓", "был"),
    ("missed", "Н", "не был"),
    ("excused", "Б", "уважительная, можно отработать"),
    ("workedoff", "О", "отработано"),
    ("planned", "П", "ждём: П пробное, Р разовое, О отработка"),
    ("unmarked", "", "не отмечено"),
    ("frozen", "", "заморозка"),
    ("cancelled", "–", "занятие отменено"),
    ("future", "·", "ещё не было"),
    ("none", "", "не в группе"),
)
CHOICE = tuple((status, status, letter, text, key) for key, (status, letter, text) in enumerate(CELLS[:5], 1))
ROWS = (
    ("Абрамова Соня", date(2019, 1, 14), Decimal(1200), "aaaaaa-··", "soon"),
    ("Белов Тимур", date(2019, 4, 2), Decimal(-600), "aweaau-··", ""),
    ("Громов Лев", date(2019, 3, 1), Decimal(2400), "affaau-··", ""),
    ("Жукова Аня", date(2018, 6, 3), Decimal(-1800), "ammemu-··", "ask"),
    ("Ёлкина Дарья-Александра", None, None, "aaaaau-··", ""),
)
LETTERS = {
    "a": ("attended", "✓"), "m": ("missed", "Н"), "e": ("excused", "Б"), "w": ("workedoff", "О"),
    "p": ("planned", "П"), "u": ("unmarked", ""), "f": ("frozen", ""), "-": ("cancelled", "–"), "·": ("future", "·"),
}  # fmt: skip


class Sample(forms.Form):
    """Every kind of field there is, and every state of one."""

    name = forms.CharField(label="Имя", help_text="Как в свидетельстве о рождении.")
    phone = forms.CharField(label="Телефон", required=False, widget=forms.TextInput({"type": "tel"}))
    born = forms.DateField(label="Дата рождения", required=False, widget=forms.DateInput({"type": "date"}))
    price = forms.DecimalField(label="Цена занятия", help_text="Можно с копейками: 562,50")
    branch = forms.ChoiceField(label="Филиал", choices=[("1", "Ленина, 12"), ("2", "Мира, 3")])
    days = forms.MultipleChoiceField(
        label="Дни", choices=[("1", "пн"), ("4", "чт")], widget=forms.CheckboxSelectMultiple, required=False
    )
    pays = forms.ChoiceField(label="Кто платит", choices=[("m", "Мама"), ("f", "Папа")], widget=forms.RadioSelect)
    active = forms.BooleanField(label="Работает сейчас", required=False, help_text="Снимите, когда уволится.")
    note = forms.CharField(label="Заметка", required=False, widget=forms.Textarea({"rows": 3}))


@require_GET
def gallery(request: HttpRequest) -> HttpResponse:
    wrong = Sample({"name": "", "price": "много", "branch": "1", "pays": "m"}, auto_id="wrong_%s")
    wrong.add_error(None, "Такой сотрудник уже есть в этом филиале.")
    return show(
        request,
        "design/gallery.html",
        block="page",
        form=Sample(initial={"name": "Анна К.", "pays": "m", "active": True, "branch": "1"}),
        wrong=wrong,
        refusal=Refused("Кабинет занят в это время.", values=[{"text": "чт 17:00, Английский 7–8"}]),
        cells=CELLS,
        choice=CHOICE,
        rows=ROWS,
        letters=LETTERS,
        today=date(2026, 3, 19),
        now=datetime(2026, 3, 19, 17, 0),  # noqa: DTZ001 (shown as it stands)
        sums=[Decimal(text) for text in ("1200", "-600", "562.50", "1234567.05", "0")],
        months=["пн 2", "чт 5", "пн 9", "чт 12", "пн 16", "чт 19", "пн 23", "чт 26", "пн 30"],
    )
