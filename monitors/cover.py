"""What an officer typed, with the personal details of callers covered before it becomes an item that cards and pages show."""

from __future__ import annotations

import json
from dataclasses import replace

from monitors.item import Item
from monitors.mask import mask


def covered(item: Item) -> Item:
    """`item` with title and text covered; what was covered goes along as its original, for the store to keep apart."""
    title, text = mask(item.title), mask(item.text)
    if (title, text) == (item.title, item.text):
        return item
    return replace(item, title=title, text=text, original=json.dumps({"内容": item.text or item.title}, ensure_ascii=False))
