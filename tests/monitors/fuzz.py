"""A mutational fuzzer over the parsers: samples and hostile pieces, cut, spliced, flipped, recoded; every promise checked each time.

    python -m tests.monitors.fuzz --seconds 300 [--seed N]     one JSON line; the first document that breaks a promise is kept

The promises: nothing is raised, work is bounded, the same bytes give the same document, text is never markup or control characters,
dates are instants not after now, identities are unique and stable, persons of work orders stay covered.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import re
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from openpyxl import Workbook

from monitors.item import MAX_ENTRIES, ItemKind, ParsedDocument, items
from monitors.kinds import KINDS, hotline, parse_fully, pushed
from monitors.kinds.fields import FIELDS
from monitors.plain import MAX_TEXT, MAX_TITLE
from tests.monitors.test_documents import CASES, body

NOW: Final = datetime(2026, 3, 3, 4, 5, 6, tzinfo=UTC)
SAMPLES: Final = Path(__file__).parents[1] / "data" / "feeds"
LONGEST: Final = 60_000
SLOW: Final = 2.0
"""CPU seconds one document of `LONGEST` bytes may take, the tolerant parser included."""
SECRET: Final = "13912345678"
_SECRET: Final = re.compile(rf"(?<!\d){SECRET}(?!\d)")
"""A number glued to further digits by a mutation is no telephone number any more."""
CHARSETS: Final = ("utf-8", "utf-16", "utf-16-le", "gb18030", "gbk", "big5", "latin-1", "utf-8-sig")
PIECES: Final = tuple(
    piece.encode()
    for piece in (
        "<item>",
        "</item>",
        "<entry>",
        "<rss version='2.0'><channel>",
        "<!DOCTYPE x [<!ENTITY a 'b'><!ENTITY c '&a;&a;'>]>",
        "&c;&#0;&#x1F;&#55296;&nbsp;&",
        "<![CDATA[",
        "]]>",
        "<script>alert(1)</script>",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "<title>石坪镇大湾村山体滑坡</title>",
        "<guid>1</guid>",
        "<link>http://[::1</link>",
        "<pubDate>Mon, 32 Foo 99999 25:61:61 +9999</pubDate>",
        "<pubDate>3分钟前</pubDate>",
        "<pubDate>发布时间发布时间发布时间发布时间发布时间发布时间发布时间</pubDate>",
        "<pubDate>9999999999999</pubDate>",
        "<?xml version='1.0' encoding='gb2312'?>",
        "<?xml version='1.0' encoding='none'?>",
        '{"items":[',
        '{"title":{"a":[[[[]]]]},"hot":"1e999"}',
        '"id":null,"url":"javascript:alert(1)",',
        "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
        "\u202e\u200b\ufeff",
        f"标题,姓名\n反映停水 {SECRET},王小明\n",
        '"' * 40,
        "<" * 200,
        "<a " * 100,
        "[" * 300,
    )
)


class Broken(Exception):
    """A promise was not kept."""


@dataclass(slots=True, kw_only=True)
class Tally:
    documents: int = 0
    entries: int = 0
    slowest: float = 0.0
    formats: set[str] = field(default_factory=set)


def samples() -> list[bytes]:
    """The project's own feeds, the documents of its cases, and a workbook."""
    found = [p.read_bytes() for p in sorted(SAMPLES.rglob("*")) if p.is_file()] + [body(case) for case in CASES]
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for line in (("工单编号", "标题", "姓名"), (1, "反映停水", "王小明"), (2, "路灯不亮", "")):
        sheet.append(line)
    out = io.BytesIO()
    book.save(out)
    return [*found, out.getvalue()]


def mutated(rng: random.Random, pool: list[bytes]) -> bytes:
    """A sample after one to eight changes."""
    body = bytearray(rng.choice(pool))
    for _ in range(min(8, 1 + int(rng.expovariate(0.7)))):
        body = CHANGES[rng.randrange(len(CHANGES))](rng, body, pool)
        if len(body) > LONGEST:
            del body[LONGEST:]
    return bytes(body)


def _span(rng: random.Random, body: bytearray) -> tuple[int, int]:
    start = rng.randint(0, len(body))
    return start, min(len(body), start + int(2 ** rng.uniform(0, 11)))


def _flip(rng: random.Random, body: bytearray, pool: list[bytes]) -> bytearray:
    for _ in range(rng.randint(1, 4) if body else 0):
        body[rng.randrange(len(body))] ^= 1 << rng.randrange(8)
    return body


def _cut(rng: random.Random, body: bytearray, pool: list[bytes]) -> bytearray:
    start, end = _span(rng, body)
    del body[start:end]
    return body


def _repeat(rng: random.Random, body: bytearray, pool: list[bytes]) -> bytearray:
    start, end = _span(rng, body)
    body[end:end] = body[start:end] * rng.choice((1, 2, 30))
    return body


def _insert(rng: random.Random, body: bytearray, pool: list[bytes]) -> bytearray:
    at = rng.randint(0, len(body))
    body[at:at] = rng.choice(PIECES) * rng.choice((1, 1, 1, 3, 50))
    return body


