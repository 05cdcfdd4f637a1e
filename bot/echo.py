"""What was recorded, said back in the reply: a tired person sees at once what he mistyped (pure).

The words follow the sentence of `bot.replies.DONE`; matters of thin categories are not said back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from bot import labels, texts
from config.schema import Settings
from playbooks.fold_clocks import when
from playbooks.incident import Event, Incident

Data = Mapping[str, Any]
Said = Callable[[Incident, Data, Settings, datetime], str]


def said_back(incident: Incident, events: Sequence[Event], kind: str, settings: Settings, now: datetime) -> str:
    """``：遇难4人、失联7人（核定）`` for the events of one kind; empty where there is nothing to say."""
    tell = TELL.get(kind)
    if tell is None or texts.thin(incident, settings):
        return ""
    found = dict.fromkeys(text for e in events if e.kind == kind and (text := tell(incident, e.data, settings, now)))
    return f"：{'、'.join(found)}" if found else ""


def _figure(i: Incident, d: Data, s: Settings, now: datetime) -> str:
    f = d.get("figure", {})
    metric = str(f.get("metric", ""))
    unit = "万元" if metric == "loss" else "人"
    standing = labels.STANDINGS.get(str(f.get("standing")), "")
    return f"{labels.METRICS.get(metric, metric)}{f.get('value')}{unit}" + (f"（{standing}）" if standing else "")


def _level(i: Incident, d: Data, s: Settings, now: datetime) -> str:
    return labels.LEVELS.get(str(d.get("level") or ""), "")


def _verified(i: Incident, d: Data, s: Settings, now: datetime) -> str:
    return labels.VERIFY_RESULTS.get(str(d.get("result")), "")


def _start(i: Incident, d: Data, s: Settings, now: datetime) -> str:
    value = d.get("value", {})
    name = labels.STARTS.get(str(d.get("instant")), "")
    return f"{name}{labels.beijing(when(value['value']), now)}" if value.get("value") else ""


def _order(i: Incident, d: Data, s: Settings, now: datetime) -> str:
    lead = texts.unit_name(str(d.get("unit", "")), s)
    others = "、".join(texts.unit_name(str(u), s) for u in d.get("supporting", ()))
    return f"{lead}牵头，{others}配合" if others else lead


def _evidence(i: Incident, d: Data, s: Settings, now: datetime) -> str:
    e = d.get("evidence", {})
    kind = _report(i, str(e.get("id"))) or labels.EVIDENCE_KINDS.get(str(e.get("kind")), "")
    return f"{kind} {labels.beijing(when(e['at']), now)}" if kind and e.get("at") else kind


def _report(i: Incident, ident: str) -> str:
    """首报, or which 续报 it is; empty for any other evidence."""
    told = [e.id for e in i.evidence if e.kind == "upward_reported"]
    if ident not in told:
        return ""
    return f"续报{told.index(ident)}" if told.index(ident) else "首报"


def _gate(i: Incident, d: Data, s: Settings, now: datetime) -> str:
    return f"{labels.GATES.get(str(d.get('gate')), '')} {d.get('name', '')}".strip()


def _excluded(i: Incident, d: Data, s: Settings, now: datetime) -> str:
    reason = labels.EXCLUSION_REASONS.get(str(d.get("reason")), "")
    return (
        reason if d.get("confirmed") or d.get("rejected") else f"{reason}（有伤亡的说法，须带班领导确认才生效，确认前时限照走）"
    )


def _category(i: Incident, d: Data, s: Settings, now: datetime) -> str:
    return s.category(str(d["category"])).name if d.get("category") else ""


QUOTED = 24
"""Characters of a note that are enough to see that it is the right one."""


TYPED = ("late_entry", "referral", "talking_points", "note", "phoned", "followup")
"""Kinds of notes that are a person's own words."""


def _note(i: Incident, d: Data, s: Settings, now: datetime) -> str:
    """``补记 02:20 已电话报县长``: what goes into the record, so that a slip is seen at once."""
    kind, words = str(d.get("note")), str(d.get("text", ""))
    if kind not in TYPED:
        return ""
    at = f"{labels.beijing(when(d['happened_at']), now)} " if d.get("happened_at") else ""
    brief = words if len(words) <= QUOTED else f"{words[:QUOTED]}…"
    return f"{'' if kind == 'phoned' else labels.NOTES[kind]} {at}{brief}".strip()


def _merged(i: Incident, d: Data, s: Settings, now: datetime) -> str:
    return f"并入{d.get('into')}号"


TELL: Mapping[str, Said] = {
    "figure": _figure,
    "graded": _level,
    "suggested": _level,
    "opinion_graded": _level,
    "verified": _verified,
    "start_set": _start,
    "assigned": _order,
    "arbitrated": _order,
    "evidence": _evidence,
    "attested": _gate,
    "excluded": _excluded,
    "classified": _category,
    "noted": _note,
    "merged": _merged,
}
