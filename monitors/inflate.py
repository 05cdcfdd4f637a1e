"""Compressed bodies inflated by pieces, never further than a cap."""

from __future__ import annotations

import zlib


class Inflater:
    """Inflates gzip and deflate by pieces and stops at a cap, so that a bomb costs no more than the cap."""

    def __init__(self, encoding: str, cap: int) -> None:
        name = encoding.strip().lower()
        self.unknown = "" if name in ("", "identity", "gzip", "x-gzip", "deflate") else name
        self._engine = zlib.decompressobj(47) if name in ("gzip", "x-gzip", "deflate") else None
        self._pieces: list[bytes] = []
        self._cap = cap
        self._first = True
        self.size = 0

    @property
    def full(self) -> bool:
        return self.size >= self._cap

    @property
    def unfinished(self) -> bool:
        return self._engine is not None and not self._engine.eof

    def feed(self, chunk: bytes) -> None:
        piece = chunk if self._engine is None else self._inflate(chunk)
        piece = piece[: self._cap - self.size]
        self.size += len(piece)
        self._pieces.append(piece)

    def _inflate(self, chunk: bytes) -> bytes:
        assert self._engine is not None
        room = max(self._cap - self.size, 1)
        try:
            return self._engine.decompress(chunk, room)
        except zlib.error:
            if not self._first:
                raise
            self._engine = zlib.decompressobj(-15)  # "deflate" without its wrapper, as some servers send it
            return self._engine.decompress(chunk, room)
        finally:
            self._first = False

    def value(self) -> bytes:
        return b"".join(self._pieces)
