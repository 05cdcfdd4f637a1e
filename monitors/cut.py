"""What is whole of a document that broke off: the entry in which it ends would be read as if its text stopped there. Pure."""

from __future__ import annotations

from typing import Final

_WHOLE: Final = (b"</rss>", b"</feed>", b"</rdf:rdf>", b"</urlset>", b"</channel>")
_ENTRY: Final = (b"</item>", b"</entry>", b"</url>")


def whole_entries(body: bytes) -> bytes:
    """An XML feed up to its last whole entry, so that 致12人受伤 is never read as 致1; any other body as it came."""
    if body[-200:].rstrip().lower().endswith(_WHOLE):
        return body
    end = max(body.rfind(tag) + len(tag) if tag in body else 0 for tag in _ENTRY)
    return body[:end] if end else body


def whole_rows(body: bytes) -> bytes:
    """A table up to its last whole line."""
    end = body.rfind(b"\n") + 1
    return body[:end] if end else body
