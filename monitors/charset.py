"""Which characters the bytes of a feed are.

Valid UTF-8 wins over whatever a header or prolog claims, every gb* is read as GB18030, a claim of Western text that turns
out to be Chinese is not believed, and bytes without any claim are told by what they spell. Nothing here raises.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from monitors.mend import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    text: str
    encoding: str
    problems: tuple[Problem, ...] = ()


_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_PROLOG: Final = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']\s*([A-Za-z0-9._:-]{1,40})""")
_META: Final = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9._:-]{1,40})""", re.I)
_HEADER: Final = re.compile(r"""charset\s*=\s*["']?\s*([A-Za-z0-9._:-]{1,40})""", re.I)
_LATIN: Final = frozenset({"iso8859-1", "cp1252", "ascii", "iso8859-15"})
_SEVEN_BIT: Final = ("iso2022", "hz", "utf-7")
_ASCII: Final = bytes(range(128))
_HIGH: Final = re.compile(rb"[\x80-\xff]")
_SAMPLE: Final = 20_000
"""Bytes from the first beyond ASCII on that are enough to tell a charset."""
_MISSING: Final = "\ufffd"
_SEGMENT: Final = re.compile(rb"[^<>]+")
_SORTS: Final = bytes(ord("L" if 0xE3 <= byte <= 0xEF else "t" if 0x80 <= byte <= 0xBF else "-") for byte in range(256))
_UTF8_RUN: Final = b"LttLttLttLtt"
"""Four characters of UTF-8, which six of GBK hardly ever spell: lead and trail bytes as `_SORTS` names them."""


def declared_charset(body: bytes, content_type: str = "") -> str:
    """Python's name of the charset the header, else the prolog or an HTML page claims; "" = none or unknown."""
    return next(iter(_claims(body, content_type)), "")


def _claims(body: bytes, content_type: str) -> list[str]:
    match = _HEADER.search(content_type)
    names = [match[1]] if match else []
    for pattern in (_PROLOG, _META):
        if found := pattern.search(body[:2048]):
            names.append(found[1].decode("ascii"))
    return [codec for name in names if (codec := _codec(name))]


def _codec(name: str) -> str:
    low = name.lower()
    if low.startswith(("gb", "x-gb", "cp936", "euc-cn", "x-euc-cn", "hz-gb")) and not low.startswith("hz"):
        return "gb18030"
    try:
        codec = codecs.lookup(low)
    except (LookupError, ValueError):
        return ""
    name = {"iso8859-1": "cp1252", "big5": "big5hkscs", "shift_jis": "cp932", "euc_kr": "cp949"}.get(codec.name, codec.name)
    return name if getattr(codec, "_is_text_encoding", True) else ""


def decode(body: bytes, content_type: str = "") -> Decoded:
    """The characters of `body` and the charset they turned out to be; what cannot be read becomes U+FFFD and is counted."""
    for mark, name in _BOMS:
        if body.startswith(mark):
            return _marked(body, name, len(mark))
    if b"\x00" in body[:64] and (name := _without_mark(body[:64])):
        return _loose(body, name, "")
    claimed = declared_charset(body, content_type)
    if claimed.startswith(_SEVEN_BIT):
        return _loose(body, claimed, claimed)
    try:
        return Decoded(text=body.decode("utf-8"), encoding="utf-8", problems=_lie(claimed, "utf-8", body.isascii()))
    except UnicodeDecodeError:
        return _guess(body, _fitting(body, claimed, _claims(body, content_type)[1:]))


def _fitting(body: bytes, claimed: str, others: list[str]) -> str:
    """The claim to go by: of several that do not agree, the one that the bytes spell, else the first that fits them."""
    if not set(others) - {claimed, "utf-8"}:
        return claimed
    first = _HIGH.search(body)
    spelled = _spelled(body[first.start() :][:_SAMPLE]) if first else ""
    if spelled in (claimed, *others):
        return spelled
    for name in (claimed, *others):
        if name not in _LATIN and _MISSING not in body.decode(name, "replace"):  # Western charsets fit any bytes
            return name
    return claimed


