"""The pictures of the demo site: drawn by us, each with the words that a screen reader says."""

from typing import Any

from django.core.files.images import ImageFile

from pages.demo.files import FOLDER, read
from pages.models import SiteImage

PICTURES = FOLDER / "pictures"


class DemoPictures:
    """Finds a picture by its name; stores it when it is first asked for."""

    def __init__(self) -> None:
        self.records: dict[str, dict[str, str]] = read("pictures.toml")
        self.found: dict[str, Any] = {}

    def get(self, name: str | None) -> Any | None:
        """Return the picture, or None if none of this name has been drawn."""
        if not name or name not in self.records:
            return None
        if name not in self.found:
            self.found[name] = self._stored(name) or self._store(name)
        return self.found[name]

    def _stored(self, name: str) -> Any | None:
        return SiteImage.objects.filter(title=self.records[name]["title"]).first()

    def _store(self, name: str) -> Any:
        with (PICTURES / f"{name}.png").open("rb") as drawing:
            return SiteImage.objects.create(
                **self.records[name], file=ImageFile(drawing, name=f"{name}.png")
            )
