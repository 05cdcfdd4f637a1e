"""Group chats of the app (documents 90244, 90245, 98913, 90248): one chat an incident, opened once, its members kept up.

There are no cards and no receipts here: a chat informs, the buttons stay on each officer's own message.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Final

from bot.wecom.cards import dumps
from bot.wecom.client import WeComClient
from bot.wecom.errors import SendError
from bot.wecom.shorten import shorten

NAME: Final = 50  # characters
CHATID: Final = re.compile(r"[0-9A-Za-z]{1,32}")
TAKEN: Final = 86215
TEXT_BYTES: Final = 2048
FEWEST, MOST = 2, 2000


def chat_request(chatid: str, name: str, owner: str, users: Sequence[str], text: str) -> bytes:
    """Frozen bytes of one message to a chat and of the chat itself, in case it is not there yet. ValueError if it cannot be."""
    people = list(dict.fromkeys(user.lower() for user in (owner, *users) if user))
    if not CHATID.fullmatch(chatid) or not FEWEST <= len(people) <= MOST:
        raise ValueError("群聊编号须为不超过32位的字母数字，成员须有2至2000人。")
    if len(text.encode()) > TEXT_BYTES:
        raise ValueError("群聊消息超过2048字节，请缩短。")
    chat = {"name": shorten(name, NAME), "owner": people[0], "userlist": people, "chatid": chatid}
    return dumps({"chat": chat, "message": {"chatid": chatid, "msgtype": "text", "text": {"content": text}, "safe": 0}})


async def say(client: WeComClient, request: bytes) -> None:
    """Open the chat if need be, bring in who is missing, and write. Nobody is put out of a chat."""
    body = json.loads(request)
    chat = body["chat"]
    try:
        await client.call("appchat/create", body=dumps(chat))
    except SendError as error:
        if error.code != TAKEN:
            raise
        await _bring_in(client, chat["chatid"], chat["userlist"])
    await client.call("appchat/send", body=dumps(body["message"]))


async def _bring_in(client: WeComClient, chatid: str, users: Sequence[str]) -> None:
    info = (await client.call("appchat/get", query={"chatid": chatid})).get("chat_info") or {}
    there = {str(user).lower() for user in info.get("userlist") or ()}
    missing = [user for user in users if user not in there]
    if missing:
        await client.call("appchat/update", body=dumps({"chatid": chatid, "add_user_list": missing}))
