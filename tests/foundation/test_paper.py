"""What is printed: all that was given is in it, in any of our languages, on as many sheets as it takes."""

import io
import re
import time
from datetime import UTC, datetime

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from rollbook.foundation import formats, paper
from rollbook.foundation.paper import Column, Facts, Heading, Signatures, Table, Text

AT = datetime(2026, 3, 31, 12, 30, tzinfo=UTC)
STATEMENT = Table(
    (Column("Дата"), Column("Занятие"), Column("Сумма, ₽", number=True)),
    tuple((f"{day:02}.03.2026", "Школа «Винтик»", formats.signed(-600, language="ru")) for day in range(2, 12)),
    total=("", "Остаток на конец", formats.money(12345678, language="ru")),
)
LONG = Table(
    (Column("Number", number=True), Column("What"), Column("Sum", number=True)),
    tuple((str(number), f"Row {number} of a thousand", str(number * 600)) for number in range(1000)),
    total=("", "Altogether", "299 700 000"),
)


def made(*blocks, title="Paper", language="ru", at=AT, foot=""):
    return paper.pdf(title=title, language=language, blocks=blocks, at=at, foot=foot)


def read(data):
    return PdfReader(io.BytesIO(data))


def sheets(*blocks, **how):
    return [page.extract_text() for page in read(made(*blocks, **how)).pages]


def said(*blocks, **how):
    """All that stands there, by its words: where a line ends is a matter of room."""
    return " ".join(" ".join(sheets(*blocks, **how)).split())


@pytest.mark.parametrize(
    ("language", "texts"),
    [
        ("ru", ["Выписка за март", "Съешь же ещё этих мягких французских булок", "№ 118", "4\u202f800,50 ₽", "−600"]),
        ("uk", ["Ґанок, їжак, єнот, ім'я", "Чуєш їх, доцю, га? Кумедна ж ти", "1\u202f200,00 ₴"]),
        ("en", ["The quick brown fox jumps over the lazy dog", "£1,200.50", "€ 15 – “paid” — it's done…"]),
        ("ru", ["Әлия Қасымқызы, Ұлжан Өмірбек", "15\u202f000 ₸", "Łódź, Ștefan, Žižka, Müller, Ÿ"]),
    ],
)
@pytest.mark.parametrize(
    "block",
    [
        Heading, Text, lambda text: Heading(text, small=True), lambda text: Text(text, bold=True),
        lambda text: Facts((("x", text),)), lambda text: Table((Column(text),), (("x",),)),
        lambda text: Table((Column("x", number=True),), ((text,),)), lambda text: Signatures((text,)),
    ],
)  # fmt: skip
def test_what_was_given_is_what_stands_there(language, texts, block):
    there = said(*map(block, texts), language=language)
    for text in texts:
        assert " ".join(text.split()) in there


def test_a_statement():
    (sheet,) = sheets(Heading("Выписка"), STATEMENT, foot="Выписка от 31.03.2026")
    assert sheet.count("−600") == 10
    assert "12\u202f345\u202f678" in sheet
    assert "Выписка от 31.03.2026" in sheet
    assert "1 / 1" in sheet


def test_what_a_file_says_of_itself():
    book = read(made(Text("x"), title="Квитанция № 5", language="uk"))
    assert book.metadata.title == "Квитанция № 5"
    assert book.metadata.creation_date == AT
    assert book.root_object["/Lang"] == "uk"
    assert book.root_object["/ViewerPreferences"]["/DisplayDocTitle"]
    assert [round(float(side)) for side in book.pages[0].mediabox[2:]] == [595, 842]


def test_the_same_is_the_same_to_the_byte():
    blocks = (Heading("Выписка"), STATEMENT, Signatures(("Исполнитель", "Заказчик")))
    assert made(*blocks) == made(*blocks)
    assert made(*blocks) != made(*blocks, at=AT.replace(minute=31))


def test_a_sheet_is_small():
    """Of the fonts only the letters that are said."""
    letters = "".join(map(chr, range(0x410, 0x450))) + "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    assert len(made(Heading(letters), Text(letters), STATEMENT)) < 60_000


def test_a_thousand_rows():
    began = time.perf_counter()
    pages = sheets(Heading("All of them"), LONG)
    assert time.perf_counter() - began < 30
    assert len(pages) > 20
    for number, page in enumerate(pages, 1):
        assert page.count("What") == 1
        assert f"{number} / {len(pages)}" in page
    there = [int(number) for page in pages for number in re.findall(r"Row (\d+) of", page)]
    assert there == list(range(1000))
    assert "Altogether" in pages[-1]


