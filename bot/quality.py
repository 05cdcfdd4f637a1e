"""What officers' decisions say about the machine's: labelled examples folded from the chained events, and the figures made of them. Pure.

Nothing is stored a second time: an exclusion, a merge, a split, a grade, an order in a chain is the label; the opening event of the
same chain holds what the machine had said (words and rules with file and line).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from bot.store.port import StoredEvent

FALSE = ("not_local", "old_news", "unrelated", "untrue")
RULED = ("excluded", "verified", "graded", "assigned", "arbitrated", "recognised")
_HIT = re.compile(r"(?P<rule>.+)@(?P<place>[\w.-]+:\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One word or rule that counted, and the line an editor changes. `word` is empty for a rule."""

    group: str
    word: str
    place: str

    @property
    def name(self) -> str:
        return f"{self.group}/{self.word}" if self.word else self.group


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One matter with what the machine said and what people decided; empty = nobody said."""

    number: int
    title: str
    at: datetime
    alarmed_at: datetime | None
    alarm_reason: str
    said: tuple[Said, ...]
    machine_category: str
    category: str
    machine_unit: str
    ranked: tuple[str, ...]
    unit: str
    machine_level: str
    level: str
    exclusion: str
    merged_into: int | None
    split_off: int
    right: bool | None
    seen_first: datetime | None
    acknowledged_at: datetime | None

    @property
    def false_alarm(self) -> bool:
        return self.exclusion in FALSE


def said_of(reasons: Iterable[object]) -> tuple[Said, ...]:
    """``geo/滑坡@hazards.toml:53`` and ``rule@rules.toml:22``; anything else says nothing an editor could change."""
    found = []
    for reason in reasons:
        hit = _HIT.fullmatch(str(reason))
        if hit is not None:
            group, slash, word = hit["rule"].partition("/")
            found.append(Said(group=group, word=word if slash else "", place=hit["place"]))
    return tuple(dict.fromkeys(found))


def example(number: int, events: Sequence[StoredEvent]) -> Example | None:
    """The labelled example of one chain; None for a drill or a chain without an opening."""
    if not events or events[0].kind != "opened" or events[0].data.get("drill"):
        return None
    first, by_hand = events[0].data, [e for e in events if e.actor_kind == "officer"]
    machine = [e for e in events if e.actor_kind != "officer"]
    alarm = _last(events, "alarmed")
    suggested = _last(machine, "unit_suggested")
    order = _last(by_hand, "arbitrated", "assigned")
    exclusion = next((e for e in reversed(by_hand) if e.kind == "excluded" and e.data.get("confirmed")), None)
    reversed_ = exclusion and any(e.kind in ("changed", "reopened") and e.seq > exclusion.seq for e in by_hand)
    merged = _last(by_hand, "merged")
    starts: Any = first.get("starts", {})
    return Example(
        number=number,
        title=str(first.get("title", "")),
        at=events[0].at,
        alarmed_at=alarm.at if alarm else None,
        alarm_reason=str(alarm.data.get("reason", "")) if alarm else "",
        said=said_of(_list(first.get("reasons"))),
        machine_category=str(_value(_last(machine, "classified"), "category") or first.get("category", "")),
        category=str(
            _value(next((e for e in reversed(by_hand) if e.kind == "classified" and e.data.get("category")), None), "category")
        ),
        machine_unit=str(_value(suggested, "unit")),
        ranked=tuple(str(u) for u in _list(_value(suggested, "ranked"))),
        unit=str(_value(order, "unit")),
        machine_level=str(_value(_last(machine, "suggested"), "level")),
        level=str(_value(_last(events, "graded"), "level")),
        exclusion=str(exclusion.data.get("reason", "")) if exclusion and not reversed_ else "",
        merged_into=int(str(merged.data["into"])) if merged else None,
        split_off=sum(1 for e in by_hand if e.kind == "split"),
        right=_right(by_hand),
        seen_first=_instant(starts, "first_public_at"),
        acknowledged_at=next((e.at for e in by_hand if e.kind == "acknowledged"), None),
    )


def _right(by_hand: Sequence[StoredEvent]) -> bool | None:
    """Whether people took the matter up: verified in part, recognised, graded or handed to a unit. None: nobody judged it."""
    if any(e.kind in ("graded", "recognised", "assigned", "arbitrated") for e in by_hand):
        return True
    results = [e.data.get("result") for e in by_hand if e.kind == "verified"]
    return True if any(r in ("true", "partly") for r in results) else None


def _instant(starts: Any, name: str) -> datetime | None:
    value = starts.get(name) if isinstance(starts, dict) else None
    return datetime.fromisoformat(value["value"]) if isinstance(value, dict) else None


def _last(events: Sequence[StoredEvent], *kinds: str) -> StoredEvent | None:
    return next((e for e in reversed(events) if e.kind in kinds), None)


def _value(event: StoredEvent | None, key: str) -> Any:
    return event.data.get(key, "") if event is not None else ""


def _list(value: Any) -> list[object]:
    return list(value) if isinstance(value, (list, tuple)) else []


@dataclass(frozen=True, slots=True, kw_only=True)
class Precision:
    """Of the judged alarms in which `name` counted: how many right, how many false; `precision` None while none is judged."""

    name: str
    places: tuple[str, ...]
    alarms: int
    right: int
    false: int
    examples: tuple[int, ...] = ()

    @property
    def precision(self) -> float | None:
        judged = self.right + self.false
        return round(self.right / judged, 3) if judged else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How often people kept what the machine had suggested, of those they decided; `first` of `decided`, `three` in the top three."""

    decided: int
    first: int
    three: int
    changed: tuple[tuple[int, str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """The whole report as figures. Delays are medians in seconds, None = no data."""

    alarms: int
    right: int
    false: int
    unjudged: int
    by_reason: tuple[Precision, ...]
    by_rule: tuple[Precision, ...]
    by_group: tuple[Precision, ...]
    by_word: tuple[Precision, ...]
    false_alarms: tuple[Example, ...]
    unit: Agreement
    grade: Agreement
    category: Agreement
    merged: tuple[tuple[int, int], ...]
    split: tuple[int, ...]
    delay_public: float | None
    delay_alarm: float | None
    delay_ack: float | None


def quality(examples: Sequence[Example]) -> Quality:
    """Figures over the examples of a period."""
    alarms = [x for x in examples if x.alarmed_at is not None]
    false = tuple(x for x in alarms if x.false_alarm)
    right = sum(1 for x in alarms if x.right and not x.false_alarm)
    return Quality(
        alarms=len(alarms),
        right=right,
        false=len(false),
        unjudged=len(alarms) - right - len(false),
        by_reason=_precision(alarms, lambda x: ((x.alarm_reason or "无记录", "policy.toml"),)),
        by_rule=_precision(alarms, lambda x: tuple((s.group, s.place) for s in x.said if not s.word)),
        by_group=_precision(alarms, lambda x: tuple((s.group, s.place) for s in x.said if s.word)),
        by_word=_precision(alarms, lambda x: tuple((s.name, s.place) for s in x.said if s.word)),
        false_alarms=false,
        unit=_agreement([(x.number, (x.machine_unit, *x.ranked), x.unit) for x in examples]),
        grade=_agreement([(x.number, (x.machine_level,), x.level) for x in examples]),
        category=_agreement(
            [(x.number, (x.machine_category,), x.category or (x.machine_category if x.right else "")) for x in examples]
        ),
        merged=tuple((x.number, x.merged_into) for x in examples if x.merged_into is not None),
        split=tuple(x.number for x in examples if x.split_off),
        delay_public=_median((x.at, x.seen_first) for x in examples),
        delay_alarm=_median((x.alarmed_at, x.at) for x in alarms),
        delay_ack=_median((x.acknowledged_at, x.alarmed_at) for x in alarms),
    )


def _precision(alarms: Sequence[Example], names: Callable[[Example], tuple[tuple[str, str], ...]]) -> tuple[Precision, ...]:
    """Worst first: most false alarms, then the lowest precision."""
    rows: defaultdict[str, list[Example]] = defaultdict(list)
    places: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for x in alarms:
        for name, place in dict(names(x)).items():
            rows[name].append(x)
            places[name][place] = None
    found = [
        Precision(
            name=name,
            places=tuple(places[name]),
            alarms=len(hit),
            right=sum(1 for x in hit if x.right and not x.false_alarm),
            false=sum(1 for x in hit if x.false_alarm),
            examples=tuple(x.number for x in hit if x.false_alarm)[:5],
        )
        for name, hit in rows.items()
    ]
    return tuple(sorted(found, key=lambda p: (-p.false, p.precision if p.precision is not None else 2.0, -p.alarms, p.name)))


def _agreement(rows: Sequence[tuple[int, tuple[str, ...], str]]) -> Agreement:
    decided = [(n, machine, said) for n, machine, said in rows if said and machine[0]]
    wrong = tuple((n, machine[0], said) for n, machine, said in decided if machine[0] != said)
    three = sum(1 for _, machine, said in decided if said in dict.fromkeys(machine[:4]))
    return Agreement(decided=len(decided), first=len(decided) - len(wrong), three=three, changed=wrong)


def _median(pairs: Iterable[tuple[datetime | None, datetime | None]]) -> float | None:
    spans = [late - early for late, early in pairs if late is not None and early is not None]
    return median(s.total_seconds() for s in spans if s >= timedelta(0)) if any(s >= timedelta(0) for s in spans) else None
