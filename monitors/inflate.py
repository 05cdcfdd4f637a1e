"""Compressed bodies inflated by pieces, never further than a cap; what the bytes are goes before what the label says.

Servers mislabel: plain text called gzip or br, gzip not called anything, gzip inside gzip, several gzip members in a row.
Whatever can be read all the same is read.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from typing import Any, Final

GZIP: Final = b"\x1f\x8b\x08"
_GZIPPED: Final = frozenset({"gzip", "x-gzip"})
_KNOWN: Final = _GZIPPED | {"", "identity", "deflate"}
_STEP: Final = 65_536
_LAYERS: Final = 3
"""Gzip inside gzip is peeled this often at most."""
_SNIFFED: Final = 1024
_BINARY: Final = re.compile(rb"[\x00-\x08\x0e-\x1f]")
"""Bytes that no text in a Chinese or Western encoding has; a compressed stream has them soon."""


class Inflater:
    """Feed it a body by pieces, then finish. `unknown`: an encoding that neither its label nor the bytes let us read."""

    def __init__(self, encoding: str, cap: int) -> None:
        self._labels = [name.strip().lower() for name in encoding.split(",")]
        self._layers: list[_Layer] | None = None
        self._head: bytes | None = b""  # the first bytes of the innermost layer, until it is clear what they are
        self._pieces: list[bytes] = []
        self._cap = cap
        self.size = 0
        self.unknown = ""

    @property
    def full(self) -> bool:
        return self.size >= self._cap

    @property
    def unfinished(self) -> bool:
        return any(not layer.done for layer in self._layers or ())

    def feed(self, chunk: bytes) -> None:
        """Take in the next piece. zlib.error where the stream is damaged; what came before the damage is kept."""
        if self._layers is None:
            self._head = (self._head or b"") + chunk
            if len(self._head) < _SNIFFED:
                return
            chunk = self._open()
        self._take(self._through(chunk, 0))

    def finish(self) -> None:
        """The body is over: decide about a short one."""
        if self._layers is None:
            self._take(self._through(self._open(), 0))
        if self._head:
            self._take(iter((self._head,)))
            self._head = None

    def value(self) -> bytes:
        return b"".join(self._pieces)

    def _take(self, pieces: Iterator[bytes]) -> None:
        for piece in pieces:
            kept = piece[: self._cap - self.size]
            self.size += len(kept)
            self._pieces.append(kept)
            if self.full:
                return

    def _open(self) -> bytes:
        """Choose the first layer by the first bytes and give them back; a label that they contradict is ignored."""
        start, self._head = self._head or b"", None
        self._layers = []
        if start.startswith(GZIP):
            self._layers, self._head = [_Layer(zlib.decompressobj(31))], b""
            return start
        # deflate in its wrapper, whichever of the two it was called, or bare as some servers send it
        forms = (15, -15) if "deflate" in self._labels else (15,) if _GZIPPED & set(self._labels) else ()
        for bits in forms:
            if _begins(start, bits):
                self._layers = [_Layer(zlib.decompressobj(bits))]
                return start
        if _BINARY.search(start[:_SNIFFED]):
            self.unknown = next((name for name in self._labels if name not in _KNOWN), "")
            if _GZIPPED & set(self._labels):
                raise zlib.error("no gzip stream")
        return start

    def _through(self, chunk: bytes, depth: int) -> Iterator[bytes]:
        assert self._layers is not None
        if depth < len(self._layers):
            for piece in self._layers[depth].inflate(chunk):
                yield from self._through(piece, depth + 1)
            return
        if self._head is not None:
            chunk, self._head = self._head + chunk, None
            if len(chunk) < len(GZIP):
                self._head = chunk
                return
            if chunk.startswith(GZIP) and depth < _LAYERS:
                self._layers.append(_Layer(zlib.decompressobj(31)))
                self._head = b""
                yield from self._through(chunk, depth)
                return
        yield chunk


def unpacked(body: bytes, cap: int) -> tuple[bytes, bool]:
    """A body that is a gzip file (a sitemap, a stored answer) inflated up to `cap` bytes, and whether that is not all of it."""
    if not body.startswith(GZIP):
        return body, False
    inflater = Inflater("", cap)
    try:
        inflater.feed(body)
        inflater.finish()
    except zlib.error:
        return inflater.value(), True
    return inflater.value(), inflater.full or inflater.unfinished


class _Layer:
    """One compressed stream, its further members included."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine
        self._between = b""  # the first bytes after a member, too few to tell whether another begins
        self.done = False

    def inflate(self, data: bytes) -> Iterator[bytes]:
        """What `data` unpacks to, in pieces of bounded size."""
        if self._engine.eof:
            data = self._next_member(self._between + data)
        while data and not self.done:
            before = self._engine.copy()
            try:
                piece = self._engine.decompress(data, _STEP)
            except zlib.error:
                yield from _salvaged(before, data)
                raise
            while piece:
                yield piece
                more = len(piece) == _STEP and not self._engine.eof and not self._engine.unconsumed_tail
                piece = self._engine.decompress(b"", _STEP) if more else b""
            data = self._next_member(self._engine.unused_data) if self._engine.eof else self._engine.unconsumed_tail

    def _next_member(self, rest: bytes) -> bytes:
        """What is still to be unpacked; bytes after the last member are no part of the body."""
        if rest.startswith(GZIP):
            self.done, self._between, self._engine = False, b"", zlib.decompressobj(31)
            return rest
        self.done, self._between = True, rest if GZIP.startswith(rest) else b""
        return b""


def _begins(start: bytes, bits: int) -> bool:
    try:
        zlib.decompressobj(bits).decompress(start, _STEP)
    except zlib.error:
        return False
    return True


def _salvaged(engine: Any, data: bytes) -> Iterator[bytes]:
    """All that comes out before the damage, byte by byte near it."""
    for size in (256, 1):
        for at in range(0, len(data), size):
            kept = engine.copy()
            try:
                piece = engine.decompress(data[at : at + size])
            except zlib.error:
                engine, data = kept, data[at : at + size]
                break
            if piece:
                yield piece
