"""An answer reaches the thread that is named and no other (the forms of reference: cases 24–30)."""

import pytest

from chat.vk.routing import Address, Kind, parse

GROUP = 224584658


@pytest.mark.parametrize(
    ("text", "number", "rest"),
    [
        ("#50 Привет", 50, "Привет"),
        ("№50 Привет", 50, "Привет"),
        ("# 50 Привет", 50, "Привет"),
        ("№ 50 Привет", 50, "Привет"),
        ("#050 Привет", 50, "Привет"),
        ("#50\nПривет", 50, "Привет"),
        ("#50\u00a0Привет", 50, "Привет"),
        ("#\u00a050 Привет", 50, "Привет"),
        ("#50, Привет", 50, "Привет"),
        ("#50: Привет", 50, "Привет"),
        ("#50:Привет", 50, "Привет"),
        ("  #50 Привет", 50, "Привет"),
        ("\ufeff#50 Привет", 50, "Привет"),
        ("\u200b#50 Привет", 50, "Привет"),
        ("\u202e#50 Привет", 50, "Привет"),
        ("#50", 50, ""),
        ("#50 ", 50, ""),
        ("#50 #51 Привет", 50, "#51 Привет"),
        (f"[club{GROUP}|@lab] #50 Привет", 50, "Привет"),
        (f"[public{GROUP}|Лаборатория], #50 Привет", 50, "Привет"),
        (f"[club{GROUP}|@lab] [club{GROUP}|@lab] #50 см. [id2|Иван]", 50, "см. [id2|Иван]"),
        ("#9223372036854775807 х", 2**63 - 1, "х"),
        ("#50 строка\nи ещё", 50, "строка\nи ещё"),
    ],
)
def test_address_is_understood(text: str, number: int, rest: str):
    assert parse(text, GROUP) == Address(Kind.THREAD, rest, number)


@pytest.mark.parametrize(
    "text",
    [
        "Привет",
        "",
        "Привет #50",
        "##50 Привет",
        "#50Привет",
        "#50летПобеды",
        "#50-летие",
        "50 Привет",
        "[club1|@other] #50 Привет",
        "[id1|Павел] #50 Привет",
        "/50 Привет",
        "#привет",
    ],
)
def test_text_without_address_is_nobodys(text: str):
    assert parse(text, GROUP).kind is Kind.NONE


@pytest.mark.parametrize(
    "text",
    [
        "#0 Привет",
        "#00 Привет",
        "#50.5 Привет",
        "#99999999999999999999 Привет",
        "#9223372036854775808 Привет",
        "#" + "9" * 5000,
        "#٥٠ Привет",
        "#５０ Привет",
        "＃50 Привет",
        "#²5 Привет",
        "#5² Привет",
        "#50! Привет",
        "#50) Привет",
        f"[club{GROUP}|]#50] #51 Привет",
        "#5\u200b0 Привет",
        "#50٠ Привет",
    ],
)
def test_address_that_cannot_be_used_is_refused_and_falls_back_to_nobody(text: str):
    assert parse(text, GROUP).kind is Kind.REFUSED
