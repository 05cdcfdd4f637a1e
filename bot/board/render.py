"""Jinja2 with autoescape: every value of a feed or a person is text, never markup."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from bot import labels


def millis(at: datetime) -> int:
    """Epoch milliseconds, for the page's own countdown."""
    return int(at.timestamp() * 1000)


def left(due: datetime, now: datetime) -> str:
    """What a countdown says before the page's script ticks."""
    delta = due - now
    return f"剩{labels.span(delta)}" if delta > timedelta(0) else f"已超{labels.span(delta)}"


def web_link(url: str) -> str:
    """The address if it is http or https, else nothing: a feed must not bring in javascript: links."""
    return url if url.startswith(("http://", "https://")) else ""


@cache
def _environment() -> Environment:
    env = Environment(
        loader=PackageLoader("bot.board", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters |= {"ms": millis, "stamp": labels.stamp, "full": labels.full, "link": web_link, "span": labels.span}
    env.globals |= {"left": left, "beijing": labels.beijing}
    return env


def html(template: str, **values: object) -> str:
    return _environment().get_template(template).render(**values)
