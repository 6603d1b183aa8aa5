"""Renders the drawings of docs/tools/pictures as the pictures of the demo site.

    python -m docs.tools.draw_pictures            all of them
    python -m docs.tools.draw_pictures NAME …     some

The SVG files are the source; their colours and strokes are in hand.css beside them.
"""

import io
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from site_config import chromium

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "docs/tools/pictures"
PICTURES = ROOT / "pages/demo/pictures"
SIZE = {"width": 1600, "height": 900}
# A dozen flat tones and the steps between them at the edges: more colours change nothing.
COLOURS = 128


def draw(page: Page, source: Path) -> int:
    """Render a drawing, store it as a PNG with a palette and return its size in bytes."""
    page.goto(source.as_uri())
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    target = PICTURES / f"{source.stem}.png"
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(target, optimize=True)
    return target.stat().st_size


def main(names: list[str]) -> None:
    """Draw the named pictures, or all."""
    sources = [SOURCES / f"{name}.svg" for name in names] or sorted(SOURCES.glob("*.svg"))
    with sync_playwright() as playwright:
        browser = chromium.launch(playwright)
        page = browser.new_page(viewport=SIZE)
        for source in sources:
            print(f"{source.stem}  {draw(page, source) / 1024:.0f} KB")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
