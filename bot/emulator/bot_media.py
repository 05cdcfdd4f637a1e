"""Files of smart bots: begun, sent in pieces, finished (document 101463, the three aibot_upload_media_* commands).

At most 100 pieces of 512 KB, whole within 30 minutes, 30 files a minute and 1000 an hour; ids work for three days, as those of the app.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass, field
from typing import Any

from bot.emulator import rules
from bot.emulator.api_account import SIZES
from bot.emulator.office import Office, fresh_id
from bot.emulator.refusal import Refusal

PIECE, PIECES = 512 * 1024, 100
SESSION_MS, DAYS_MS = 30 * 60_000, 3 * 86_400_000
A_MINUTE, AN_HOUR = 30, 1000
KINDS = ("file", "image", "voice", "video")
BAD_UPLOAD, TOO_MANY = 846609, 846607


@dataclass(slots=True, kw_only=True)
class _Upload:
    kind: str
    name: str
    size: int
    pieces: int
    md5: str
    at: int
    parts: dict[int, bytes] = field(default_factory=dict)


class BotMedia:
    """Uploads under way, of all bots."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._open: dict[str, _Upload] = {}
        self._begun: list[int] = []

    def init(self, body: dict[str, Any]) -> dict[str, Any]:
        kind, name = rules.typed(body, "type", str, ""), rules.typed(body, "filename", str, "")
        size, pieces = rules.typed(body, "total_size", int, 0), rules.typed(body, "total_chunks", int, 0)
        if kind not in KINDS or not name:
            raise Refusal(40058, "type or filename")
        if not 5 < size <= SIZES[kind] or not 1 <= pieces <= PIECES or not (pieces - 1) * PIECE < size <= pieces * PIECE:
            raise Refusal(40006, "total_size or total_chunks")
        now = self._office.now()
        self._begun = [at for at in self._begun if now - at < 3_600_000]
        if len(self._begun) >= AN_HOUR or sum(1 for at in self._begun if now - at < 60_000) >= A_MINUTE:
            raise Refusal(TOO_MANY, "uploads above their rate")
        self._begun.append(now)
        ident = fresh_id("bu-")
        md5 = rules.typed(body, "md5", str, "")
        self._open[ident] = _Upload(kind=kind, name=name, size=size, pieces=pieces, md5=md5, at=now)
        return {"upload_id": ident}

    def chunk(self, body: dict[str, Any]) -> None:
        upload, n = self._found(body), rules.typed(body, "chunk_index", int, -1)
        try:
            part = base64.b64decode(rules.typed(body, "base64_data", str, ""), validate=True)
        except binascii.Error as e:
            raise Refusal(40058, "base64_data") from e
        if not 0 <= n < upload.pieces or not part or len(part) > PIECE:
            raise Refusal(40058, "chunk_index or size of the piece")
        upload.parts[n] = part

    def finish(self, body: dict[str, Any]) -> dict[str, Any]:
        upload = self._found(body)
        whole = b"".join(upload.parts[n] for n in sorted(upload.parts))
        if len(upload.parts) != upload.pieces or len(whole) != upload.size:
            raise Refusal(BAD_UPLOAD, "pieces are missing")
        if upload.md5 and hashlib.md5(whole, usedforsecurity=False).hexdigest() != upload.md5:
            raise Refusal(BAD_UPLOAD, "md5 differs")
        del self._open[str(body["upload_id"])]
        media_id, now = fresh_id("media-"), self._office.now()
        sql = "insert into media(media_id, kind, name, body, created_at) values(?,?,?,?,?)"
        self._office.ledger.write(sql, media_id, upload.kind, upload.name, whole, now)
        return {"type": upload.kind, "media_id": media_id, "created_at": str(now // 1000)}

    def _found(self, body: dict[str, Any]) -> _Upload:
        upload = self._open.get(str(body.get("upload_id", "")))
        if upload is None or self._office.now() - upload.at > SESSION_MS:
            raise Refusal(BAD_UPLOAD, "no such upload, or it took longer than 30 minutes")
        return upload

    def named(self, kind: str, media_id: str) -> str:
        """The literal name of a file that may be sent now."""
        row = self._office.ledger.row("select kind, name, created_at from media where media_id=?", media_id)
        if row is None or row["kind"] != kind or self._office.now() - row["created_at"] > DAYS_MS:
            raise Refusal(40007, "invalid media_id")
        return str(row["name"])
