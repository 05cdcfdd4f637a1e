"""The part of the store that keeps what lies beside items and incidents: originals, files, error spells of sources."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.store import attachments, originals, spells
from bot.store.engine import Engine
from bot.store.kept import Attachment, Original, Spell
from playbooks.incident import Event


class ApartStore:
    """Units of work over `engine`."""

    engine: Engine

    async def spells(self, source_id: str) -> list[Spell]:
        return await self.engine.read(lambda tx: spells.of_source(tx, source_id))

    async def originals_of(self, number: int) -> list[Original]:
        return await self.engine.read(lambda tx: originals.of_incident(tx, number))

    async def expire_originals(self, before: datetime, by: Event) -> int:
        return await self.engine.write(lambda tx: originals.expire(tx, before, by))

    async def add_attachment(self, row: Attachment, body: bytes | None) -> bool:
        return await self.engine.write(lambda tx: attachments.add(tx, row, body))

    async def keep_attachment(self, ident: str, name: str, media_type: str, body: bytes) -> str:
        return await self.engine.write(lambda tx: attachments.keep(tx, ident, name, media_type, body))

    async def miss_attachment(self, ident: str, note: str, *, lost: bool) -> None:
        await self.engine.write(lambda tx: attachments.missed(tx, ident, note, lost=lost))

    async def place_attachments(self, idents: Sequence[str], number: int) -> int:
        return await self.engine.write(lambda tx: attachments.place(tx, idents, number))

    async def attachments_of(self, number: int) -> list[Attachment]:
        return await self.engine.read(lambda tx: attachments.of_incident(tx, number))

    async def loose_attachments(self, by: str, since: datetime) -> list[Attachment]:
        return await self.engine.read(lambda tx: attachments.loose(tx, by, since))

    async def wanted_attachments(self, limit: int = 50) -> list[Attachment]:
        return await self.engine.read(lambda tx: attachments.wanted(tx, limit))

    async def attachment(self, ident: str) -> tuple[Attachment, bytes] | None:
        return await self.engine.read(lambda tx: attachments.get(tx, ident))