def _splice(rng: random.Random, body: bytearray, pool: list[bytes]) -> bytearray:
    other = rng.choice(pool)
    return bytearray(bytes(body[: rng.randint(0, len(body))]) + other[rng.randint(0, len(other)) :])


def _recode(rng: random.Random, body: bytearray, pool: list[bytes]) -> bytearray:
    return bytearray(bytes(body).decode("utf-8", "replace").encode(rng.choice(CHARSETS), "replace"))


def _tail(rng: random.Random, body: bytearray, pool: list[bytes]) -> bytearray:
    return body[: rng.randint(0, len(body))]


def _zip(rng: random.Random, body: bytearray, pool: list[bytes]) -> bytearray:
    """The body as a part of a workbook."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(rng.choice(("xl/worksheets/sheet1.xml", "[Content_Types].xml", "xl/workbook.xml")), bytes(body))
    return bytearray(out.getvalue())


Change = Callable[[random.Random, bytearray, list[bytes]], bytearray]
CHANGES: Final[tuple[Change, ...]] = (_flip, _cut, _repeat, _insert, _insert, _splice, _recode, _tail, _flip, _insert, _zip)
HEADERS: Final = ({}, {"content-type": "text/xml; charset=gbk"}, {"content-type": "application/json"}, {"content-type": "x"})


def readings(body: bytes, headers: dict[str, str]) -> Iterator[tuple[str, ParsedDocument]]:
    """The body as every kind of source."""
    base = "https://www.luxi.example/feed"
    yield "fully", parse_fully(body, headers, base, NOW)
    yield "hotlist", KINDS["hotlist"](body, headers, base, NOW)
    yield "hotline", hotline.read(body, headers, FIELDS, NOW)
    text = body.decode("utf-8", "replace")
    yield "pushed", pushed.read(text, FIELDS, NOW)
    yield "pushed orders", pushed.read(text, FIELDS, NOW, hotline=True)


_SCHEME: Final = re.compile(r"\s*[a-zA-Z][a-zA-Z0-9+.-]*:")
_SCRIPT: Final = re.compile(r"<script\b[^<>]*>", re.I)


def check(how: str, document: ParsedDocument) -> int:
    """Broken where a promise is not kept; how many items the document gave."""
    if len(document.entries) > MAX_ENTRIES:
        raise Broken(f"{how}: {len(document.entries)} entries")
    for entry in document.entries:
        said = f"{entry.title}\n{entry.summary}\n{entry.author}"
        if entry.published is not None and (
            entry.published.utcoffset() != timedelta(0) or entry.published > NOW + timedelta(minutes=10)
        ):
            raise Broken(f"{how}: date {entry.published!r}")
        if len(entry.title) > MAX_TITLE or len(entry.summary) > MAX_TEXT + 2_000:
            raise Broken(f"{how}: length {len(entry.title)} {len(entry.summary)}")
        if _SCRIPT.search(said):
            raise Broken(f"{how}: markup in {said[:200]!r}")
        scheme = _SCHEME.match(entry.url)
        if scheme is not None and scheme[0].lower() not in ("http:", "https:"):
            raise Broken(f"{how}: link {entry.url[:100]!r}")
        if how in ("hotline", "pushed orders") and _SECRET.search(said):
            raise Broken(f"{how}: a number not covered in {said[:200]!r}")
    kind = ItemKind.HOTLINE if "orders" in how or how == "hotline" else ItemKind.FEED
    found = items(document, "s", NOW, kind)
    if len({i.id for i in found}) != len(found):
        raise Broken(f"{how}: identities repeat")
    for item in found:
        json.dumps([item.title, item.text, item.url]).encode()
    return len(found)


def one(body: bytes, headers: dict[str, str], tally: Tally) -> None:
    """Every reading of one document, twice."""
    start = time.process_time()
    first = list(readings(body, headers))
    took = time.process_time() - start
    if took > SLOW:
        raise Broken(f"slow: {took:.2f} s for {len(body)} bytes")
    if first != list(readings(body, headers)):
        raise Broken("not the same twice")
    tally.documents += 1
    tally.slowest = max(tally.slowest, took)
    for how, document in first:
        tally.entries += check(how, document)
        tally.formats.add(document.format)


def run(seconds: float, seed: int, keep: Path | None = None, *, documents: int = 0) -> Tally:
    """Fuzz for so many CPU seconds or so many documents, where that is given: the same ones on every machine.

    Broken (or what a parser raised) with the document kept in `keep`."""
    rng, pool, tally = random.Random(seed), samples(), Tally()
    start = time.process_time()
    while tally.documents < documents if documents else time.process_time() - start < seconds:
        body, headers = mutated(rng, pool), rng.choice(HEADERS)
        try:
            one(body, headers, tally)
        except Exception:
            if keep is not None:
                keep.write_bytes(body)
            raise
        if rng.random() < 0.02 and len(pool) < 400:
            pool.append(body)
    return tally


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, default=None, help="file for the document that breaks a promise")
    args = parser.parse_args()
    tally = run(args.seconds, args.seed, args.keep)
    line = {
        "documents": tally.documents,
        "items": tally.entries,
        "slowest_s": round(tally.slowest, 3),
        "formats": sorted(tally.formats),
    }
    print(json.dumps(line, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
