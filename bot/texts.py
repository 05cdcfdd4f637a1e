"""Chinese sentences of cards. One place, so that an editor can read how the product speaks (practice.md §3 gives the models)."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot import labels
from bot.labels import BEIJING, beijing, deadline
from config.schema import Level, Settings
from playbooks.incident import Clock, Incident
from playbooks.rumours import untrue
from playbooks.stuck import stuck

METRICS = {
    "deaths": "遇难",
    "missing": "失联",
    "trapped": "被困",
    "injured": "受伤",
    "poisoned": "中毒",
    "evacuated": "转移",
}
CLOCKS = {
    "first_statement_5h": ("权威信息", "发布权威信息"),
    "press_conference_24h": ("发布会", "召开新闻发布会"),
    "response_48h": ("回应", "予以回应"),
    "continuing_release": ("滚动发布", "滚动发布"),
    "upward_report": ("首报", "电话报总值班室"),
    "upward_written": ("书面报", "书面报总值班室"),
    "acknowledge": ("收到", "点“收到”"),
    "verify": ("核实", "两方核实"),
    "sign": ("签收", "签收或退回"),
    "arbitrate": ("裁定", "指定牵头单位"),
    "petition_notice": ("信访告知", "告知信访人受理情况"),
    "petition_settle": ("信访办结", "办结信访事项"),
    "disclosure_answer": ("公开答复", "答复公开申请"),
    "hotline_accept": ("工单受理", "受理工单"),
    "hotline_settle": ("工单办结", "办结工单"),
    "hotline_answer": ("工单答复", "答复来电人"),
}
TITLE, DESC = 26, 30  # characters of the smaller limits (bot.wecom.cards)
EARLY = timedelta(minutes=2)  # a step is at most this early by jitter; earlier still is the evening before


def remaining(delta: timedelta) -> str:
    """2小时30分, 18分钟; never negative."""
    minutes = max(0, int(delta.total_seconds() // 60))
    hours, minutes = divmod(minutes, 60)
    if hours and minutes:
        return f"{hours}小时{minutes}分"
    return f"{hours}小时" if hours else f"{minutes}分钟" if minutes else "不足1分钟"


def checked(i: Incident) -> bool:
    """A person has said the matter is true, at least in part."""
    return any(v.result in ("true", "partly") for v in i.verifications)


def spot(i: Incident) -> str:
    """The narrowest known place: what fits a title."""
    return i.place.detail or i.place.county or i.place.city or i.place.province


def clock_name(clock: Clock) -> str:
    """Short noun of a duty for a card; a local clause keeps the name it has in its file."""
    return CLOCKS.get(clock.code, (clock.name, ""))[0]


def clock_act(clock: Clock) -> str:
    """What has to be done, as a verb."""
    return CLOCKS.get(clock.code, ("", f"办理{clock_name(clock)}"))[1]


def apart(place: str, kind: str) -> str:
    """The kind without what the place already says: 青山水库 and 水库堤坝安全 make 青山水库堤坝安全."""
    for n in range(min(len(place), len(kind) - 1), 1, -1):
        if place.endswith(kind[:n]):
            return kind[n:]
    return kind


def short(i: Incident, settings: Settings) -> str:
    """Short neutral name of the matter: place and kind, no toll, no cause."""
    name = apart(spot(i), settings.category(i.category).neutral)
    return f"{spot(i) or settings.organisation.short}{name}"


def mark(i: Incident) -> str:
    if i.drill:
        return "【演练】"
    if checked(i):
        return ""
    return "【已核不实】" if untrue(i) else "【网传待核】"


def name(i: Incident, settings: Settings) -> str:
    """Title of an unverified or verified matter."""
    kind = apart(spot(i), settings.category(i.category).neutral)
    place = spot(i) or settings.organisation.short
    doubt = "疑似" if i.label == "E" and not kind.endswith("安全") else "涉"
    return f"{mark(i)}{place}{'' if checked(i) else doubt}{kind}"


def source_line(settings: Settings, i: Incident | None = None) -> str:
    """Where a card comes from; without an incident, from the desk itself."""
    return "演练·不外传" if i is not None and i.drill else f"{settings.organisation.short[:4]}舆情值班·内部"


def keep_words(i: Incident) -> tuple[str, ...]:
    return tuple(w for w in (i.place.detail, i.place.county) if w)


def level_name(level: Level | None) -> str:
    return labels.LEVELS.get(level.code if level else "unknown", "未定级")


LATE = {
    "upward": ("【报送超时】", "电话报"),
    "sign": ("【签收超时】", "签收"),
    "verify": ("【核实超时】", "两方核实"),
    "arbitrate": ("【裁定超时】", "定牵头"),
    "continue": ("【该续发了】", "滚动发布"),
}
"""Tag and act of reminders that go on after their time: late must look late."""


def heading(i: Incident, kind: str, clock: Clock | None, settings: Settings, now: datetime) -> tuple[str, str]:
    """Title (26) and description (30) of a card. Until a person has verified it, the title begins with 【网传待核】."""
    by = deadline(clock.due_at, now) if clock else ""
    what = short(i, settings)
    duty = clock_act(clock) if clock else ""
    left = remaining(clock.due_at - now) if clock else ""
    number = f"{i.number}号"
    table = {
        "first": (name(i, settings), f"{beijing(i.opened_at, now)}发现，请3分钟内点“收到”"),
        "first_quiet": (name(i, settings), f"{beijing(i.opened_at, now)}发现，请核实处理"),
        "changed": (_titled(i, "【情况有变】", what), "请重新核实，时限照常"),
        "regraded": (_titled(i, f"【{_direction(i)}】", what, f" {level_name(i.level)}"), _regraded(clock, now)),
        "latent": (_titled(i, "【时限预置】", what), f"若升级，{by}前{duty}" if by else "若升级，时限提前"),
        "unread": (_titled(i, "【未点收到】", what), "请立即点“收到”"),
        "verify": (_titled(i, "【待两方核实】", what), f"{by}前两方核实"),
        "upward": (_titled(i, "【待报送】", what), f"{by}前{duty or '电话报总值班室'}"),
        "assigned": (_titled(i, "【交办】", what), "请在2小时内签收或退回"),
        "sign": (_titled(i, "【待签收】", what), f"{by}前签收或退回"),
        "returned": (_titled(i, "【退回】", what), "请另行交办"),
        "arbitrate": (_titled(i, "【请裁定】", what), "请指定牵头单位"),
        "arbitrated": (_titled(i, "【已裁定】", what), "请牵头单位签收"),
        "exclusion": (_titled(i, "【请确认】", what, " 拟排除"), "涉伤亡或重大隐患，须带班确认"),
        "second": (_titled(i, "【请复核】", what), "有一项更正待第二人确认"),
        "continue": (_titled(i, "【该续发了】", what), f"{by}前滚动发布"),
        "met": (_titled(i, "【已登记】", what), "时限已满足"),
        "half": (_titled(i, "【时限过半】", what), _left_of(f"{by}前{duty}", left)),
        "countdown": (_titled(i, "【时限预警】", what), _left_of(f"{by}前{duty}", left)),
        "last": (_titled(i, f"【剩{left}】", what), f"{by}前须{duty}"),
        "state": (f"{mark(i)}{what}", ""),
    }
    if kind == "overdue" and clock is not None:
        title, desc = _overdue_heading(i, clock, what, now)
    elif kind in LATE and clock is not None and now >= clock.due_at:
        title, desc = _late_heading(i, kind, clock, what, now)
    else:
        title, desc = table.get(kind, table["state"])
    return title, f"{number} {desc}".strip()


def _late_heading(i: Incident, kind: str, clock: Clock, what: str, now: datetime) -> tuple[str, str]:
    """A reminder of the desk's own work at its time and after it."""
    (tag, act), at = LATE[kind], deadline(clock.due_at, now)
    if now < clock.due_at + timedelta(minutes=1):
        return _titled(i, tag.replace("超时", "到时限"), what), f"{at}到期，请立即{act}"
    return _titled(i, tag, what), f"应于{at}前{act} 现{beijing(now, now)}"