def _marked(body: bytes, name: str, mark: int) -> Decoded:
    """What follows a byte order mark; some exports put that of UTF-8 before GBK."""
    if name != "utf-8":
        return _loose(body, name, "")
    try:
        return Decoded(text=body[mark:].decode(name).lstrip("\ufeff"), encoding=name)
    except UnicodeDecodeError:
        rest = body[mark:]
        guessed = _guess(rest, "")
        # a stray byte or two spell anything: such a document is UTF-8 with a loss
        chinese = guessed.encoding == "gb18030" and len(rest.translate(None, _ASCII)) >= 4
        return guessed if chinese else _loose(body, name, "")


def _without_mark(head: bytes) -> str:
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) < len(head) // 6:
        return ""
    return "utf-16-be" if even > odd else "utf-16-le"


def _lie(claimed: str, found: str, harmless: bool = False) -> tuple[Problem, ...]:
    if not claimed or harmless or claimed in (found, f"{found}-sig"):
        return ()
    return (Problem(code="charset_lie", detail=f"{claimed}->{found}"),)


def _loose(body: bytes, encoding: str, claimed: str) -> Decoded:
    text = body.decode(encoding, "replace")
    body, mixed = _one_charset(body, encoding, _MISSING in text)
    text = (body.decode(encoding, "replace") if mixed else text).lstrip("\ufeff")
    lost = text.count(_MISSING)
    problems = _lie(claimed, encoding)
    if mixed:
        problems += (Problem(code="charset_mixed", count=mixed),)
    if lost:
        problems += (Problem(code="bytes_lost", count=lost, detail=encoding),)
    return Decoded(text=text, encoding=encoding, problems=problems)


def _one_charset(body: bytes, encoding: str, lost: bool) -> tuple[bytes, int]:
    """`body` with the texts between its tags that are of the other charset (GBK in UTF-8, UTF-8 in GBK) rewritten, and how many were.

    Aggregating sites paste entries of others without recoding them.
    """
    if encoding == "utf-8" and lost:
        other = _gbk_in_utf8
    elif encoding == "gb18030" and _spells_utf8(body):
        other = _utf8_in_gbk
    else:
        return body, 0
    count = 0

    def rewritten(match: re.Match[bytes]) -> bytes:
        nonlocal count
        text = other(match[0])
        count += bool(text)
        return text.encode(encoding) if text else match[0]

    return _SEGMENT.sub(rewritten, body), count


def _spells_utf8(body: bytes) -> bool:
    return _UTF8_RUN in body.translate(_SORTS)  # a pattern takes twenty times as long over a whole document


def _gbk_in_utf8(segment: bytes) -> str:
    """A text between tags as GBK; "" unless it is common Chinese in that and nothing like UTF-8."""
    high = len(segment.translate(None, _ASCII))
    if high < 4 or len(segment.decode("utf-8", "ignore").encode().translate(None, _ASCII)) > high / 2:
        return ""
    try:
        text = segment.decode("gb18030")
    except UnicodeDecodeError:
        return ""
    return text if common_chinese(re.sub(r"[\x00-\x7f]+", "", text)) > 0.75 else ""


def _utf8_in_gbk(segment: bytes) -> str:
    """A text between tags as UTF-8; "" unless it is valid and long enough to be no chance."""
    if not _spells_utf8(segment):
        return ""
    try:
        return segment.decode("utf-8")
    except UnicodeDecodeError:
        return ""


def _guess(body: bytes, claimed: str) -> Decoded:
    """Bytes that are not valid UTF-8: nearly UTF-8, else the claim unless it hides Chinese, else what they spell."""
    first = _HIGH.search(body)
    sample = body[first.start() :][:_SAMPLE] if first else body[:_SAMPLE]
    if claimed == "gb18030" and common_chinese(_beyond_ascii(sample, claimed)) > 0.95:
        return _loose(body, claimed, claimed)  # in a short text many pairs of bytes are UTF-8 by chance
    kept = sample.decode("utf-8", "ignore").encode().translate(None, _ASCII)
    enough = 0.6 if _spells_utf8(sample) else 0.8
    if len(kept) > len(sample.translate(None, _ASCII)) * enough:
        return _loose(body, "utf-8", claimed)
    if claimed and claimed != "utf-8" and claimed not in _LATIN:
        return _loose(body, claimed, claimed)
    spelled = _spelled(sample)
    if claimed in _LATIN and claimed != "ascii" and spelled != "gb18030":
        spelled = claimed
    return _loose(body, spelled, claimed)


