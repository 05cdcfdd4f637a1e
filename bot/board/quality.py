"""How often the machine was right, for the press office: precision by rule and word, and the words behind every false alarm. Read only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from aiohttp import web

from bot import labels, texts
from bot.board.access import Handler, Visitor
from bot.cli_quality import examples_of
from bot.quality import Agreement, Example, Precision, Quality, quality
from config.schema import Settings

if TYPE_CHECKING:
    from bot.board.pages import Board

PERIODS: Final = {"30": "近30天", "90": "近90天", "365": "近一年"}
USUAL: Final = "90"
NEWEST: Final = 2_000
"""Matters looked at; older ones are for `yqbot report quality`."""
WORDS: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """One rule, group or word. `rate` is a percentage or 无数据."""

    name: str
    alarms: int
    right: int
    false: int
    rate: str
    cases: tuple[int, ...]
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityPage:
    """`facts`: label and value; `tables`: title and rows, those with most false alarms first; `false`: number, why, title, words."""

    facts: tuple[tuple[str, str], ...]
    tables: tuple[tuple[str, tuple[Rate, ...]], ...]
    false: tuple[tuple[int, str, str, tuple[tuple[str, str], ...]], ...]
    agreed: tuple[tuple[str, str, tuple[tuple[int, str, str], ...]], ...]
    merged: tuple[tuple[int, int], ...]
    split: tuple[int, ...]


def view(q: Quality, settings: Settings) -> QualityPage:
    """The page of these figures."""
    judged = q.right + q.false
    return QualityPage(
        facts=(
            ("提醒", f"{q.alarms}件"),
            ("属实或已办", f"{q.right}件"),
            ("误报", f"{q.false}件"),
            ("尚无人判断", f"{q.unjudged}件"),
            ("准确率", f"{q.right / judged:.0%}" if judged else labels.NO_DATA),
            ("首次公开到发现", _span(q.delay_public)),
            ("发现到提醒", _span(q.delay_alarm)),
            ("提醒到点收到", _span(q.delay_ack)),
        ),
        tables=(
            ("按提醒依据", tuple(_rate(p, labels.ALARM_REASONS.get(p.name, p.name)) for p in q.by_reason)),
            ("按规则", tuple(_rate(p) for p in q.by_rule)),
            ("按词组", tuple(_rate(p) for p in q.by_group)),
            ("按词", tuple(_rate(p) for p in q.by_word[:WORDS])),
        ),
        false=tuple(_false(x) for x in q.false_alarms),
        agreed=(
            _agreed("承办单位", q.unit, {u.code: texts.unit_name(u.code, settings) for u in settings.organisation.units}),
            _agreed("等级", q.grade, dict(labels.LEVELS)),
            _agreed("类别", q.category, {c.code: c.name for c in settings.categories.values()}),
        ),
        merged=q.merged,
        split=q.split,
    )


def _span(seconds: float | None) -> str:
    return labels.NO_DATA if seconds is None else labels.span(timedelta(seconds=seconds))


def _rate(p: Precision, name: str = "") -> Rate:
    rate = f"{p.precision:.0%}" if p.precision is not None else labels.NO_DATA
    return Rate(
        name=name or p.name, alarms=p.alarms, right=p.right, false=p.false, rate=rate, cases=p.examples, places=p.places[:3]
    )


def _false(x: Example) -> tuple[int, str, str, tuple[tuple[str, str], ...]]:
    why = labels.EXCLUSION_REASONS.get(x.exclusion, x.exclusion)
    return x.number, why, x.title, tuple((s.name, s.place) for s in x.said)


def _agreed(what: str, a: Agreement, names: dict[str, str]) -> tuple[str, str, tuple[tuple[int, str, str], ...]]:
    said = f"人定{a.decided}件，与建议一致{a.first}件" if a.decided else labels.NO_DATA
    return what, said, tuple((n, names.get(m, m), names.get(s, s)) for n, m, s in a.changed[:10])


def since_of(period: str, now: datetime) -> datetime:
    """The first instant of a period, the usual one where it is none of the known."""
    return now - timedelta(days=int(period if period in PERIODS else USUAL))


def page(board: Board) -> Handler:
    """The handler of `/quality`."""

    async def show(request: web.Request, who: Visitor) -> web.StreamResponse:
        deps, period = board.deps, request.query.get("days", USUAL)
        now = deps.clock.now()
        examples = await examples_of(deps.store, since_of(period, now), NEWEST)
        shown = view(quality(examples), deps.settings)
        return board.draw(request, who, "quality", view=shown, periods=PERIODS, period=period if period in PERIODS else USUAL)

    return show
