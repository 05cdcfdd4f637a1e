"""The grade of an opinion for one matter: what people gave, and the suggestion `playbooks.opinion` counts from its stored items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from bot.labels import BEIJING, LEVELS, NO_DATA, beijing, stamp
from bot.store.port import Store, StoredItem
from bot.training import models_in
from config.opinion import OpinionPolicy, load_opinion
from config.schema import Settings, Source
from config.wording import load_wording
from monitors.item import Item
from monitors.mood import Hour, Post, growth, hourly, negative_share
from monitors.sentiment import NEGATIVE, SentimentScorer
from playbooks.incident import Incident
from playbooks.opinion import OpinionInputs, OpinionVerdict, assess_opinion, given

NAMES = {
    "media": "媒体级别",
    "platforms": "出现平台",
    "growth": "增长",
    "negative_share": "帖文负面占比",
    "offline_risk": "线下行动",
    "sensitive_period": "敏感时段",
}
SHOWN_HOURS = 24
SCORED = 50_000
"""Posts whose mood is remembered; then all are forgotten."""
REASON = 100  # characters of a reason shown with the grade; the timeline has all


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """Policy and scorer of an installation, read once. `known`: what was scored, by item and its text, not scored again at each view."""

    policy: OpinionPolicy
    sentiment: SentimentScorer
    known: dict[tuple[str, str], bool] = field(default_factory=dict, compare=False)

    def negative(self, item: Item) -> bool:
        """Whether a post speaks ill of the matter."""
        said = item.text or item.title
        key = (item.id, item.fingerprint or said)
        found = self.known.get(key)
        if found is None:
            if len(self.known) >= SCORED:
                self.known.clear()
            found = self.known[key] = self.sentiment.score(said).label == NEGATIVE
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """The grade people gave: 认定 (`confirmed`) by those who may grade, else the suggestion of an officer."""

    level: str
    by: str
    who: str
    at: datetime
    reason: str
    confirmed: bool

    @property
    def word(self) -> str:
        return "认定" if self.confirmed else "建议"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpinionView:
    """`level`: the machine's suggestion; `given`: what people say. `hours`: posts by hour, oldest first."""

    level: str
    verdict: OpinionVerdict
    hours: tuple[Hour, ...]
    posts: int
    given: Given | None = None

    @property
    def rows(self) -> tuple[tuple[str, str, int], ...]:
        """(input, value, points); unknown is said."""
        return tuple((NAMES[c.input], c.value or NO_DATA, c.points) for c in self.verdict.counted)

    @property
    def headline(self) -> str:
        """认定较大 once a person ruled; else the suggestions, and that a person decides."""
        g = self.given
        if g is None:
            return f"建议{self.level}，由人定"
        return f"认定{g.level}，系统建议{self.level}" if g.confirmed else f"{g.who}建议{g.level}，系统建议{self.level}，由人定"

    @property
    def why(self) -> str:
        """One sentence: what gave points, and the floor."""
        given = [f"{name}{value}（{points}分）" for name, value, points in self.rows if points]
        text = "、".join(given) or "各项均未达线"
        return f"{text}，共{self.verdict.points}分" + ("；不低于所涉突发事件等级" if self.verdict.floor else "")

    @property
    def series(self) -> tuple[tuple[str, int, int, int], ...]:
        """(hour, posts, negative, percent) of the last hours that had posts."""
        return tuple((beijing(h.start), h.posts, h.negative, round(h.share * 100)) for h in self.hours[-SHOWN_HOURS:])


def judge_of(settings: Settings, data: Path | None = None) -> Judge:
    """Judge of an installation; `data`: the folder with models it trained itself."""
    return _judge(tuple(settings.folders), str(data) if data else "")


@lru_cache(maxsize=8)
def _judge(folders: tuple[str, ...], data: str) -> Judge:
    layers = [Path(f) for f in folders]
    model = models_in(Path(data)).sentiment if data else None
    wording = load_wording(*(f / "sentiment.toml" for f in layers))
    return Judge(policy=load_opinion(*(f / "opinion.toml" for f in layers)), sentiment=SentimentScorer(wording, model))


def view(incident: Incident, items: Sequence[StoredItem], settings: Settings, judge: Judge, now: datetime) -> OpinionView:
    """The suggestion for one matter at `now`."""
    policy, sources = judge.policy, {s.id: s for s in settings.sources}
    posts = [_post(s, judge) for s in items if _is_post(s, sources, policy)]
    inputs = OpinionInputs(
        media=_media(items, sources, policy),
        platforms=len({s.item.source for s in items}),
        growth=growth([s.item.seen_at for s in items], now, policy.growth_hours),
        negative_share=negative_share(posts, policy.least_posts),
        offline=tuple(w for w in policy.offline_words if any(w in s.item.title or w in s.item.text for s in items)),
        period=next((p.name for p in policy.periods if p.covers(now.astimezone(BEIJING).date())), ""),
        emergency=incident.level,
    )
    verdict = assess_opinion(inputs, policy)
    return OpinionView(
        level=LEVELS[verdict.level.code],
        verdict=verdict,
        hours=hourly(posts),
        posts=len(posts),
        given=_given(incident, settings),
    )


async def opinion_of(
    store: Store, incident: Incident, settings: Settings, now: datetime, data: Path | None = None
) -> OpinionView:
    """The same, read from the store."""
    return view(incident, await store.items_of(incident.number), settings, judge_of(settings, data), now)


def sentence(v: OpinionView) -> str:
    """舆情等级认定：较大（谁、何时、理由）once a person ruled; else 建议, 由人定."""
    g = v.given
    if g is None:
        return f"舆情等级建议：{v.level}（{v.why}），由人定"
    said = f"舆情等级{g.word}：{g.level}（{g.who}{stamp(g.at)}{g.word}：{g.reason}）；系统建议：{v.level}（{v.why}）"
    return said if g.confirmed else f"{said}，由人定"


def _given(i: Incident, settings: Settings) -> Given | None:
    g = given(i)
    if g is None or g.level is None:
        return None
    officer = settings.organisation.officer(g.by)
    return Given(
        level=LEVELS[g.level.code],
        by=g.by,
        who=officer.name if officer else g.by,
        at=g.at,
        reason="；".join(g.reasons)[:REASON].rstrip("。"),
        confirmed=g.confirmed,
    )


def _names(stored: StoredItem, sources: dict[str, Source]) -> tuple[str, tuple[str, ...]]:
    source = sources.get(stored.item.source)
    return (source.name, source.tags) if source else (stored.item.source, ())


def _is_post(stored: StoredItem, sources: dict[str, Source], policy: OpinionPolicy) -> bool:
    name, tags = _names(stored, sources)
    return policy.is_post(name, tags, stored.item.kind)


def _post(stored: StoredItem, judge: Judge) -> Post:
    return Post(at=stored.item.seen_at, negative=judge.negative(stored.item))


def _media(items: Sequence[StoredItem], sources: dict[str, Source], policy: OpinionPolicy) -> str:
    """The highest media level among the sources; posts of the public are no medium."""
    found = {
        policy.media_level(*_names(s, sources))
        for s in items
        if s.item.kind not in ("hotline", "officer") and not _is_post(s, sources, policy)
    }
    order = tuple(dict(policy.lines.get("media", ())))
    return max(found, key=lambda level: order.index(level) if level in order else -1, default="")