def _spelled(sample: bytes) -> str:
    """The charset whose reading of `sample` looks like a language: East Asian by their scripts, Cyrillic, else Western."""
    as_gb = _beyond_ascii(sample, "gb18030")
    if _whole(_beyond_ascii(sample, "euc_jp")) and _share(as_gb, "\u3040", "\u30ff") > 0.25:
        return "euc_jp"
    as_korean = _beyond_ascii(sample, "euc_kr")
    if _whole(as_korean) and _share(as_korean, "\uac00", "\ud7a3") > 0.95:
        return "cp949"
    if _whole(as_gb) and common_chinese(as_gb) > 0.75:
        return "gb18030"
    as_jis = _beyond_ascii(sample, "cp932")
    if _share(as_jis, "\u3040", "\u30ff") > 0.25 and _hanzi_share(as_jis) > 0.85:
        return "cp932"
    if cyrillic := _cyrillic(sample):
        return cyrillic
    return "big5hkscs" if _hanzi_share(_beyond_ascii(sample, "big5hkscs")) > 0.8 else "cp1252"


def _whole(text: str) -> bool:
    """Hardly a character that the charset does not know: a few broken bytes, or a tail cut inside one."""
    return text.count(_MISSING) <= 1 + len(text) * 0.03


def _beyond_ascii(sample: bytes, encoding: str) -> str:
    return re.sub(r"[\x00-\x7f]+", "", sample.decode(encoding, "replace"))


def _share(text: str, first: str, last: str) -> float:
    return sum(first <= char <= last for char in text) / max(len(text), 1)


def common_chinese(text: str) -> float:
    """Share of `text` (beyond ASCII) that GB2312 holds: the common hanzi and their punctuation."""
    return len(text.encode("gb2312", "ignore")) / 2 / max(len(text), 1)


def _hanzi_share(text: str) -> float:
    """Share of `text` that is hanzi, kana, or full-width punctuation."""
    known = sum("\u3000" <= char <= "\u9fff" or "\uff00" <= char <= "\uffef" or "\u2014" <= char <= "\u2026" for char in text)
    return known / max(len(text), 1)


def _cyrillic(sample: bytes) -> str:
    """koi8-r or cp1251 where mostly high bytes spell the commonest Russian letters; else ""."""
    letters = re.sub(rb"[^A-Za-z\x80-\xff]+", b"", re.sub(rb"<[^<>]*>", b"", sample))
    high = re.sub(rb"[\x00-\x7f]+", b"", letters)
    if len(high) < 20 or len(high) < len(letters) * 0.5:
        return ""
    shares = {}
    for name in ("koi8-r", "cp1251"):
        shares[name] = sum(char in "оеаинтсрвл" for char in high.decode(name, "replace")) / len(high)
    best = max(shares, key=lambda name: shares[name])
    return best if shares[best] > 0.5 else ""


_LEADS: Final = "ÃÂâãäåæçèéïð"
_LEAD_BYTE: Final = b"\xc3"
_SCRAMBLED: Final = re.compile("[\u00c2-\u00f4][\u0080-\u00ff\u0152-\u0192\u02c6\u02dc\u2013-\u2122]+")


def unscramble(text: str) -> str:
    """Runs of characters that are UTF-8 once read as Western (ä¸\xadå›½, Ã©) put right; what does not fit stays as it is."""
    if text.isascii() or not any(lead in text for lead in _LEADS):
        return text
    return _SCRAMBLED.sub(_unscrambled, text)


def unscrambled(decoded: Decoded, body: bytes) -> str:
    """`unscramble` of a document. In UTF-8 each of the leads begins with one byte, which is found sooner than twelve characters."""
    clear = decoded.encoding == "utf-8" and _LEAD_BYTE not in body
    return decoded.text if clear else unscramble(decoded.text)


def _unscrambled(match: re.Match[str]) -> str:
    run = match[0]
    try:
        return b"".join(_western(char) for char in run).decode("utf-8")
    except (UnicodeDecodeError, UnicodeEncodeError):
        return run


def _western(char: str) -> bytes:
    return char.encode("latin-1") if char <= "\xff" else char.encode("cp1252")


def content_type(headers: Mapping[str, str]) -> str:
    """The Content-Type of `headers`, whatever the case of the name; "" if there is none."""
    return next((value for name, value in headers.items() if name.lower() == "content-type"), "")