def _titled(i: Incident, tag: str, what: str, tail: str = "") -> str:
    """Marks, the tag of the kind and the matter; the tail only where it fits."""
    full = f"{mark(i)}{tag}{what}{tail}"
    return full if len(full) <= TITLE else f"{mark(i)}{tag}{what}"


def _left_of(duty: str, left: str) -> str:
    """A deadline, with the time left when sent if there is room for it (30 with a number before it)."""
    full = f"{duty} 发出时剩{left}"
    return full if len(full) <= DESC - 6 else duty


def _direction(i: Incident) -> str:
    """提级 or 定级, from the last two judgements."""
    known = [a.level for a in i.assessments if a.level is not None]
    if len(known) >= 2 and known[-1] < known[-2]:
        return "提级"
    return "定级" if i.confirmed else "建议等级"


def _regraded(clock: Clock | None, now: datetime) -> str:
    """A limit that had passed before the grade rose is said at once, as passed."""
    if clock is not None and clock.by_regrade:
        return f"{clock_name(clock)}{deadline(clock.due_at, now)}已过（提级在后）"
    return "时限自原起点计算"


def _overdue_heading(i: Incident, clock: Clock, what: str, now: datetime) -> tuple[str, str]:
    at, noun = deadline(clock.due_at, now), clock_name(clock)
    if clock.by_regrade:
        return _titled(i, "【提级】", what, f" 请即{clock_act(clock)}"), f"{at}已过（提级在后）"
    if now < clock.due_at - EARLY:
        return _titled(i, "【今晚请办】", what), f"{at}到期，请提前{clock_act(clock)}"
    if now < clock.due_at + timedelta(minutes=1):
        return _titled(i, "【时限到】", what, f" {noun}未登记"), f"{noun}{at}到期，尚未登记"
    return _titled(i, "【已过时限】", what, f" {noun}未登记"), f"{noun}应于{at}前 现{beijing(now, now)}"


