"""Files members send: fetched by media_id within three days (document 90254), read up to a limit, told apart by their first bytes."""

import re
from dataclasses import dataclass
from urllib.parse import unquote

MOST = 20 << 20
"""Bytes of one file; WeCom itself takes no more."""
_STAR = re.compile(r"filename\*\s*=\s*UTF-8''([^;\s]+)", re.IGNORECASE)
_PLAIN = re.compile(r'filename\s*=\s*"([^"]*)"', re.IGNORECASE)
_MAGIC = (
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"GIF8[79]a"), "image/gif"),
    (re.compile(rb"BM.{12}", re.DOTALL), "image/bmp"),
    (re.compile(rb"RIFF.{4}WEBP", re.DOTALL), "image/webp"),
    (re.compile(rb".{4}ftyp(?:heic|heix|mif1|hevc)", re.DOTALL), "image/heic"),
    (re.compile(rb".{4}ftypM4A", re.DOTALL), "audio/mp4"),
    (re.compile(rb".{4}ftyp", re.DOTALL), "video/mp4"),
    (re.compile(rb"#!AMR"), "audio/amr"),
    (re.compile(rb"ID3|\xff[\xfb\xf3\xf2]"), "audio/mpeg"),
    (re.compile(rb"RIFF.{4}WAVE", re.DOTALL), "audio/wav"),
    (re.compile(rb"%PDF-"), "application/pdf"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Downloaded:
    """A file as WeCom gave it; `name` is its own, "" where it gave none."""

    name: str
    media_type: str
    body: bytes


class TooLarge(Exception):
    """The file exceeds the limit; nothing of it is kept."""


def sniffed(body: bytes) -> str:
    """The type its first bytes say; application/octet-stream where they say nothing known."""
    return next((name for magic, name in _MAGIC if magic.match(body)), "application/octet-stream")


def file_name(disposition: str) -> str:
    """The name of a Content-Disposition header, without folders."""
    star, plain = _STAR.search(disposition), _PLAIN.search(disposition)
    name = unquote(star[1]) if star else plain[1] if plain else ""
    return re.sub(r"[\x00-\x1f\x7f]", "", re.split(r"[/\\]", name)[-1])[:120]
