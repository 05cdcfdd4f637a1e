"""Pictures, voice and video from officers, and files uploaded on the board: saved with their sha256, attached to their matter.

WeCom keeps a file for three days, so what an officer sends is a row at once and fetched beside the pump (a slow download delays
no card); what cannot be fetched yet is tried again. The line in the matter's record carries the digest, so the chain seals the bytes.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from bot.desk import Desk, change
from bot.outbox import say
from bot.store.kept import Attachment
from bot.wecom.errors import OutcomeUnknown, SendError
from bot.wecom.media import Downloaded, TooLarge
from playbooks.incident import Actor, Event, Incident

log = logging.getLogger(__name__)

KINDS: Final = {"image": "图片", "voice": "语音", "video": "视频", "file": "文件"}
ENDINGS: Final = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/gif": ".gif",
    "image/bmp": ".bmp",
    "image/webp": ".webp",
    "image/heic": ".heic",
    "audio/mp4": ".m4a",
    "audio/amr": ".amr",
    "audio/mpeg": ".mp3",
    "audio/wav": ".wav",
    "video/mp4": ".mp4",
    "application/pdf": ".pdf",
}
TOGETHER: Final = timedelta(minutes=30)
"""A file and a report of the same officer within this time belong together."""
BY_COMMAND: Final = timedelta(hours=24)
LIFE: Final = timedelta(days=3)
GONE: Final = frozenset({40007, 40145})
AT_ONCE: Final = 10

_running: set[asyncio.Task[int]] = set()


async def received(desk: Desk, actor: Actor, kind: str, media_id: str, key: str) -> str:
    """A delivery with a file: wanted at once, fetched beside. The answer to the officer, "" where it comes with the file."""
    if kind not in KINDS or not media_id:
        return "这里收文字、图片、语音和视频。位置和链接请写成文字发来。"
    row = Attachment(id=key, name="", kind=kind, by=actor.id, at=desk.now(), state="wanted", media_id=media_id)
    if await desk.store.add_attachment(row, None):
        number = await _just_reported(desk, actor)
        if number is not None:
            await desk.store.place_attachments([key], number)
    begin(desk)
    return ""


def begin(desk: Desk) -> None:
    """Fetch what is wanted now, without waiting for it."""
    task = asyncio.get_running_loop().create_task(fetch_wanted(desk))
    _running.add(task)
    task.add_done_callback(_running.discard)


async def fetch_wanted(desk: Desk) -> int:
    """Fetch files named by WeCom; how many were saved. Called at every arrival and every few seconds."""
    if desk.wecom is None:
        return 0
    if desk.alone_since is None:
        wall, until = desk.lease()
        if not await desk.store.hold_lease("files", desk.owner, wall, until):
            return 0
    saved = 0
    for row in await desk.store.wanted_attachments(AT_ONCE):
        try:
            saved += await _fetch(desk, row)
        except Exception:  # flow guard: one file must not stop the others
            log.exception("attachment_failed", extra={"attachment": row.id})
    return saved


async def _fetch(desk: Desk, row: Attachment) -> bool:
    assert desk.wecom is not None
    word = KINDS[row.kind]
    try:
        got = await desk.wecom.download(row.media_id)
    except TooLarge:
        await _missed(desk, row, f"{word}超过20MB，没有保存，请压缩或分段后重发。", lost=True)
    except (SendError, OutcomeUnknown) as e:
        lost = (isinstance(e, SendError) and e.code in GONE) or desk.now() - row.at > LIFE
        after = "已取不到，请重发。" if lost else "暂时取不到，系统会继续尝试；企业微信只保留三天，请勿删除原件。"
        await _missed(desk, row, f"{word}{after}", lost=lost)
    else:
        if any(mark in got.name for mark in desk.settings.bot.secrecy_marks):
            await _missed(desk, row, f"{word}的文件名带有密级标识，本系统不得处理，没有保存，请到值班室当面处理。", lost=True)
            return False
        await _kept(desk, row, got)
        return True
    return False


async def _missed(desk: Desk, row: Attachment, words: str, *, lost: bool) -> None:
    await desk.store.miss_attachment(row.id, words, lost=lost)
    if lost or row.tries == 0:
        await say(desk, row.by, words, f"{row.id}|{'lost' if lost else 'wait'}")


async def _kept(desk: Desk, row: Attachment, got: Downloaded) -> None:
    ending = ENDINGS.get(got.media_type, "")
    name = got.name or f"{KINDS[row.kind]}{row.at:%m%d%H%M%S}{ending}"
    digest = await desk.store.keep_attachment(row.id, name, got.media_type, got.body)
    found = await desk.store.attachment(row.id)
    now = replace(found[0] if found else row, sha256=digest)
    head = f"{KINDS[row.kind]}已保存（{size(len(got.body))}，校验码{digest[:12]}）"
    if now.incident is None:
        text = f"{head}。30分钟内回“报 地点 情况”立案的自动附上；附到已有事件请回“附件 编号”。"
    else:
        await _note(desk, now.incident, row.by, [now])
        text = f"{head}，已附到{now.incident}号。"
    await say(desk, row.by, text, f"{row.id}|kept")


async def attach(desk: Desk, actor: Actor, number: int, within: timedelta = TOGETHER) -> int:
    """Put the officer's loose files of the last time to a matter; how many."""
    loose = await desk.store.loose_attachments(actor.id, desk.now() - within)
    if not loose:
        return 0
    placed = await desk.store.place_attachments([a.id for a in loose], number)
    await _note(desk, number, actor.id, [a for a in loose if a.state == "kept"])
    return placed


async def attach_by_command(desk: Desk, actor: Actor, number: int) -> str:
    """`附件 12` of somebody who has just sent files; "" where there are none to put there."""
    count = await attach(desk, actor, number, BY_COMMAND)
    return f"{number}号：已附上{count}件。" if count else ""


async def _note(desk: Desk, number: int, by: str, files: Sequence[Attachment]) -> None:
    """The line of the record that names the files and seals their digests; a file already named is not named again."""
    actor = desk.actor(by)
    if actor is None or not files:
        return

    def decision(incident: Incident) -> tuple[Event, ...]:
        said = "".join(n.text for n in incident.notes if n.kind == "attachment")
        fresh = [a for a in files if a.sha256 not in said]
        if not fresh:
            return ()
        return (Event(kind="noted", at=desk.now(), actor=actor, data={"note": "attachment", "text": listed(fresh)}),)

    await change(desk, number, decision)


def listed(files: Sequence[Attachment]) -> str:
    """``图片 现场.jpg（245KB，SHA-256 3fa2…）``, parted by semicolons."""
    return "；".join(f"{KINDS[a.kind]} {a.name}（{size(a.size)}，SHA-256 {a.sha256}）" for a in files)


def size(count: int) -> str:
    """Bytes in the unit a person reads."""
    return f"{count / (1 << 20):.1f}MB" if count >= 1 << 20 else f"{max(1, count >> 10)}KB"


async def _just_reported(desk: Desk, actor: Actor) -> int | None:
    """The newest open matter this officer reported just now."""
    since = desk.now() - TOGETHER
    found = await desk.store.incidents(open_only=True)
    recent = [i for i in found if any(m.source == "officer" and m.at >= since for m in i.members)]
    for incident in sorted(recent, key=lambda i: -i.number):
        rows = await desk.store.items_of(incident.number)
        if any(r.item.author == actor.id and r.item.source == "officer" and r.item.seen_at >= since for r in rows):
            return incident.number
    return None
