"""A story file in, the acts of the demo out: what feeds publish when, and what officers press and type.

TOML: `[story]` name, start, hours; `[[thread]]` one matter with `offset`, `words` (by which an officer knows its cards), `vars`,
`[[thread.post]]` (at, source, title, text), `[[thread.react]]` (who, key, after, since: presses a button of a card shown since then) and
`[[thread.say]]` (who, at, text: typed). `{name}` is replaced by a variable, `{n}` by the number the officer reads on the card.
`--seed` draws other places (`[thread.choose]`), tolls (`[thread.number]`), hours and order (`[thread.draw]`: `offset` the range of its
beginning, `shift` how long its first work takes, which one shift does to its end). What is true of a matter stands in `truth` and a
post's `states`; the product never sees them, `story.json` hands them to whoever checks a run.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from config.layers import mistake

SHIPPED = Path(__file__).parent / "story.toml"
CHANGES = (8, 20)  # hours at which shifts usually change
_SPAN = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


class StoryError(Exception):
    """The story file cannot be played; the message names the place and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    at: datetime
    source: str
    title: str
    text: str
    url: str
    states: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class React:
    """Press a button whose key, without the number, matches `key`, `after` the card arrived; once for each officer."""

    id: str
    who: str
    key: str
    after: timedelta
    since: datetime
    select: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    id: str
    who: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    id: str
    words: tuple[str, ...]
    posts: tuple[Post, ...]
    reacts: tuple[React, ...]
    says: tuple[Say, ...]
    truth: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    name: str
    start: datetime
    hours: float
    threads: tuple[Thread, ...]
    intro: tuple[str, ...] = ()

    @property
    def posts(self) -> tuple[Post, ...]:
        return tuple(sorted((p for t in self.threads for p in t.posts), key=lambda p: (p.at, p.title)))


def span(text: str) -> timedelta:
    """2h30m, 45m, 1d: a duration; StoryError on anything else."""
    m = _SPAN.fullmatch(text.strip())
    if m is None or not text.strip():
        raise StoryError(f"时长“{text}”写得不对，请写成 2h30m 或 45m。")
    days, hours, minutes, seconds = (int(x or 0) for x in m.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def _fill(text: str, values: Mapping[str, object]) -> str:
    def one(m: re.Match[str]) -> str:
        name = m.group(1)
        if name == "n":
            return m.group(0)
        if name not in values:
            raise StoryError(f"故事里用了没有定义的变量“{name}”，请在 vars 中补上。")
        return str(values[name])

    return re.sub(r"\{(\w+)\}", one, text)


def load(path: Path | None = None, seed: int | None = None) -> Story:
    """Read a story; with `seed` draw the variables, the order and the hours anew."""
    file = path or SHIPPED
    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as e:
        raise StoryError(f"读不到故事文件 {file}，请核对路径。") from e
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
        raise StoryError(f"故事文件 {file} 读不了：{mistake(e)}。请改正后再演。") from e
    try:
        return _story(raw, random.Random(seed) if seed is not None else None)
    except (KeyError, TypeError, ValueError) as e:
        raise StoryError(f"故事文件 {file} 缺少或写错了 {e}，请对照自带的 story.toml 补齐。") from e


def _story(raw: Mapping[str, Any], draw: random.Random | None) -> Story:
    head = raw["story"]
    start = datetime.fromisoformat(head["start"])
    if draw is not None:
        start += timedelta(minutes=draw.randrange(0, 7 * 24 * 60, 10))
    common = dict(head.get("vars", {}))
    drawn = [_thread(t, start, common, draw) for t in raw["thread"]]
    return Story(
        name=head["name"],
        start=start,
        hours=float(head["hours"]),
        threads=tuple(sorted(drawn, key=lambda t: t.id)),
        intro=tuple(head.get("intro", ())),
    )


def _variables(raw: Mapping[str, Any], common: Mapping[str, object], draw: random.Random | None) -> dict[str, object]:
    values = {**common, **raw.get("vars", {})}
    if draw is None:
        return values
    for name, choices in raw.get("choose", {}).items():
        picked = draw.choice(choices)
        values.update(picked if isinstance(picked, dict) else {name: picked})
    for name, (low, high) in raw.get("number", {}).items():
        values[name] = draw.randint(int(low), int(high))
    for name, terms in raw.get("sum", {}).items():
        values[name] = sum(int(str(values.get(t, t))) for t in terms)
    return values


def _beginning(raw: Mapping[str, Any], start: datetime, draw: random.Random | None) -> datetime:
    """When the matter begins. A drawn one whose first work would cross a change of shift begins just after it."""
    if draw is None:
        return start + span(raw["offset"])
    ranges = raw.get("draw", {})
    low, high = (span(x) for x in ranges.get("offset", (raw["offset"], raw["offset"])))
    zero = start + low + timedelta(minutes=draw.randrange(0, int((high - low).total_seconds() // 60) + 1))
    work = span(ranges.get("shift", "0m"))
    midnight = zero.replace(hour=0, minute=0)
    for hour in (*CHANGES, 24 + CHANGES[0]):
        change = midnight + timedelta(hours=hour)
        if zero < change < zero + work:
            return change + timedelta(minutes=5)
    return zero


def _thread(raw: Mapping[str, Any], start: datetime, common: Mapping[str, object], draw: random.Random | None) -> Thread:
    values = _variables(raw, common, draw)
    zero = _beginning(raw, start, draw)
    ident = str(raw["id"])
    values |= {"occurred": f"{zero:%m-%d %H:%M}"}

    def stamped(text: str) -> str:
        """`{+2h30m}` becomes the clock time that long after the beginning of the matter."""
        return re.sub(r"\{\+(\w+)\}", lambda m: f"{zero + span(m.group(1)):%m-%d %H:%M}", text)

    posts = tuple(
        Post(
            at=zero + span(p["at"]),
            source=p["source"],
            title=_fill(p["title"], values),
            text=_fill(p.get("text", ""), values),
            url=f"http://feed.example.invalid/{ident}/{k}",
            states={m: int(_fill(str(v), values)) for m, v in p.get("states", {}).items()},
        )
        for k, p in enumerate(raw.get("post", ()))
    )
    reacts = tuple(
        React(
            id=f"{ident}-r{k}",
            who=r["who"],
            key=_fill(r["key"], values),
            after=span(r["after"]),
            since=zero + span(r.get("since", "0m")),
            select=r.get("select", {}),
        )
        for k, r in enumerate(raw.get("react", ()))
    )
    says = tuple(
        Say(id=f"{ident}-s{k}", who=s["who"], at=zero + span(s["at"]), text=_fill(stamped(s["text"]), values))
        for k, s in enumerate(raw.get("say", ()))
    )
    words = tuple(_fill(w, values) for w in raw.get("words", ()))
    return Thread(id=ident, words=words, posts=posts, reacts=reacts, says=says, truth=raw.get("truth", {}))
