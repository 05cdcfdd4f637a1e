"""What the suggested grade of an opinion is made of (opinion.toml): media levels, lines and points, sensitive periods."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from config.tables import Table, TableError, misshapen, read_table, where

INPUTS = ("media", "platforms", "growth", "negative_share", "offline_risk", "sensitive_period")
GRADES: Mapping[str, str] = {"特别重大": "especially_major", "重大": "major", "较大": "significant"}
_DAY = re.compile(r"(?:\d{4}-)?\d{2}-\d{2}")
SHAPE = {
    "media": {str: [str]},
    "posts": {"words": [str], "least": int},
    "line": [{"input": str, "at_least": {str: int}}],
    "levels": {str: int},
    "settings": {"floor_by_emergency": bool, "growth_hours": int},
    "offline": {"words": [str]},
    "period": [{"name": str, "from": str, "to": str}],
}


class OpinionError(TableError):
    """opinion.toml is wrong; one Chinese sentence a line with where, what and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A sensitive period; `first` and `last` are MM-DD of every year or YYYY-MM-DD once."""

    name: str
    first: str
    last: str

    def covers(self, day: date) -> bool:
        text = day.isoformat() if len(self.first) > 5 else day.isoformat()[5:]
        return self.first <= text <= self.last


@dataclass(frozen=True, slots=True, kw_only=True)
class OpinionPolicy:
    """`media`: level -> words of source names and tags, the highest first; `lines`: input -> (line, points), rising."""

    media: Mapping[str, tuple[str, ...]]
    post_words: tuple[str, ...]
    least_posts: int
    lines: Mapping[str, tuple[tuple[str, int], ...]]
    levels: tuple[tuple[int, str], ...]
    floor_by_emergency: bool
    growth_hours: int
    offline_words: tuple[str, ...]
    periods: tuple[Period, ...]

    def media_level(self, name: str, tags: tuple[str, ...]) -> str:
        """Level of a source by its tags and name; empty where neither says."""
        said = (*tags, name)
        return next((level for level, words in self.media.items() if any(w in s for w in words for s in said)), "")

    def is_post(self, name: str, tags: tuple[str, ...], kind: str) -> bool:
        """Whether an item of this source is a post or comment of the public."""
        return kind not in ("hotline", "officer") and any(w in s for w in self.post_words for s in (*tags, name))


def load_opinion(*paths: Path) -> OpinionPolicy:
    """The files in order, later tables win key by key, later lines of an input and periods replace; raises OpinionError."""
    merged: dict[str, Any] = {}
    problems: list[str] = []
    for path in (p for p in paths if p.is_file()):
        table = read_table(path, OpinionError)
        problems += misshapen(table, SHAPE)
        problems += _problems(table)
        for key, value in table.data.items():
            merged[key] = {**merged.get(key, {}), **value} if isinstance(value, dict) else value
            if key == "line":
                merged["lines"] = {**merged.get("lines", {}), **{x.get("input", ""): x for x in value}}
    problems += [] if problems else _unmatched(merged, [p for p in paths if p.is_file()])
    if problems:
        raise OpinionError("\n".join(problems))
    return _policy(merged)


def _problems(table: Table) -> list[str]:
    """What is wrong inside one file."""
    out = []
    for n, line in enumerate(table.data.get("line", ())):
        name, keys = line.get("input", ""), line.get("at_least", {})
        if name not in INPUTS:
            out.append(f"{table.at('line', n, 'input')}：line 的 input {name} 不认识，可用：{'、'.join(INPUTS)}，请改正。")
        elif not keys or (name != "media" and not all(k.isdigit() for k in keys)):
            out.append(f"{table.at('line', n, 'at_least')}：line {name} 的 at_least 写法不对，请照自带的同名文件写。")
    for name in table.data.get("levels", {}):
        if name not in GRADES:
            out.append(f"{table.at('levels', name)}：levels 的 {name} 不认识，可用：{'、'.join(GRADES)}，请改正。")
    for n, x in enumerate(table.data.get("period", ())):
        ends = (x.get("from", ""), x.get("to", ""))
        if not x.get("name") or not all(_DAY.fullmatch(e) for e in ends) or ends[0] > ends[1] or len(ends[0]) != len(ends[1]):
            what = f"敏感时段 {x.get('name', '（无名）')} 要有 name，from、to 应写 月-日 或 年-月-日，且前不晚于后"
            out.append(f"{table.at('period', n)}：{what}，请改正。")
    return out


def _unmatched(raw: Mapping[str, Any], paths: Sequence[Path]) -> list[str]:
    """Media levels that get points and are no level of any file."""
    strange = [k for k in raw.get("lines", {}).get("media", {}).get("at_least", {}) if k not in raw.get("media", {})]
    return [f"{where(paths[-1])}：line media 的 at_least 写了没有的媒体级别 {k}，请在 media 中补写或改正。" for k in strange]


def _policy(raw: Mapping[str, Any]) -> OpinionPolicy:
    posts, settings = raw.get("posts", {}), raw.get("settings", {})
    return OpinionPolicy(
        media={k: tuple(v) for k, v in raw.get("media", {}).items()},
        post_words=tuple(posts.get("words", ())),
        least_posts=int(posts.get("least", 5)),
        lines={name: _rising(name, x["at_least"]) for name, x in raw.get("lines", {}).items()},
        levels=tuple(sorted(((int(v), GRADES[k]) for k, v in raw.get("levels", {}).items()), reverse=True)),
        floor_by_emergency=bool(settings.get("floor_by_emergency", True)),
        growth_hours=int(settings.get("growth_hours", 3)),
        offline_words=tuple(raw.get("offline", {}).get("words", ())),
        periods=tuple(Period(name=x["name"], first=x["from"], last=x["to"]) for x in raw.get("period", ())),
    )


def _rising(name: str, lines: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    pairs = [(key, int(points)) for key, points in lines.items()]
    return tuple(pairs) if name == "media" else tuple(sorted(pairs, key=lambda p: int(p[0])))
