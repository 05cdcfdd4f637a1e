"""Sources, scope, addresses and hours of the service."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from config import daytime
from config import vocabulary as words
from config.findings import error, warning
from config.problem import Problem
from config.schema import Settings, Source
from config.secrets import variable_of

SHORTEST, LONGEST = 30, 86_400
"""Bounds of a polling interval in seconds."""
_LISTEN = re.compile(r"[^\s:]+:\d{1,5}|\[[0-9a-fA-F:]+\]:\d{1,5}")
_ADDRESS = re.compile(r"(https?://|demo:)\S+")
SHORTEST_SECRET = 16
PASSIVE = ("none", "update_button", "update_template_card")
SECURITY = ("starttls", "tls", "none")
_MAILBOX = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+")
_WECOM = ("corpid", "agentid", "secret", "token", "aes_key")


def problems(settings: Settings) -> Iterator[Problem]:
    yield from _sources(settings)
    yield from _scope(settings)
    yield from _bot(settings)
    yield from _wecom(settings)
    yield from _mail(settings)


def _sources(settings: Settings) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for source in settings.sources:
        yield from _source(settings, source)
        if source.enabled and source.url and source.url in seen:
            yield warning(settings, "Y404", f"source {source.id}", f"地址与 {seen[source.url]} 相同。", "请停用一个。", "url")
        if source.enabled and source.url:
            seen[source.url] = source.id
    if len(settings.folders) > 1 and not any(s.enabled for s in settings.sources):
        yield warning(settings, "Y405", "source", "没有启用任何信源，只能靠人工报送。", "请在 sources.toml 中启用或补写。")


def _source(settings: Settings, source: Source) -> Iterator[Problem]:
    name = f"source {source.id}"
    if source.kind not in words.SOURCE_KINDS:
        yield error(settings, "Y401", name, f"类型 {source.kind} 不认识。", f"可用：{'、'.join(words.SOURCE_KINDS)}。", "kind")
    yield from _place(settings, source)
    if source.mapping and source.mapping not in settings.mappings:
        hint = "请在 hotline.toml 或 vendors.toml 中补写 [[mapping]]，或改用已有的代码。"
        yield error(settings, "Y407", name, f"字段对应 {source.mapping} 没有定义。", hint, "mapping")
    if not SHORTEST <= source.interval <= LONGEST:
        yield error(
            settings,
            "Y403",
            name,
            f"间隔{source.interval}秒不合适。",
            f"请写{SHORTEST}至{LONGEST}之间的秒数。",
            "interval_seconds",
        )


def _place(settings: Settings, source: Source) -> Iterator[Problem]:
    """Where the source is: an address, a folder, or, for a vendor, nothing but a key."""
    name = f"source {source.id}"
    if source.kind == "folder":
        if not re.fullmatch(r"file:/\S+", source.url):
            yield error(
                settings, "Y402", name, "目录写法不对。", "请写成 file:/var/lib/yqbot/hotline 的样子（绝对路径）。", "url"
            )
    elif source.kind == "vendor" or (source.kind == "hotline" and not source.url):
        secret = settings.ingest_secrets.get(source.id, "")
        if source.enabled and len(secret) < SHORTEST_SECRET:
            what = "推送密钥太短。" if secret else "没有推送密钥，推送会被拒绝。"
            hint = f"请设置环境变量 {variable_of(source.id)}（不少于{SHORTEST_SECRET}个字符），并告知服务商。"
            yield error(settings, "Y406", name, what, hint)
    elif not _ADDRESS.fullmatch(source.url):
        yield error(settings, "Y402", name, "地址不对。", "请写以 http:// 或 https:// 开头的完整地址。", "url")
    elif source.enabled and not source.internal and _inside(source.url):
        hint = "确属单位内网来源的请补写 internal = true，否则请改为对外的地址。"
        yield warning(settings, "Y408", name, "地址在内部网络，轮询时会被拒绝。", hint, "url")


def _inside(url: str) -> bool:
    """Whether the host is written as an address that is not of the public network. Names are looked up when polling."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or not ip_address(host).is_global
    except ValueError:
        return False


def _scope(settings: Settings) -> Iterator[Problem]:
    scope = settings.scope
    if (scope.city or scope.county) and not scope.province:
        yield error(settings, "Y411", "scope", "写了市或县，没有写省。", "请补写 province，不带“省”字也可以。", "province")


def _briefs(settings: Settings) -> Iterator[Problem]:
    begin, end = settings.bot.quiet_from, settings.bot.quiet_to
    for at in settings.bot.brief_at:
        if not _time(at):
            why = '请写成 brief_at = ["08:10", "17:30"] 的样子；不要简报就写 []。'
            yield error(settings, "Y420", "bot", f"时间 {at} 写法不对。", why, "brief_at")
        elif _at_night(settings, at):
            why = f"夜间时段（{begin}至{end}）不发简报，请改到白天。"
            yield error(settings, "Y420", "bot", f"简报时间 {at} 在夜间。", why, "brief_at")


def _time(text: str) -> bool:
    """Two digits, a colon, two digits, before midnight."""
    minutes = daytime.parse(text)
    return len(text) == 5 and minutes is not None and minutes < daytime.DAY


def _at_night(settings: Settings, text: str) -> bool:
    begin, end = settings.bot.quiet_from, settings.bot.quiet_to
    return _time(begin) and _time(end) and daytime.between(daytime.minutes_of(text), begin, end)


