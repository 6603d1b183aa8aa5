// Does a text look as if it held a number that nobody should send in a chat? A guess, made while one
// writes and told nobody.

const luhn = (digits) =>
  [...digits].reverse().reduce((sum, digit, place) => {
    const value = Number(digit) * (place % 2 ? 2 : 1);
    return sum + (value > 9 ? value - 9 : value);
  }, 0) % 10 === 0;

function isSnils(digits) {
  const sum = [...digits.slice(0, 9)].reduce((all, digit, place) => all + digit * (9 - place), 0);
  return ((sum % 101) % 100) === Number(digits.slice(9));
}

/** Return "card", "snils", "passport" or null. */
export function sensitiveKind(text) {
  for (const [match] of text.matchAll(/(?<![\d+])\d[\d \u00a0-]{8,22}\d(?!\d)/g)) {
    const digits = match.replace(/\D/g, "");
    if (digits.length >= 15 && digits.length <= 19 && luhn(digits)) {
      return "card";
    }
    const grouped = /^\d{3}[ -]\d{3}[ -]\d{3}[ -]\d{2}$/.test(match);
    if (digits.length === 11 && (grouped || (!/^[78]/.test(digits) && isSnils(digits)))) {
      return "snils";
    }
    if (digits.length === 10 && /^\d{2} ?\d{2} \d{6}$/.test(match)) {
      return "passport";
    }
  }
  return /паспорт\D{0,30}\d{2} ?\d{2}\D{0,9}\d{6}(?!\d)/i.test(text) ? "passport" : null;
}
