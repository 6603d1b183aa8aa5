"""Russian text is set so that no line ends where a typesetter would not end it."""

import pytest

from pages.typography import tie


@pytest.mark.parametrize(
    ("text", "tied"),
    [
        ("Кровь берут — утром", "Кровь берут\u00a0— утром"),
        ("сдать в лаборатории", "сдать в\u00a0лаборатории"),
        ("и в доме", "и\u00a0в\u00a0доме"),
        ("скидка 10 % до 17 июня", "скидка 10\u00a0% до\u00a017\u00a0июня"),
        ("после 8–14 часов", "после 8–\u206014\u00a0часов"),
        ("HbA1c", "HbA1c"),
        ("", ""),
    ],
)
def test_words_that_belong_together_stay_on_one_line(text: str, tied: str) -> None:
    assert tie(text) == tied
