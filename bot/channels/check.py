"""What the doctor asks the channels: is everyone of the roster known to WeCom, does the mail server let us in."""

from __future__ import annotations

import aiohttp

from bot.channels.mail import Mail
from bot.clock import wall
from bot.wecom.client import WeComClient
from bot.wecom.contacts import roster_problems
from bot.wecom.errors import WeComError
from config.schema import Settings

OK, WARNING, ERROR = "ok", "warning", "error"
Found = tuple[str, str, str]
"""Level, what was checked, and what was found."""


async def roster(settings: Settings) -> list[Found]:
    """Every officer whom WeCom does not know as the roster has them; nothing where WeCom is not set up."""
    w = settings.wecom
    if not (w.corpid and w.secret):
        return []
    officers = settings.organisation.officers
    async with aiohttp.ClientSession() as session:
        client = WeComClient(session, w.base_url, w.corpid, w.secret, w.agentid, wall)
        try:
            wrong = await roster_problems(client, officers)
        except WeComError as e:
            return [(WARNING, "名册", f"不能与企业微信通讯录核对：{e}。")]
    return [(ERROR, "名册", line) for line in wrong] or [(OK, "名册", f"{len(officers)}人都在企业微信通讯录中，可以收到提醒。")]


async def ways(settings: Settings) -> list[Found]:
    """Other ways than the app message. The smart bot is not tried: a second connection would throw the service out."""
    w, found = settings.wecom, []
    if settings.mail.host:
        try:
            await Mail(settings.mail).check()
            found.append((OK, "邮件", "邮件服务器可以登录。"))
        except WeComError as e:
            found.append((ERROR, "邮件", f"{e}。"))
    names = [
        name for name, there in (("群机器人", w.webhook), ("智能机器人", w.bot_id), ("短信语音网关", w.gateway_url)) if there
    ]
    if not names and not settings.mail.host:
        return [(WARNING, "备用通道", "一条也没有配置，企业微信不通时只能靠人打电话。建议配短信语音网关或邮件。")]
    return [*found, (OK, "备用通道", f"已配置{'、'.join([*names, *(['邮件'] if settings.mail.host else [])])}。")]
