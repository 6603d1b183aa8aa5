"""Small things that templates rely on."""

from pages.templatetags import pages_tags


def test_a_phone_number_can_be_called_by_a_tap() -> None:
    assert pages_tags.tel("+7 (8672) 00-00-01") == "tel:+78672000001"


def test_each_line_of_a_list_of_duties_is_an_item() -> None:
    assert pages_tags.lines("Брать кровь\n\n  Вести журнал \n") == ["Брать кровь", "Вести журнал"]


def test_a_printed_code_opens_the_page_and_needs_no_inline_style() -> None:
    svg = pages_tags.qr_code("https://example.org/podgotovka/krov/?a=1&b=2")
    assert svg.startswith("<svg")
    assert "style=" not in svg


def test_an_icon_says_nothing_to_a_screen_reader() -> None:
    assert 'aria-hidden="true"' in pages_tags.icon("clock")


def test_an_icon_name_cannot_break_out_of_its_attribute() -> None:
    assert "<script" not in pages_tags.icon('"><script>')