def _bot(settings: Settings) -> Iterator[Problem]:
    bot = settings.bot
    for key, value in (("quiet_from", bot.quiet_from), ("quiet_to", bot.quiet_to), ("quiet_forward_to", bot.quiet_forward_to)):
        if not _time(value):
            yield error(settings, "Y420", "bot", f"时间 {value} 写法不对。", "请写成 22:00 的样子。", key)
    if _time(bot.quiet_forward_to) and _at_night(settings, bot.quiet_forward_to):
        why = f"请改到夜间时段（{bot.quiet_from}至{bot.quiet_to}）以外，夜里的提醒提前到这个时刻。"
        yield error(settings, "Y420", "bot", f"提前到的时间 {bot.quiet_forward_to} 在夜间。", why, "quiet_forward_to")
    if bot.zero_report_at and not _time(bot.zero_report_at):
        why = "请写成 08:00 的样子；不要零报告就写空字符串。"
        yield error(settings, "Y420", "bot", f"时间 {bot.zero_report_at} 写法不对。", why, "zero_report_at")
    yield from _briefs(settings)
    if not _LISTEN.fullmatch(bot.listen) or int(bot.listen.rpartition(":")[2]) > 65535:
        yield error(settings, "Y421", "bot", f"监听地址 {bot.listen} 写法不对。", "请写成 127.0.0.1:8710 的样子。", "listen")
    for key, number, least in (
        ("jitter_seconds", bot.jitter_seconds, 0),
        ("push_limit", bot.push_limit, 0),
        ("push_hours", bot.push_hours, 1),
        ("watch_days", bot.watch_days, 1),
        ("lease_seconds", bot.lease_seconds, 5),
        ("original_days", bot.original_days, 1),
        ("item_days", bot.item_days, 30),
    ):
        if number < least:
            yield error(settings, "Y422", "bot", f"{key} 太小。", f"请写不小于{least}的整数。", key)
    if bot.public_url and not re.fullmatch(r"https?://\S+", bot.public_url):
        yield error(settings, "Y423", "bot", "对外地址写法不对。", "请写以 https:// 开头的完整地址。", "public_url")
    if bot.heartbeat_url and not re.fullmatch(r"https?://\S+", bot.heartbeat_url):
        yield error(
            settings, "Y423", "bot", "心跳地址写法不对。", "请写以 http:// 或 https:// 开头的完整地址。", "heartbeat_url"
        )
    for key, codes in (("thin_categories", bot.thin_categories), ("thin_until_public", bot.thin_until_public)):
        for code in codes:
            if code not in settings.categories:
                yield error(settings, "Y424", "bot", f"类别 {code} 不存在。", "请改为 categories.toml 中的代码。", key)


def _wecom(settings: Settings) -> Iterator[Problem]:
    """Either no WeCom at all, or all five values; with a smart bot in the place of the callback, three."""
    needed = _WECOM[:3] if settings.wecom.bot_id else _WECOM  # with a smart bot there need be no callback address
    given = {key: bool(getattr(settings.wecom, key)) for key in needed}
    if any(given.values()) and not all(given.values()):
        missing = "、".join(f"YQBOT_WECOM_{key.upper()}" for key, there in given.items() if not there)
        yield error(settings, "Y425", "wecom", "企业微信的参数不全，消息发不出去。", f"请补上环境变量 {missing}。")
    if settings.wecom.aes_key and len(settings.wecom.aes_key) != 43:
        yield error(settings, "Y426", "wecom", "回调密钥应为43个字符。", "请从企业微信后台重新复制 EncodingAESKey。")
    if settings.wecom.passive_card_reply not in PASSIVE:
        hint = f"可用：{'、'.join(PASSIVE)}。"
        yield error(settings, "Y427", "wecom", "按钮的即时应答写法不认识。", hint, "passive_card_reply")
    if bool(settings.wecom.bot_id) != bool(settings.wecom.bot_secret):
        hint = "请同时给出 YQBOT_WECOM_BOT_ID 和 YQBOT_WECOM_BOT_SECRET，或都不给。"
        yield error(settings, "Y428", "wecom", "智能机器人的参数不全，连接不上。", hint)


def _mail(settings: Settings) -> Iterator[Problem]:
    """E-mail is off, or it has a sender, a known way and no password in clear."""
    mail = settings.mail
    if not mail.host:
        return
    if mail.security not in SECURITY:
        yield error(settings, "Y429", "mail", "邮件加密方式不认识。", f"可用：{'、'.join(SECURITY)}。", "security")
    elif mail.security == "none" and mail.username:
        yield error(settings, "Y429", "mail", "不加密时不能登录，密码会被看到。", "请改用 starttls 或 tls。", "security")
    if not _MAILBOX.fullmatch(mail.sender):
        yield error(settings, "Y429", "mail", "没有写发件人地址，或写法不对。", "请写成 zhiban@单位域名 的样子。", "sender")
    if not any(o.email for o in settings.organisation.officers):
        yield warning(settings, "Y430", "mail", "名册里没有一个人写了邮箱，邮件无处可发。", "请给值班人员写 email。")
    for officer in settings.organisation.officers:
        if officer.email and not _MAILBOX.fullmatch(officer.email):
            yield error(settings, "Y431", f"officer {officer.userid}", "邮箱写法不对。", "请核对后改正。", "email")
