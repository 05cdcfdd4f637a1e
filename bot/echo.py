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
Said = Callable[[Data, Settings, datetime], str]


def said_back(incident: Incident, events: Sequence[Event], kind: str, settings: Settings, now: datetime) -> str:
    """``：遇难4人、失联7人（核定）`` for the events of one kind; empty where there is nothing to say."""
    tell = TELL.get(kind)
    if tell is None or texts.thin(incident, settings):
        return ""
    found = dict.fromkeys(text for e in events if e.kind == kind and (text := tell(e.data, settings, now)))
    return f"：{'、'.join(found)}" if found else ""


def _figure(d: Data, s: Settings, now: datetime) -> str:
    f = d.get("figure", {})
    metric = str(f.get("metric", ""))
    unit = "万元" if metric == "loss" else "人"
    standing = labels.STANDINGS.get(str(f.get("standing")), "")
    return f"{labels.METRICS.get(metric, metric)}{f.get('value')}{unit}" + (f"（{standing}）" if standing else "")


def _level(d: Data, s: Settings, now: datetime) -> str:
    return labels.LEVELS.get(str(d.get("level") or ""), "")


def _verified(d: Data, s: Settings, now: datetime) -> str:
    return labels.VERIFY_RESULTS.get(str(d.get("result")), "")


def _start(d: Data, s: Settings, now: datetime) -> str:
    value = d.get("value", {})
    name = labels.STARTS.get(str(d.get("instant")), "")
    return f"{name}{labels.beijing(when(value['value']), now)}" if value.get("value") else ""


def _order(d: Data, s: Settings, now: datetime) -> str:
    lead = texts.unit_name(str(d.get("unit", "")), s)
    others = "、".join(texts.unit_name(str(u), s) for u in d.get("supporting", ()))
    return f"{lead}牵头，{others}配合" if others else lead


def _evidence(d: Data, s: Settings, now: datetime) -> str:
    e = d.get("evidence", {})
    kind = labels.EVIDENCE_KINDS.get(str(e.get("kind")), "")
    return f"{kind} {labels.beijing(when(e['at']), now)}" if kind and e.get("at") else kind


def _gate(d: Data, s: Settings, now: datetime) -> str:
    return f"{labels.GATES.get(str(d.get('gate')), '')} {d.get('name', '')}".strip()


def _excluded(d: Data, s: Settings, now: datetime) -> str:
    reason = labels.EXCLUSION_REASONS.get(str(d.get("reason")), "")
    return (
        reason if d.get("confirmed") or d.get("rejected") else f"{reason}（有伤亡的说法，须带班领导确认才生效，确认前时限照走）"
    )


def _category(d: Data, s: Settings, now: datetime) -> str:
    return s.category(str(d["category"])).name if d.get("category") else ""


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
}