@pytest.mark.parametrize("table", [STATEMENT, LONG])
def test_numbers_end_at_the_right_edge_in_one_line(table):
    """Long names beside them give way."""
    wordy = Table(table.columns, tuple((row[0], "длинное имя " * 20, row[2]) for row in table.rows[:20]), table.total)
    for shown in (table, wordy):
        sums = {row[2] for row in shown.rows} - {row[0] for row in shown.rows}
        ends = {
            round(mark.x + mark.style.width(mark.text), 3)
            for sheet in paper._laid_out([shown], foot="")
            for mark in sheet
            if isinstance(mark, paper._Words) and mark.text in sums
        }
        assert ends == {paper.RIGHT}


WIDE = [
    (Text("слово" * 2000),),
    (Heading("Х" * 3000),),
    (Facts((("имя" * 100, "значение" * 1000), ("", "")),),),
    (Table((Column("x"),), (("слово " * 3000,),)),),
    (Table((Column("х" * 9000), Column("y", number=True)), (("a", "1"), ("b" * 9000, "2" * 9000))),),
    (Table(tuple(Column(f"Очень длинная графа {n}", number=n % 2 == 1) for n in range(14)), (("12 345,67",) * 14,)),),
    (Facts(()), Signatures(()), Text(""), Table((Column("x"),), ())),
    (),
]


@pytest.mark.parametrize("blocks", WIDE)
def test_nothing_leaves_the_sheet_and_nothing_is_lost(blocks):
    laid = paper._laid_out(blocks, foot="foot " * 200)
    for sheet in laid:
        for mark in sheet:
            end = mark.until if isinstance(mark, paper._Rule) else mark.x + mark.style.width(mark.text)
            assert paper.LEFT - 0.1 <= mark.x <= end <= paper.RIGHT + 0.1
            assert paper.TOP <= mark.y <= paper.FOOT
    told = "".join(mark.text for sheet in laid for mark in sheet if isinstance(mark, paper._Words))
    for block in blocks:
        match block:
            case Text(text) | Heading(text):
                texts = [text]
            case Facts(rows) | Table(rows=rows):
                texts = [cell for row in rows for cell in row]
            case Signatures(names):
                texts = list(names)
        if isinstance(block, Table):
            texts += [column.head for column in block.columns]
        for text in texts:
            assert all(told.count(letter) >= text.count(letter) for letter in set(text) - {" ", "\n"})
    assert made(*blocks)


def test_a_heading_is_not_the_last_on_its_sheet():
    for lines in range(44, 54):
        pages = sheets(Text("\n".join(["x"] * lines)), Heading("Part", small=True), STATEMENT)
        (page,) = [page for page in pages if "Part" in page]
        assert "02.03.2026" in page


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Аня 🙂", "Аня �"),
        ("👨\u200d👩\u200d👧", "���"),
        ("❤\ufe0f", "�"),
        ("გია 中", "��� �"),
        ("a\x00b\x07c\x1b", "abc"),
        ("Анна\u202eавонавИ", "Аннаавонави".replace("ави", "авИ")),
        ("пере\u00adнос\u200b\ufeff", "перенос"),
        ("й и\u0306", "й й"),
        ("a\tb\u2003c   d\u2007e", "a b c d\u2007e"),
        ("\ud800x", "�x"),
        ("{nb} {nb:x} **b** __u__ --s-- <b>x</b> [a](https://x.org) \\(x) %PDF", None),
    ],
)
def test_what_has_no_letter_is_seen_and_what_looks_like_an_instruction_is_none(text, shown):
    data = made(Text(text), title=text, foot=text)
    (page,) = read(data).pages
    assert page.extract_text().splitlines()[0].strip() == (shown or text)
    assert b"/URI" not in data
    assert b"/JavaScript" not in data


@settings(max_examples=10, deadline=None)
@given(st.text(st.characters(), max_size=60))
def test_any_text_can_be_printed(text):
    assert read(made(Heading(text), Table((Column(text),), ((text,),)), title=text, foot=text)).pages


def test_rows_are_as_long_as_the_head():
    with pytest.raises(ValueError, match="shorter"):
        made(Table((Column("a"), Column("b")), (("1", "2"), ("1", "2", "3"))))


def test_both_weights_have_the_same_letters():
    assert paper._advances(paper._REGULAR).keys() == paper._advances(paper._BOLD).keys()


def test_without_fonts_it_is_said_what_to_do(settings, tmp_path):
    settings.PAPER_FONTS = tmp_path
    with pytest.raises(ImproperlyConfigured, match="make setup"):
        made(Text("x"))
