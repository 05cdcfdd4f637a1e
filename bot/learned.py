"""Labelled rows from the installation's own record: what a matter said, and the unit people finally gave it to."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from bot.cli_quality import ALL, examples_of
from bot.configuration import data_of, settings_of
from bot.labelled import Labelled
from bot.store import open_store
from bot.store.port import Store


def recorded(folder: Path | None, data: Path | None) -> Labelled:
    """Rows of the data folder; StoreError or ConfigError where it cannot be read."""
    return asyncio.run(_read(settings_of(folder, dict(os.environ)).bot.database_url, data_of(data, os.environ)))


async def _read(url: str, data: Path) -> Labelled:
    store = await open_store(url, data, readonly=True)
    try:
        return await labelled_orders(store)
    finally:
        await store.close()


async def labelled_orders(store: Store) -> Labelled:
    """One row a matter with an order: the last unit it was given to or ruled to; merged and excluded ones teach nothing."""
    texts: list[tuple[str, ...]] = []
    labels: list[str] = []
    numbers = {i.number: i for i in await store.incidents(open_only=False, limit=ALL)}
    for x in await examples_of(store):
        unit = numbers[x.number].primary_unit if x.number in numbers else ""
        if not unit or x.exclusion or x.merged_into is not None:
            continue
        items = await store.items_of(x.number)
        texts.append((x.title, items[0].item.text if items else ""))
        labels.append(unit)
    return Labelled(texts=tuple(texts), labels=tuple(labels), skipped=0)
