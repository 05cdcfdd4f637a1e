"""`yqbot cluster`: which rows of a stream tell of one matter (contracts.md §2)."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import IO, Any

from bot.judging import Judges, judges_of, rows_of
from monitors.sites import SiteReader
from monitors.story import ItemRef
from monitors.story_words import families_of, family_table, names_of, site_reader
from monitors.text import LETTER_CHARS

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


def run_cluster(
    args: argparse.Namespace, env: Mapping[str, str] = os.environ, source: IO[str] | None = None, out: IO[str] | None = None
) -> int:
    """`yqbot cluster`: `{"id", "event"}` per line; an event depends only on lines already read, streams never mix."""
    judges, target = judges_of(args.config, env), out or sys.stdout
    for line in clusters(judges, rows_of(source or sys.stdin)):
        target.write(json.dumps(line, ensure_ascii=False) + "\n")
    return 0


def clusters(judges: Judges, rows: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, str]]:
    """Story of every row, in order; a row without a date counts as seen with the one before it."""
    index, last = judges.index(), _EPOCH
    table, sites = family_table(judges.gate), site_reader(judges.gate)
    for row in rows:
        last = max(last, _date(row.get("date")) or last)
        ref = _reference(judges, row, table, sites)
        yield {"id": str(row.get("id", "")), "event": f"{ref.stream}/{index.place(ref, last).story}"}


def _reference(judges: Judges, row: Mapping[str, Any], table: Mapping[str, tuple[str, ...]], sites: SiteReader) -> ItemRef:
    title, text, stream = (
        str(row.get("title") or ""),
        str(row.get("detail") or row.get("text") or ""),
        str(row.get("stream") or ""),
    )
    if row.get("detail") or len(text) >= LETTER_CHARS:  # `detail` is a letter's body, however short
        return ItemRef(id=str(row.get("id", "")), title=title, text=text, stream=stream)
    title = title or text  # a short text without a title is read like one
    region = judges.locator.locate(title)
    province, city, county = names_of(region)
    return ItemRef(
        id=str(row.get("id", "")),
        title=title,
        stream=stream,
        province=province,
        city=city,
        county=county,
        families=families_of(judges.gate.judge(title, region=region), table),
        spot=sites.read(title, (province, city, county)),
    )


def _date(value: object) -> datetime | None:
    try:
        parsed = datetime.fromisoformat(str(value).strip().replace("/", "-"))
    except ValueError:
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
