"""Amounts of money in words of a price list."""

from decimal import Decimal

NARROW_SPACE = "\u202f"
NO_BREAK_SPACE = "\u00a0"


def format_roubles(amount: Decimal) -> str:
    """Return an amount as «1 250 ₽» or «1 250,50 ₽»: exact, with nothing to break a line at."""
    roubles, kopecks = divmod(int(amount * 100), 100)
    text = f"{roubles:,}".replace(",", NARROW_SPACE)
    if kopecks:
        text += f",{kopecks:02}"
    return f"{text}{NO_BREAK_SPACE}₽"


def format_change(difference: Decimal | None) -> str:
    """Return a difference as «+50 ₽» or «−50 ₽», or an empty string for None."""
    if difference is None:
        return ""
    sign = {1: "+", 0: "", -1: "−"}[(difference > 0) - (difference < 0)]
    return sign + format_roubles(abs(difference))
