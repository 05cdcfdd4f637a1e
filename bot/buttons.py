"""Which buttons a person gets now: by state, role and the kind of card. Keys are `number|action|argument`.

Every press goes through `playbooks.lifecycle`, so a stale key can do no harm: it is answered with the present state.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot import labels
from bot.fields import unit_named
from config.schema import Settings
from playbooks.actions import still_owed
from playbooks.fold import RELEASES, returned_turns
from playbooks.incident import ENDED, ClockState, Incident

DUTY = {"duty_officer", "deputy_duty", "duty_leader"}
PHONED = "phoned"
CALLED = 3
"""People a card asks to telephone at most."""
PRIMARY, SECOND, NEUTRAL, NEGATIVE = 1, 2, 3, 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    text: str
    key: str
    style: int = SECOND


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Buttons, and at most one dropdown whose choice comes with the press."""

    buttons: tuple[Press, ...] = ()
    question: str = ""
    label: str = ""
    options: tuple[tuple[str, str], ...] = ()


def _key(i: Incident, *parts: str) -> str:
    return "|".join((str(i.number), *parts))


def offers(i: Incident, kind: str, settings: Settings, roles: tuple[str, ...], unit: str) -> Offer:
    """What this person may press on this card."""
    held = set(roles)
    if i.status in ENDED:
        return Offer()
    if kind == "exclusion" and held & {"duty_leader", "press_office"}:
        return Offer(buttons=(_b(i, "同意排除", "confirm_exclude", PRIMARY), _b(i, "不同意", "reject_exclude", NEGATIVE)))
    if kind == "second":
        return Offer(buttons=(_b(i, "同意", "second|yes", PRIMARY), _b(i, "不同意", "second|no", NEGATIVE)))
    if kind == "arbitrate" and "arbiter" in held:
        return _arbiter(i, settings)
    if unit and unit == i.primary_unit and not held & DUTY:
        return _unit(i)
    if held & DUTY:
        return _duty(i, kind, settings, held)
    if held & {"press_office"}:
        return _press_office(i)
    return Offer(buttons=() if not i.open else (_b(i, "收到", "acknowledge", PRIMARY),))


def _b(i: Incident, text: str, action: str, style: int = SECOND) -> Press:
    return Press(text=text, key=_key(i, *action.split("|")), style=style)


def _duty(i: Incident, kind: str, settings: Settings, held: set[str]) -> Offer:
    offer = _at_hand(i, settings, held)
    return replace(offer, buttons=_owed_first(i, offer.buttons)) if kind == "upward" else offer


def _owed_first(i: Incident, usual: Sequence[Press]) -> tuple[Press, ...]:
    """A card that asks for a report upward begins with what records it."""
    owed = [
        _b(i, text, action, PRIMARY)
        for code, text, action in (
            ("upward_report", "已报总值班室", "report_up"),
            ("upward_written", "书面已报", "report_written"),
        )
        if i.running(code) is not None
    ]
    keys = {p.key for p in owed}
    return (*owed, *(p for p in usual if p.key not in keys))[:6]


def _at_hand(i: Incident, settings: Settings, held: set[str]) -> Offer:
    """What the watch can do in the state of the matter; who leads it does not report to himself by telephone."""
    offer = _of_state(i, settings, held)
    if "duty_leader" not in held or "duty_officer" in held:
        return offer
    return replace(offer, buttons=tuple(b for b in offer.buttons if not b.key.endswith("|tell_leader")))


def _of_state(i: Incident, settings: Settings, held: set[str]) -> Offer:
    if not i.verifications:
        return Offer(buttons=_verifying(i, settings))
    if _awaits_ruling(i):
        return _arbiter(i, settings) if "duty_leader" in held else Offer(buttons=_beside_ruling(i))
    if i.primary_unit:
        return Offer(buttons=_running(i, settings, held))
    return _assigning(i, settings, held)


def _verifying(i: Incident, settings: Settings) -> tuple[Press, ...]:
    out = [] if i.acknowledgements else [_b(i, "收到", "acknowledge", PRIMARY)]
    if i.high_consequence:
        out += _two_parties(i, settings)
    else:
        out += [_b(i, "核实：属实", "verify|true"), _b(i, "核实：不实", "verify|false")]
        if i.acknowledgements:
            out += [_b(i, "部分属实", "verify|partly"), _b(i, "无法核实", "verify|unverifiable")]
    out.append(_b(i, "非本地／旧闻", "ask_exclude", NEUTRAL))
    out += [] if i.leader_told else [_b(i, "已电话报带班", "tell_leader")]
    return (*out, *_reported(i))[:6]


