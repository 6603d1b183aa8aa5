"""Turns the blocks of the text files into the raw data of a StreamField."""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import uuid4

Block = dict[str, Any]


class BlockMaker:
    """Makes raw blocks. It is told how to find a service by its key and a picture by its name."""

    def __init__(
        self,
        service_id: Callable[[str], int],
        picture: Callable[[str], Any | None],
    ) -> None:
        self.service_id = service_id
        self.picture = picture

    def body(self, records: Iterable[dict[str, Any]]) -> list[Block]:
        """Return the blocks of a body; a picture that has not been drawn is left out."""
        made = (self._block(record) for record in records)
        return [block for block in made if block is not None]

    def _block(self, record: dict[str, Any]) -> Block | None:
        kind = record["block"]
        if kind in {"heading", "text"}:
            return block(kind, record["value"])
        if kind in {"steps", "facts", "faq", "sources"}:
            return block(kind, items(record["items"]))
        if kind == "dos_donts":
            return block(kind, {**keep(record, "title"), **lists(record, "dos", "donts")})
        if kind == "table":
            return block(kind, table(record))
        if kind == "services":
            ids = [self.service_id(key) for key in record["services"]]
            return block(kind, {**keep(record, "title"), "services": items(ids)})
        if kind == "image":
            picture = self.picture(record["picture"])
            if picture is None:
                return None
            image = {"image": picture.pk, "alt_text": picture.description, "decorative": False}
            return block(kind, {"image": image, "caption": record.get("caption", "")})
        return block(kind, {key: value for key, value in record.items() if key != "block"})


def block(kind: str, value: Any) -> Block:
    """Return a raw block of a stream."""
    return {"type": kind, "value": value, "id": str(uuid4())}


def items(values: Iterable[Any]) -> list[Block]:
    """Return the raw data of a ListBlock."""
    return [block("item", value) for value in values]


def keep(record: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return these values of a record, empty where it has none."""
    return {name: record.get(name, "") for name in names}


def lists(record: dict[str, Any], *names: str) -> dict[str, list[Block]]:
    """Return these lists of a record as raw ListBlocks."""
    return {name: items(record.get(name, [])) for name in names}


def table(record: dict[str, Any]) -> dict[str, Any]:
    """Return the raw data of a TypedTableBlock of text columns."""
    return {
        "caption": record.get("caption", ""),
        "columns": [{"type": "text", "heading": heading} for heading in record["columns"]],
        "rows": [{"values": row} for row in record["rows"]],
    }
