"""The demo's feed server: real RSS and hot-list JSON over HTTP with ETag, showing what the story has published by now."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable
from datetime import datetime
from email.utils import format_datetime
from xml.sax.saxutils import escape

from aiohttp import web

from bot.demo.story import Post, Story

KEEP = 50


def routes(story: Story, now: Callable[[], datetime]) -> list[web.RouteDef]:
    """GET /{source}.xml (RSS 2.0), /{source}.json (hot list) and /{source}.csv (hotline work orders)."""

    def shown(source: str) -> list[Post]:
        return [p for p in story.posts if p.source == source and p.at <= now()][-KEEP:]

    async def rss(request: web.Request) -> web.Response:
        source = request.match_info["source"]
        items = "".join(_item(p) for p in reversed(shown(source)))
        body = f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>{escape(source)}</title>{items}</channel></rss>'
        return _conditional(request, body.encode(), "application/rss+xml")

    async def hotlist(request: web.Request) -> web.Response:
        posts = list(reversed(shown(request.match_info["source"])))
        rows = [{"id": p.url, "title": p.title, "url": p.url, "extra": {"info": p.text}} for p in posts]
        body = json.dumps({"status": "success", "items": rows}, ensure_ascii=False)
        return _conditional(request, body.encode(), "application/json")

    async def orders(request: web.Request) -> web.Response:
        out = io.StringIO()
        table = csv.writer(out)
        table.writerow(["工单编号", "标题", "诉求内容", "受理时间"])
        for p in shown(request.match_info["source"]):
            table.writerow(
                [p.url.rsplit("/", 2)[-2] + "-" + p.url.rsplit("/", 1)[-1], p.title, p.text, f"{p.at:%Y-%m-%d %H:%M:%S}"]
            )
        return _conditional(request, out.getvalue().encode(), "text/csv")

    return [web.get("/{source}.xml", rss), web.get("/{source}.json", hotlist), web.get("/{source}.csv", orders)]


def _item(p: Post) -> str:
    return (
        f"<item><guid isPermaLink='false'>{escape(p.url)}</guid><title>{escape(p.title)}</title><link>{escape(p.url)}</link>"
        f"<pubDate>{format_datetime(p.at)}</pubDate><description>{escape(p.text)}</description></item>"
    )


def _conditional(request: web.Request, body: bytes, content_type: str) -> web.Response:
    tag = '"' + hashlib.sha256(body).hexdigest()[:24] + '"'
    if request.headers.get("If-None-Match") == tag:
        return web.Response(status=304, headers={"ETag": tag})
    return web.Response(body=body, content_type=content_type, charset="utf-8", headers={"ETag": tag})
