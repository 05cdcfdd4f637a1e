"""A file over the smart bot: begun, sent in pieces of 512 KB, finished (document 101463). Not through the app's media interface."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from bot.wecom.errors import Kind, OutcomeUnknown, SendError

PIECE, PIECES = 512 * 1024, 100
SMALLEST, LARGEST = 6, 20 << 20  # bytes
KIND: Final = "file"

Ask = Callable[[str, object], Awaitable[Mapping[str, Any]]]


async def upload(ask: Ask, name: str, content: bytes) -> str:
    """The media_id, good for three days. SendError where the file is refused, OutcomeUnknown without an answer: then from the start."""
    if not SMALLEST <= len(content) <= LARGEST:
        raise SendError(0, Kind.DATA, f"文件“{name}”有{len(content)}字节，智能机器人只收6字节至20MB的文件，请在总览下载")
    parts = [content[at : at + PIECE] for at in range(0, len(content), PIECE)]
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    head = {"type": KIND, "filename": name, "total_size": len(content), "total_chunks": len(parts), "md5": md5}
    ident = _word(await ask("aibot_upload_media_init", head), "upload_id")
    for n, part in enumerate(parts):
        piece = {"upload_id": ident, "chunk_index": n, "base64_data": base64.b64encode(part).decode()}
        await ask("aibot_upload_media_chunk", piece)
    return _word(await ask("aibot_upload_media_finish", {"upload_id": ident}), "media_id")


def _word(answer: Mapping[str, Any], name: str) -> str:
    word = answer.get(name)
    if not isinstance(word, str) or not word:
        raise OutcomeUnknown("智能机器人对上传的回答不完整")
    return word