def toll(i: Incident, *standings: str) -> str:
    """Figures of the given standings, newest of each metric."""
    parts = []
    for metric, label in METRICS.items():
        f = i.latest(metric, *standings)
        if f is not None and f.value > 0:
            parts.append(f"{label}{f.value}人")
    return "、".join(parts)


def rumoured(i: Incident) -> str:
    """What the net or a caller says of casualties, said as hearsay."""
    said, told = toll(i, "net"), toll(i, "reported")
    heard = "；".join(p for p in (f"网传{said}" if said else "", f"接报{told}" if told else "") if p)
    return f"{heard}，未经核实，不得外传。" if heard else ""


def unit_name(code: str, settings: Settings) -> str:
    unit = settings.organisation.unit(code)
    return (unit.short or unit.name) if unit else code


def stuck_text(i: Incident, settings: Settings, now: datetime) -> str:
    """卡在谁、多久: 自然资源局会签，已18分钟."""
    at = stuck(i)
    if at.code == "none":
        return ""
    waited = remaining(now - at.since)
    who = {"duty_officer": "值班员", "arbiter": "裁定人"}.get(at.who) or unit_name(at.who, settings)
    what = labels.STUCK[at.code]
    return f"{who}{what}，已{waited}" if now - at.since >= timedelta(minutes=1) else f"{who}{what}"


def due_text(c: Clock, now: datetime) -> str:
    tail = "（预置）" if c.latent else "（暂定）" if c.provisional else ""
    return f"{deadline(c.due_at, now)}{'已过' if c.running and now > c.due_at else '前'}{tail}"


def call_first(calls: tuple[str, ...], *, drill: bool = False) -> str:
    """The rung above the unit head: the duty officer telephones (practice.md §1); in a drill nobody is called."""
    if drill:
        return f"此时应电话报告：{'；'.join(calls[:3])}（演练不拨打）。"
    return f"请电话报告：{'；'.join(calls[:3])}。"


def local(at: datetime) -> datetime:
    return at.astimezone(BEIJING)
