"""Texts that try to become part of a page, in whatever field they stand."""

from playwright.sync_api import Frame, Page

XSS = [
    "<img src=x onerror=console.error('xss')>",
    "<script>console.error('xss')</script>",
    "\"><svg onload=console.error('xss')>",
    "<style>*{display:none}</style>",
    "javascript:console.error('xss')",
    "[a](javascript:console.error('xss'))",
    "<a href='javascript:console.error(1)'>x</a>",
    "http://127.0.0.1@evil.example/ https://evil.example/x",
    "{{constructor.constructor('console.error(1)')()}}",
    "\u202eвпередназад\u2066 </p><b>жирно</b>",
]
# All of them at once, where a field takes it.
ALL_XSS = " ".join(XSS)

# What a text of the corpus would make, cut at any place: an attribute that runs a script, a link to
# elsewhere, or an element of one of these names. Looks into shadow roots as well.
INTRUDERS = """() => {
  const within = (root) => [...root.querySelectorAll("*")].flatMap(
    (one) => one.shadowRoot ? [one, ...within(one.shadowRoot)] : [one]);
  const runs = ({name, value}) => /^on./.test(name)
    || ["href", "src", "action", "formaction"].includes(name) && /^\\s*javascript:/i.test(value);
  const isForeign = (one) => [...one.attributes].some(runs)
    || /evil/.test(one.hostname ?? "")
    || one.matches("img[src=x]")
    || one.matches("script") && /^console\\./.test(one.textContent)
    || one.matches("style") && /^\\*\\{/.test(one.textContent)
    || one.matches("b") && one.textContent === "жирно";
  return within(document).filter(isForeign).map((one) => one.outerHTML);
}"""


def intruders(place: Page | Frame) -> list[str]:
    """Return the elements of a page that a text has made, none if all texts stayed texts."""
    found: list[str] = place.evaluate(INTRUDERS)
    return found
