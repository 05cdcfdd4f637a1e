"""Files to one officer under their Chinese names: review reports, ledgers. Uploaded when asked for, sent through the outbox."""

from __future__ import annotations

from bot.desk import Desk
from bot.outbox import file_message
from bot.wecom.errors import Kind, SendError
from bot.wecom.uploads import Uploads


async def send_file(desk: Desk, user: str, name: str, content: bytes, key: str, incident: int | None = None) -> None:
    """Upload `content` (once for three days) and queue it for `user` as `name`, such as “12号事项评估报告.docx”.

    `key` tells the request from others: the same key sends once. Raises SendError or OutcomeUnknown with a Chinese sentence when the
    file could not be uploaded; nothing is queued then.
    """
    uploads: Uploads | None = desk.uploads
    if uploads is None:
        raise SendError(0, Kind.DATA, "没有配置企业微信，文件请在总览下载")
    media_id = await uploads.media_id(name, content)
    await desk.store.settle_steps({}, [file_message(desk, user, media_id, name, key, incident)], desk.now())
