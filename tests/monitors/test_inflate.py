"""Bodies as servers really send them: mislabelled, doubled, in members, damaged, cut and meant to burst."""

from __future__ import annotations

import gzip
import random
import zlib

import pytest

from monitors.inflate import Inflater, unpacked

BODY = ("<rss>" + "青石县发布" * 3000 + "</rss>").encode()
NOISE = random.Random(1).randbytes(60_000)
CAP = 8 << 20


def raw_deflate(body: bytes) -> bytes:
    engine = zlib.compressobj(9, zlib.DEFLATED, -15)
    return engine.compress(body) + engine.flush()


def bad_sum(body: bytes) -> bytes:
    packed = bytearray(gzip.compress(body))
    packed[-6] ^= 255
    return bytes(packed)


def read(body: bytes, label: str, step: int) -> Inflater:
    """The body in pieces of `step` bytes, until the inflater has enough."""
    made = Inflater(label, CAP)
    try:
        for at in range(0, len(body), step):
            made.feed(body[at : at + step])
            if made.full or made.unknown:
                return made
        made.finish()
    except zlib.error:
        pass
    return made


@pytest.mark.parametrize("step", [1, 7, 65_536])
@pytest.mark.parametrize(
    ("packed", "label"),
    [
        (BODY, ""),
        (gzip.compress(BODY), "gzip"),
        (gzip.compress(BODY), ""),
        (BODY, "gzip"),
        (BODY, "deflate"),
        (BODY, "br"),
        (BODY, "utf-8"),
        (gzip.compress(BODY), "br"),
        (gzip.compress(BODY[:300]) + gzip.compress(BODY[300:]), "gzip"),
        (gzip.compress(gzip.compress(BODY)), "gzip, gzip"),
        (gzip.compress(gzip.compress(BODY)), "gzip"),
        (zlib.compress(BODY), "deflate"),
        (zlib.compress(BODY), "gzip"),
        (raw_deflate(BODY), "deflate"),
        (gzip.compress(BODY) + b"\0\0more", "gzip"),
        (bad_sum(BODY), "gzip"),
    ],
    ids=[
        "plain",
        "gzip",
        "gzip without label",
        "plain called gzip",
        "plain called deflate",
        "plain called br",
        "a charset for an encoding",
        "gzip called br",
        "two members",
        "twice, said so",
        "twice",
        "deflate",
        "deflate called gzip",
        "deflate without wrapper",
        "something after it",
        "wrong check sum",
    ],
)
def test_everything_that_can_be_read_is_read(packed: bytes, label: str, step: int) -> None:
    made = read(packed, label, step)
    assert made.value() == BODY
    assert made.unknown == ""


@pytest.mark.parametrize("step", [1, 7, 65_536])
def test_what_came_before_a_cut_or_a_damage_is_kept(step: int) -> None:
    packed = gzip.compress(BODY + NOISE)
    for broken in (packed[:20_000], packed[:20_000] + b"\xff" * 500):
        made = read(broken, "gzip", step)
        assert made.unfinished
        assert made.value().startswith(BODY)


def test_a_stream_we_cannot_read_is_named() -> None:
    assert read(NOISE[:3000], "br", 65_536).unknown == "br"
    assert read(NOISE[:3000], "gzip", 65_536).size == 0


@pytest.mark.parametrize("layers", [1, 2])
def test_a_bomb_fills_no_more_than_the_cap(layers: int) -> None:
    packed = b"a" * (64 << 20)
    for _ in range(layers):
        packed = gzip.compress(packed)
    made = read(packed, "gzip", 65_536)
    assert made.full
    assert len(made.value()) == CAP


def test_a_short_or_empty_body_is_itself() -> None:
    assert read(b"", "gzip", 1).value() == b""
    assert read(b"[]", "", 1).value() == b"[]"


def test_a_gzip_file_is_unpacked_and_anything_else_stays() -> None:
    packed = gzip.compress(BODY)
    assert unpacked(BODY, CAP) == (BODY, False)
    assert unpacked(packed, CAP) == unpacked(gzip.compress(packed), CAP) == (BODY, False)
    assert unpacked(packed, 100) == (BODY[:100], True)
    part, lacking = unpacked(packed[:-20], CAP)
    assert lacking
    assert BODY.startswith(part)
    assert part
    part, lacking = unpacked(packed[:40] + b"\xff" * 40, CAP)
    assert lacking
    assert BODY.startswith(part)