def _reported(i: Incident, *, again: bool = False) -> tuple[Press, ...]:
    """The report upward that is owed: by telephone, then in writing where that has its own limit; `again`: once told, 续报."""
    told = any(e.kind == "upward_reported" for e in i.evidence)
    if told and i.running("upward_written") is not None:
        return (_b(i, "书面已报", "report_written"),)
    if told and again:
        return (_b(i, "续报已报", "report_up|续报"),)
    return (_b(i, "已报总值班室", "report_up"),) if i.running("upward_report") is not None else ()


def _two_parties(i: Incident, settings: Settings) -> list[Press]:
    """On site and competent unit say 正常, or something is wrong (practice.md §2.15, rumour card)."""
    unit = settings.organisation.unit(i.suggested_unit)
    name = (unit.short or unit.name) if unit else "主管"
    done = {v.party for v in i.verifications}
    out = [_b(i, "现场：正常", "verify|false|site")] if "site" not in done else []
    if i.suggested_unit not in done:
        out.append(_b(i, f"{name[:6]}：正常", f"verify|false|{i.suggested_unit or 'unit'}"))
    out.append(_b(i, "有异常", "verify|true|site", NEGATIVE))
    return out


def _assigning(i: Incident, settings: Settings, held: set[str]) -> Offer:
    codes = _units_to_choose(i, settings)[:10]
    options = tuple((c, (u.short or u.name)[:10]) for c in codes if (u := settings.organisation.unit(c)))
    buttons = [_b(i, "交办", "assign", PRIMARY), _b(i, "认定应回应", "recognise")]
    if i.high_consequence and len(i.verifications) < 2:
        buttons[1:1] = _two_parties(i, settings)[:2]
    buttons += [_b(i, "登记发布", "ask_release"), _b(i, "情况有变", "change", NEGATIVE)]
    buttons += [_b(i, "已电话报带班", "tell_leader")] if not i.leader_told else _reported(i)
    buttons += _grading(i, held)
    return Offer(buttons=tuple(buttons[:6]), question="unit", label="承办单位", options=options)


def _units_to_choose(i: Incident, settings: Settings) -> list[str]:
    """Codes in the order of the dropdown: whom a unit named that gave it back, then the suggested ones; who gave it back stands last."""
    back = [turn for turn in i.assignments if turn.returned_at is not None]
    named = [unit_named(turn.suggested, settings) for turn in reversed(back)]
    rest = (unit.code for unit in settings.organisation.units)
    gave_back = {turn.unit for turn in back}
    codes = dict.fromkeys(code for code in (*named, i.suggested_unit, *i.unit_candidates, *rest) if code)
    return sorted(codes, key=lambda code: code in gave_back)


def _awaits_ruling(i: Incident) -> bool:
    """Two units gave it back and nobody has it: the lead is named by ruling, not by assigning it a third time."""
    turn = i.assignment
    return returned_turns(i) >= 2 and (turn is None or turn.returned_at is not None)


def _beside_ruling(i: Incident) -> tuple[Press, ...]:
    """What the duty officer can do while the ruling is awaited: the clock runs on."""
    out = [_b(i, "已电话报带班", "tell_leader", PRIMARY)] if not i.leader_told else []
    return (*out, *_reported(i, again=True), _b(i, "登记发布", "ask_release"), _b(i, "情况有变", "change", NEGATIVE))


def _half_verified(i: Incident) -> bool:
    """A grave rumour that one party called untrue and a second has not yet."""
    return i.high_consequence and len(i.verifications) < 2 and all(v.result == "false" for v in i.verifications)


def _running(i: Incident, settings: Settings, held: set[str]) -> tuple[Press, ...]:
    late = any(c.state is ClockState.OVERDUE and c.track == "public" for c in i.clocks)
    turn = i.assignment
    out = _two_parties(i, settings)[:1] if _half_verified(i) else []
    if "duty_leader" in held and _closable(i):
        out.append(_b(i, "办结", "close"))
    out.append(_b(i, "登记发布", "ask_release", PRIMARY))
    if late and "duty_leader" in held:
        out.append(_b(i, "说明原因", "ask_explain", NEGATIVE))
    if turn and turn.open:
        out.append(_b(i, "代签收", "ask_sign"))
    out.append(_b(i, "情况有变", "change", NEGATIVE))
    out += _reported(i, again=True)
    out += _grading(i, held)
    return tuple(out[:6])


def _closable(i: Incident) -> bool:
    """Something went out and nothing more is owed: 办结 would not be refused."""
    return any(e.kind in RELEASES for e in i.evidence) and not still_owed(i)


def telephoned(i: Incident, offer: Offer, calls: Sequence[str]) -> Offer:
    """The card asks for a telephone call: its first button records that it was made, and to whom (practice.md §1)."""
    whom = "；".join(c.replace("|", " ") for c in calls[:CALLED])
    return replace(offer, buttons=(_b(i, "已电话报告", f"{PHONED}|{whom}", PRIMARY), *offer.buttons[:5]))


