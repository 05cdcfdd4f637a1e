"""Events of a chain as lines of an official timeline: time, what happened, who (by role), voucher number, late or not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot import labels
from bot.reports.names import Names
from bot.store.port import StoredEvent
from config.vocabulary import UPWARD
from playbooks.fold_clocks import when
from playbooks.incident import Incident

Data = Mapping[str, Any]
LATE_AFTER = timedelta(minutes=10)
"""An entry made later than this after the fact is marked 补记 (practice.md §2.13)."""

HANDLING = frozenset({"figure", "verified", "graded", "suggested", "start_set", "leader_told", "changed", "classified"})
"""Kinds of the track 事件处置; the others belong to 舆情应对 (practice.md §4 keeps the two apart)."""

QUIET = frozenset({"notified", "clock_firm", "unit_suggested"})
"""Kinds counted elsewhere that would drown a timeline."""

CLOCK_KINDS = frozenset({"clock_armed", "clock_moved", "clock_met", "clock_overdue", "clock_superseded"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """`at` is when it happened, `recorded_at` when it was entered; `handling` tells the track."""

    seq: int
    at: datetime
    recorded_at: datetime
    kind: str
    label: str
    text: str
    who: str
    handling: bool

    @property
    def late(self) -> bool:
        return self.recorded_at - self.at > LATE_AFTER


@dataclass(frozen=True, slots=True, kw_only=True)
class Teller:
    """Says what an event means for one incident."""

    incident: Incident
    names: Names

    def line(self, event: StoredEvent) -> Line:
        tell = TELL.get(event.kind)
        text = self.names.scrub(tell(self, event.data)) if tell else ""
        return Line(
            seq=event.seq,
            at=happened(event),
            recorded_at=event.at,
            kind=event.kind,
            label=_label(event),
            text=text,
            who=self.names.person(event.actor),
            handling=event.kind in HANDLING or _evidence_kind(event) in UPWARD,
        )

    def lines(self, events: Iterable[StoredEvent]) -> tuple[Line, ...]:
        """Every line worth reading, in the order things happened; only the first item of each source is told."""
        told: set[str] = set()
        out: list[Line] = []
        for event in events:
            if event.kind in QUIET or (event.kind == "joined" and not _first(event, told)) or self._minor(event):
                continue
            out.append(self.line(event))
        return tuple(sorted(out, key=lambda x: (x.at, x.seq)))

    def _minor(self, event: StoredEvent) -> bool:
        """Clocks that have their own table and no statute: internal ones and the reminders between two releases."""
        if event.kind not in CLOCK_KINDS:
            return False
        armed: Any = event.data.get("clock", {})
        found = next((c for c in self.incident.clocks if c.id == str(armed.get("id", event.data.get("id")))), None)
        return found is not None and (found.track == "internal" or found.start_kind == "last_release_at")

    def clock(self, clock_id: object) -> str:
        """Name of a clock, with its cycle where it has run before."""
        found = next((c for c in self.incident.clocks if c.id == str(clock_id)), None)
        if found is None:
            return labels.UNKNOWN
        return found.name if found.cycle <= 1 else f"{found.name}（第{found.cycle}次）"


def _first(event: StoredEvent, told: set[str]) -> bool:
    member: Any = event.data.get("member", {})
    source = str(member.get("source", ""))
    fresh = source not in told
    told.add(source)
    return fresh


def _evidence_kind(event: StoredEvent) -> str:
    evidence: Any = event.data.get("evidence")
    return str(evidence.get("kind", "")) if event.kind == "evidence" and isinstance(evidence, Mapping) else ""


def happened(event: StoredEvent) -> datetime:
    """The stated time of the fact; the entry time where none is stated."""
    evidence: Any = event.data.get("evidence")
    if event.kind == "evidence" and isinstance(evidence, Mapping) and evidence.get("at"):
        return when(evidence["at"])
    if event.kind == "noted" and event.data.get("happened_at"):
        return when(event.data["happened_at"])
    if event.kind == "attested" and event.data.get("at"):
        return when(event.data["at"])
    return event.at


def _label(event: StoredEvent) -> str:
    if event.kind == "excluded" and event.data.get("reason") == "drill_over":
        return labels.EXCLUSION_REASONS["drill_over"]
    if event.kind == "excluded" and event.data.get("confirmed"):
        return labels.EVENT_KINDS["exclusion_confirmed"]
    if event.kind == "noted":
        return labels.NOTES.get(str(event.data.get("note", "note")), labels.EVENT_KINDS["noted"])
    kind = _evidence_kind(event)
    if kind:
        return "信息报送" if kind in UPWARD else "登记发布"
    return labels.EVENT_KINDS.get(event.kind, event.kind)


def _join(*parts: str, by: str = "；") -> str:
    return by.join(p for p in parts if p)


def _opened(t: Teller, d: Data) -> str:
    return f"{d.get('title', '')}（{t.names.settings.category(str(d.get('category', 'other'))).name}）"


def _member(t: Teller, d: Data) -> str:
    m = d.get("member", {})
    return f"{t.names.source(str(m.get('source', '')))}：{m.get('title', '')}"


def _figure(t: Teller, d: Data) -> str:
    f = d.get("figure", {})
    metric = labels.METRICS.get(str(f.get("metric")), str(f.get("metric")))
    standing = labels.STANDINGS.get(str(f.get("standing")), "")
    source = t.names.source(str(f.get("source", "")))
    return f"{metric}{f.get('value')}{'万元' if f.get('metric') == 'loss' else '人'}（{standing}，{source}）"


def _level(t: Teller, d: Data) -> str:
    level = labels.LEVELS.get(str(d.get("level") or "unknown"), labels.LEVELS["unknown"])
    return _join(level, *(reason_text(str(r)) for r in d.get("reasons", ())))


_HIT = re.compile(r"(?:[\w-]+/)?(?P<word>.+)@(?P<place>[\w.-]+:\d+)")


def reason_text(reason: str) -> str:
    """A recorded reason in words; text of people stays as it is.

    ``deaths=11>=10 条款``: 遇难11，达到10（条款）; what the monitors suggest by, ``deaths=4``: 网传遇难4人; ``geo/滑坡@hazards.toml:53``: “滑坡”; ``rule@rules.toml:22``: 规则（rules.toml:22）.
    """
    head, _, source = reason.partition(" ")
    metric, equals, rest = head.partition("=")
    if equals and metric in labels.METRICS:
        value, reached, least = rest.partition(">=")
        said = f"{labels.METRICS[metric]}{value}"
        return (f"{said}，达到{least}" if reached else f"网传{said}人") + (f"（{source}）" if source else "")
    hit = _HIT.fullmatch(reason)
    if hit is None:
        return labels.ALARM_REASONS.get(reason, reason)
    return f"“{hit['word']}”" if "/" in reason else f"规则（{hit['place']}）"


def why_text(why: str) -> str:
    """Why an item joined: the hits that opened the matter, or the words it shares with it."""
    parts = [p for p in why.split("；") if p]
    if any("@" in p for p in parts):
        return "命中" + "、".join(dict.fromkeys(reason_text(p) for p in parts))
    return f"相同词：{'、'.join(parts)}" if len(parts) > 1 else why


def evidence_text(incident: Incident, names: Names, text: str) -> str:
    """Evidence of a start as people read it: an item is named by its source and title, not by its number."""
    item = next((m for m in incident.members if m.item_id == text), None)
    return names.scrub(f"{names.source(item.source)}：{item.title}" if item else text)


def _verified(t: Teller, d: Data) -> str:
    party = t.names.unit(str(d["party"])) if d.get("party") else ""
    result = labels.VERIFY_RESULTS.get(str(d.get("result")), labels.UNKNOWN)
    return _join(f"{party}：{result}" if party else result, str(d.get("source", "")))


def _start_set(t: Teller, d: Data) -> str:
    value = d.get("value", {})
    name = labels.STARTS.get(str(d.get("instant")), str(d.get("instant")))
    at = labels.beijing(when(value["value"])) if value.get("value") else labels.UNKNOWN
    return _join(f"{name}时间为{at}", f"依据：{value['evidence']}" if value.get("evidence") else "")


def _order(t: Teller, d: Data) -> str:
    others = "、".join(t.names.unit(str(u)) for u in d.get("supporting", ()))
    return t.names.unit(str(d.get("unit", ""))) + (f"牵头，{others}协办" if others else "")


def _signed(t: Teller, d: Data) -> str:
    unit = t.names.unit(str(d.get("unit", "")))
    if d.get("on_behalf"):
        return f"{unit}（值班员代签：{d['on_behalf']}）" if t.names.open_names else f"{unit}（值班员代签）"
    return unit


def _returned(t: Teller, d: Data) -> str:
    unit = t.names.unit(str(d.get("unit", "")))
    basis = f"依据：{d['basis']}" if d.get("basis") else "未写依据"
    suggested = f"建议：{d['suggested']}" if d.get("suggested") else ""
    return _join(f"{unit}：{d.get('reason', '')}", basis, suggested)


def _evidence(t: Teller, d: Data) -> str:
    e = d.get("evidence", {})
    kind = labels.EVIDENCE_KINDS.get(str(e.get("kind")), str(e.get("kind")))
    missing = "、".join(labels.REGISTER_FIELDS.get(str(m), str(m)) for m in e.get("missing", ()))
    if e.get("kind") in UPWARD:
        return str(e.get("detail") or kind)
    return _join(kind, str(e.get("url", "")), f"登记还缺{missing}" if missing else "")


def _attested(t: Teller, d: Data) -> str:
    gate = labels.GATES.get(str(d.get("gate")), str(d.get("gate")))
    return f"{gate}已办（{d.get('name')}）" if t.names.open_names else f"{gate}已办（署名见附件）"


def _excluded(t: Teller, d: Data) -> str:
    if d.get("rejected"):
        return "不同意排除，继续处置"
    if d.get("reason") == "drill_over":  # the label says it
        return ""
    reason = labels.EXCLUSION_REASONS.get(str(d.get("reason")), str(d.get("reason", "")))
    return reason if d.get("confirmed") else f"拟以“{reason}”排除，待带班领导确认"


def _proposed(t: Teller, d: Data) -> str:
    return f"{labels.EVENT_KINDS.get(str(d.get('event')), '更正')}待第二人复核"


def _armed(t: Teller, d: Data) -> str:
    c = d.get("clock", {})
    due = labels.beijing(when(c["due_at"])) if c.get("due_at") else labels.UNKNOWN
    start = labels.STARTS.get(str(c.get("start_kind")), str(c.get("start_kind")))
    mark = "（预置，若升级适用）" if c.get("latent") else "（认定前先按此）" if c.get("provisional") else ""
    return f"{c.get('name', '')}{mark}：自{start}起算，{due}前"


def _met(t: Teller, d: Data) -> str:
    on_time = labels.CLOCK_STATES.get(str(d.get("state")), "")
    at = f"，{labels.beijing(when(d['satisfied_at']))}" if d.get("satisfied_at") else ""
    return f"{t.clock(d.get('id'))}：{on_time}{at}"


def _overdue(t: Teller, d: Data) -> str:
    return f"{t.clock(d.get('id'))}{'：提级时已届满' if d.get('by_regrade') else '：到时未登记'}"


def _outcome(t: Teller, d: Data) -> str:
    outcome = str(d.get("outcome", ""))
    return _join(f"{t.clock(d.get('id'))}：{labels.OUTCOMES.get(outcome, outcome)}", str(d.get("basis", "")))


def _reason(t: Teller, d: Data) -> str:
    return reason_text(str(d.get("reason", "")))


def _moved(t: Teller, d: Data) -> str:
    return f"{t.clock(d.get('id'))}改为{labels.beijing(when(d['due_at']))}前" if d.get("due_at") else t.clock(d.get("id"))


TELL: Mapping[str, Callable[[Teller, Data], str]] = {
    "opened": _opened,
    "joined": _member,
    "alarmed": _reason,
    "figure": _figure,
    "classified": lambda t, d: t.names.settings.category(str(d.get("category", t.incident.category))).name,
    "suggested": _level,
    "graded": _level,
    "opinion_suggested": _level,
    "opinion_graded": _level,
    "verified": _verified,
    "recognised": _reason,
    "not_public": _reason,
    "start_set": _start_set,
    "assigned": _order,
    "arbitrated": lambda t, d: f"由{_order(t, d)}" + ("" if d.get("supporting") else "牵头"),
    "signed": _signed,
    "returned": _returned,
    "evidence": _evidence,
    "attested": _attested,
    "noted": lambda t, d: str(d.get("text", "")),
    "explained": lambda t, d: _join(t.clock(d.get("id")), str(d.get("text", ""))),
    "excluded": _excluded,
    "proposed": _proposed,
    "seconded": lambda t, d: "同意" if d.get("agreed") else "不同意",
    "changed": _reason,
    "closed": _reason,
    "reopened": _reason,
    "merged": lambda t, d: f"并入{d.get('into')}号",
    "clock_armed": _armed,
    "clock_moved": _moved,
    "clock_met": _met,
    "clock_overdue": _overdue,
    "clock_superseded": _outcome,
    "outcome": _outcome,
    "waived": _outcome,
}


def split(lines: Sequence[Line]) -> tuple[tuple[Line, ...], tuple[Line, ...]]:
    """事件处置 and 舆情应对, kept apart."""
    return tuple(x for x in lines if x.handling), tuple(x for x in lines if not x.handling)
