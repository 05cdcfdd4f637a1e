"""Files to one officer under their Chinese names: review reports, ledgers. Uploaded when asked for, sent through the outbox."""

from __future__ import annotations

from bot.channels.gateway import Carrier
from bot.desk import Desk
from bot.outbox import bot_file_message, file_message
from bot.wecom.errors import Kind, OutcomeUnknown, SendError
from bot.wecom.uploads import Uploads


async def send_file(desk: Desk, user: str, name: str, content: bytes, key: str, incident: int | None = None) -> None:
    """Upload `content` (once for three days) and queue it for `user` as `name`, such as “12号事项评估报告.docx”.

    `key` tells the request from others: the same key sends once. Raises SendError or OutcomeUnknown with a Chinese sentence when the
    file could not be uploaded; nothing is queued then. Where the app does not take it, the smart bot is asked, if there is one.
    """
    uploads: Uploads | None = desk.uploads
    if uploads is None:
        raise SendError(0, Kind.DATA, "没有配置企业微信，文件请在总览下载")
    try:
        media_id = await uploads.media_id(name, content)
    except (SendError, OutcomeUnknown):
        if not isinstance(desk.link, Carrier):
            raise
        row = bot_file_message(desk, user, await desk.link.upload(name, content), name, key, incident)
        await desk.store.settle_steps({}, [row], desk.now())
        return
    await desk.store.settle_steps({}, [file_message(desk, user, media_id, name, key, incident)], desk.now())