def _grading(i: Incident, held: set[str]) -> list[Press]:
    """定级 for those who may, 建议等级 for the duty officer, while nobody has graded; an emergency only."""
    if i.confirmed or i.label != "E":
        return []
    return [_b(i, "定级" if held & {"duty_leader"} else "建议等级", "ask_grade")]


def _unit(i: Incident) -> Offer:
    turn = i.assignment
    if turn and turn.open:
        return Offer(buttons=(_b(i, "签收", "sign", PRIMARY), _b(i, "退回", "ask_return", NEGATIVE)))
    done = {a.gate for a in i.attestations}
    out = [_b(i, "登记发布", "ask_release", PRIMARY)]
    out += [_b(i, f"{labels.GATES[g]}已办", f"attest|{g}") for g in ("countersign", "secrecy", "approval") if g not in done]
    out += [_b(i, "补数据", "ask_figure"), _b(i, "有困难", "ask_note")]
    return Offer(buttons=tuple(out[:6]))


def _press_office(i: Incident) -> Offer:
    out = [_b(i, "收到", "acknowledge")] if not i.acknowledgements else []
    out += [_b(i, "登记发布", "ask_release", PRIMARY), _b(i, "口径", "ask_points")]
    out += [_b(i, "定级", "ask_grade")] if i.label == "E" and not i.confirmed and i.verifications else []
    if any(c.state is ClockState.OVERDUE and c.track == "public" for c in i.clocks):
        out.append(_b(i, "说明原因", "ask_explain", NEGATIVE))
    if _closable(i):
        out.append(_b(i, "办结", "close", NEUTRAL))
    return Offer(buttons=tuple(out[:6]))


def _arbiter(i: Incident, settings: Settings) -> Offer:
    codes = list(dict.fromkeys(t.unit for t in i.assignments if t.returned_at))
    names = [(c, u.short or u.name) for c in codes if (u := settings.organisation.unit(c))]
    out = [_b(i, f"{name[:7]}牵头", f"arbitrate|{code}", PRIMARY) for code, name in names[:4]]
    return Offer(buttons=(*out, _b(i, "再问依据", "ask_note", NEUTRAL)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """The second stage of an action: the card asks one thing, a press answers it. `typed` says how to do it in words."""

    desc: str
    sub: str
    choices: tuple[tuple[str, str], ...]


STAGES: Mapping[str, Stage] = {
    "ask_exclude": Stage(
        desc="请选排除原因",
        sub="涉伤亡或重大隐患的，由带班领导确认后才排除。查实为不实信息的，应当澄清并移送，不能排除。",
        choices=tuple(
            (labels.EXCLUSION_REASONS[r], f"exclude|{r}") for r in ("not_local", "old_news", "duplicate", "unrelated")
        ),
    ),
    "ask_release": Stage(
        desc="请选已经发布或召开的",
        sub="只登记已经发出、已经召开的。以现在为发布时间；更早发布的请回：已发布 {n} 网址 时间。网址、审核人等可随后补登。",
        choices=(
            ("权威信息已发", "release|authoritative_info"),
            ("发布会已开", "release|press_conference"),
            ("回应已发", "release|online_reply"),
            ("滚动发布", "release|rolling_release"),
            ("上级已发", "ask_superior"),
        ),
    ),
    "ask_grade": Stage(
        desc="请选等级",
        sub="指挥部、带班领导或新闻办为定级，值班员为建议等级。依据写在记录里的请回：定级 {n} 等级 依据。时限自原起点计算。",
        choices=tuple(
            (labels.LEVELS[code], f"grade|{code}") for code in ("especially_major", "major", "significant", "general")
        ),
    ),
    "ask_explain": Stage(
        desc="请选没有按时发布的原因",
        sub="签认后逾期提醒停止，评估报告如实列出。其他原因请回：说明 {n} 原因和预计时间。",
        choices=(
            ("事实未核清", "explain|事实未核清"),
            ("稿件待审定", "explain|稿件待审定"),
            ("等上级口径", "explain|等上级统一口径"),
        ),
    ),
    "ask_return": Stage(
        desc="请选退回理由",
        sub="每个单位只能退回一次，时限不停。要写依据和建议单位的请回：退回 {n} 理由；依据；建议单位。",
        choices=(
            ("不属本单位职责", "return|不属本单位职责"),
            ("不在本辖区", "return|不在本辖区"),
            ("应他单位牵头", "return|应由其他单位牵头"),
        ),
    ),
}


def stage_offer(i: Incident, action: str) -> Offer:
    """Buttons of a second stage, and the way back."""
    out = [
        _b(i, text, key, PRIMARY if key.startswith(("release", "grade")) else SECOND) for text, key in STAGES[action].choices
    ]
    return Offer(buttons=(*out, _b(i, "返回", "state", NEUTRAL)))
