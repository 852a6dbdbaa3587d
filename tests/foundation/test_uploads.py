"""What a file is, is told by what is in it."""

import io
import zipfile

import pytest

from rollbook.foundation.uploads import Kind, clean_name, kind_of


def zipped(*names):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, "<x/>")
    return buffer.getvalue()


SHEET = zipped("[Content_Types].xml", "xl/workbook.xml", "xl/worksheets/sheet1.xml")
MACROS = zipped("[Content_Types].xml", "xl/workbook.xml", "xl/vbaProject.bin")


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ("имя;телефон\nАня;8 (912) 000".encode("windows-1251"), Kind.TEXT),
        ("имя;телефон".encode(), Kind.TEXT),
        (b"\xef\xbb\xbfname,phone\n", Kind.TEXT),
        ("имя\tтелефон".encode("utf-16"), Kind.TEXT),
        (b' \n[{"name": "Anna"}]', Kind.JSON),
        (b'{"name": "Anna"}', Kind.JSON),
        (SHEET, Kind.XLSX),
        (MACROS, None),
        (zipped("a.csv"), None),
        (zipped("word/document.xml", "[Content_Types].xml"), None),
        (b"", None),
        (b" \n\t", None),
        (b"\xff\xfe", None),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 512, None),  # an old .xls, or a workbook under a password
        (b"%PDF-1.7\n", None),
        (b"MZ\x90\x00\x03", None),
        (b"\x7fELF\x02\x01\x01\x00", None),
        (b"\x89PNG\r\n\x1a\n\x00\x00", None),
        (b"GIF89a\x01\x00\x01\x00<script>", None),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", None),
        (b"<!doctype html><script>alert(1)</script>", None),
        (b"\xef\xbb\xbf  <svg onload=alert(1)>", None),
        (b"<?xml version='1.0'?><!DOCTYPE x>", None),
        (b"{\\rtf1 text", None),
        (b"#!/bin/sh\nrm -r /\n", None),
        (b"name,phone\nAnna,\x00", None),
        (b"\x1f\x8b\x08\x00", None),
        (b"7z\xbc\xaf\x27\x1c\x00", None),
    ],
)
def test_a_kind_is_told_by_the_content(data, kind):
    assert kind_of(data) is kind


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("clients.csv", "clients.csv"),
        ("Клиенты за май.xlsx", "Клиенты за май.xlsx"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\Anna\\list.csv", "list.csv"),
        ("/absolute.csv", "absolute.csv"),
        ("gpj.\u202eexe", "gpj.exe"),
        ("a\x00b.csv", "ab.csv"),
        ("a\r\nSet-Cookie: x.csv", "a Set-Cookie_ x.csv"),
        ("CON", "_CON"),
        ("con.csv", "_con.csv"),
        ("lpt1.txt", "_lpt1.txt"),
        ("consul.csv", "consul.csv"),
        ('"><img src=x>.csv', "___img src=x_.csv"),
        ("list.csv. . ", "list.csv"),
        (".htaccess", "htaccess"),
        ("..", "file"),
        ("\u200b", "file"),
        ("", "file"),
        ("x" * 255 + ".csv", "x" * 89 + ".csv"),
        ("x" * 255, "x" * 100),
    ],
)
def test_names_are_cleaned(sent, kept):
    assert clean_name(sent) == kept
