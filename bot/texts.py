"""Chinese sentences of cards. One place, so that an editor can read how the product speaks (practice.md §3 gives the models)."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot import labels
from bot.labels import BEIJING, beijing, deadline
from bot.subjects import HAPPENED, spoken, subject
from config.schema import Level, Settings
from playbooks.hearsay import by_hearsay
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
SPECIAL, NOWHERE = "专线事项", "（地点不详）"
PUBLIC = ("feed", "hotlist", "opml", "vendor", "site")
"""Kinds of sources that everybody can read; a hotline, a folder of work orders and an officer's report are none."""
TITLE, DESC = 26, 30  # characters of the smaller limits (bot.wecom.cards)
EARLY = timedelta(minutes=2)  # a step is at most this early by jitter; earlier still is the evening before


def remaining(delta: timedelta) -> str:
    """2小时30分, 18分钟, from two days on 3天4小时; never negative."""
    if delta >= DAYS:
        return labels.span(delta)
    minutes = max(0, int(delta.total_seconds() // 60))
    hours, minutes = divmod(minutes, 60)
    if hours and minutes:
        return f"{hours}小时{minutes}分"
    return f"{hours}小时" if hours else f"{minutes}分钟" if minutes else "不足1分钟"


def checked(i: Incident) -> bool:
    """A person has said the matter is true, at least in part."""
    return any(v.result in ("true", "partly") for v in i.verifications)


def spot(i: Incident, settings: Settings) -> str:
    """The place as a title names it: at home the narrowest, elsewhere from the province down, for counties share their names."""
    p, own = i.place, settings.scope
    home = _same(p.province, own.province) or not p.province
    if home and _same(p.county, own.county):
        return p.detail or p.county
    if not (p.province or p.city or p.county):
        return p.detail
    province = "" if home and (p.city or p.county) else p.province
    city = "" if p.city == p.province or (home and p.county and _same(p.city, own.city)) else p.city
    return f"{province}{city}{p.county}"


def _same(one: str, other: str) -> bool:
    """Whether two names mean one place, with or without 县, 市, 区."""
    return bool(one and other) and (one.startswith(other) or other.startswith(one))


def thin(i: Incident, settings: Settings) -> bool:
    """Categories whose cards carry number, grade and time only (practice.md §1, WeCom is a public cloud).

    Of some of them (`thin_until_public`) a public source tells everybody the place and the kind; hiding them protects nobody then.
    """
    bot = settings.bot
    if i.category not in bot.thin_categories:
        return False
    return i.category not in bot.thin_until_public or not _public(i, settings)


def _public(i: Incident, settings: Settings) -> bool:
    kinds = {s.id: s.kind for s in settings.sources}
    return any(kinds.get(m.source, "") in PUBLIC for m in i.members)


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


def kind_of(i: Incident, settings: Settings) -> tuple[str, str]:
    """What happened or is complained of, and the word of doubt before it; no toll, no cause, no verdict."""
    category = settings.category(i.category)
    told = subject(i, settings, asked=category.vague) if category.vague or category.aside else None
    if told is not None and category.aside and told.happened and told.name != HAPPENED:
        return f"{category.neutral}（{told.name}）", "涉"
    if told is not None and category.vague:
        return told.name, "疑似" if told.happened else "涉"
    return category.neutral, "疑似" if i.label == "E" and not category.neutral.endswith(("安全", "情况", "问题")) else "涉"


def short(i: Incident, settings: Settings) -> str:
    """Short neutral name of the matter: place and kind; of what is kept off phones only that it is such a matter."""
    if thin(i, settings):
        return SPECIAL
    place, (kind, _) = spot(i, settings), kind_of(i, settings)
    return f"{place}{apart(place, kind)}" if place else f"{kind}{NOWHERE}"


def mark(i: Incident) -> str:
    if i.drill:
        return "【演练】"
    if checked(i):
        return ""
    return "【已核不实】" if untrue(i) else "【网传待核】"


def name(i: Incident, settings: Settings) -> str:
    """Title of an unverified or verified matter; of what is kept off phones only that it is such a matter."""
    if thin(i, settings):
        return f"{mark(i)}{SPECIAL}"
    place, (kind, doubt) = spot(i, settings), kind_of(i, settings)
    title = f"{mark(i)}{place}{'' if checked(i) else doubt}{apart(place, kind)}{'' if place else NOWHERE}"
    said = "" if checked(i) else f" 称{spoken(i)}" if spoken(i) else ""
    return f"{title}{said}" if len(title) + len(said) <= TITLE else title


def source_line(settings: Settings, i: Incident | None = None) -> str:
    """Where a card comes from; without an incident, from the desk itself."""
    return "演练·不外传" if i is not None and i.drill else f"{settings.organisation.short[:4]}舆情值班·内部"


def keep_words(i: Incident) -> tuple[str, ...]:
    return tuple(w for w in (i.place.detail, i.place.county) if w)


def level_name(level: Level | None) -> str:
    return labels.LEVELS.get(level.code if level else "unknown", "未定级")


def level_said(i: Incident, settings: Settings) -> str:
    """The grade with what it is worth: 较大 once graded, 较大（建议） before, and that a suggestion has nothing but hearsay under it."""
    if i.level is None or i.confirmed is not None:
        return level_name(i.level)
    return f"{level_name(i.level)}（{'仅据网传人数建议' if by_hearsay(i, settings) else '建议'}）"


DAYS = timedelta(days=2)
LONG_AGO = timedelta(hours=1)
"""From so long before the first alert a matter is said to have begun before it."""


def begun(i: Incident) -> datetime:
    """When the desk first saw it."""
    return i.starts.detected_at.value if i.starts.detected_at else i.opened_at


def told_late(i: Incident) -> bool:
    """Whether the first alert came long after the matter was first seen."""
    return i.alarmed_at is not None and i.alarmed_at - begun(i) >= LONG_AGO


def _since(i: Incident, now: datetime) -> str:
    return f"首见{beijing(begun(i), now)}" if told_late(i) else f"{beijing(begun(i), now)}发现"


def _asked(i: Incident, now: datetime) -> str:
    """What has a deadline of minutes now: the receipt, two parties' word, the report upward. Empty where nothing has."""
    receipt, check, up = (i.running(code) for code in ("acknowledge", "verify", "upward_report"))
    parts = [f"请{receipt.limit_minutes}分钟内点“收到”"] if receipt else []
    if check or up:
        parts.append(
            f"{deadline(check.due_at, now)}前两方核实" if check else f"{deadline(up.due_at, now)}前报总值班室" if up else ""
        )
    return "，".join(parts)


def _first(i: Incident, now: datetime) -> str:
    """Since when it is known and what to press; three minutes are named only where they run."""
    receipt, check = i.running("acknowledge"), i.running("verify")
    if receipt and check:
        return _asked(i, now)
    return f"{_since(i, now)}，{f'请{receipt.limit_minutes}分钟内' if receipt else '请尽快'}点“收到”"


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
        "first": (name(i, settings), _first(i, now)),
        "first_quiet": (name(i, settings), f"{_since(i, now)}，请核实处理"),
        "urgent": (_titled(i, "【转为紧急】", what), _asked(i, now) or "请重新报告带班领导"),
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
        "last": (_titled(i, _last_tag(clock, left, settings, now), what), f"{by}前须{duty}"),
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


def _last_tag(clock: Clock | None, left: str, settings: Settings, now: datetime) -> str:
    """【剩1小时】; of a rung that was brought forward out of the night not how many hours are left but that the day has come near."""
    ladder = settings.ladders.get(clock.ladder) if clock else None
    rungs = [rule.left for rule in ladder.steps if rule.card == "last" and rule.left is not None] if ladder else []
    if clock is None or not rungs or clock.due_at - now <= timedelta(minutes=max(rungs)) + EARLY:
        return f"【剩{left}】"
    return "【明日到期】" if local(clock.due_at).date() > local(now).date() else "【今日到期】"


def _left_of(duty: str, left: str) -> str:
    """A deadline, with the time left when sent if there is room for it (30 with a number before it)."""
    full = f"{duty} 发出时剩{left}"
    return full if len(full) <= DESC - 6 else duty


def _direction(i: Incident) -> str:
    """提级 or 定级, from the last two judgements; what only a machine or the duty officer thinks is a suggestion, up or not."""
    if not i.confirmed:
        return "建议等级"
    known = [a.level for a in i.assessments if a.level is not None]
    if len(known) >= 2 and known[-1] < known[-2]:
        return "提级"
    return "定级"


def _regraded(clock: Clock | None, now: datetime) -> str:
    """A limit that had passed before the grade rose is said at once, as passed."""
    if clock is not None and clock.by_regrade and clock.track == "public":
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
    return _titled(i, "【已过时限】", what, f" {noun}未登记"), _owed(at, clock_act(clock), beijing(now, now))


def _owed(at: str, act: str, now: str) -> str:
    """What should have been done by when, and the hour of writing; the act stays away where it would not fit (its noun is in the title)."""
    full = f"应于{at}前{act} 现{now}"
    return full if len(full) <= DESC - 6 else f"应于{at}前 现{now}"


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


def stuck_text(i: Incident, settings: Settings, now: datetime, yours: str = "") -> str:
    """卡在谁、多久: 自然资源局会签，已18分钟. `yours`: the role or unit of the reader, who is not told to look for himself."""
    at = stuck(i)
    if at.code == "none":
        return ""
    waited = remaining(now - at.since)
    who = labels.STUCK_WHO.get(at.who) or unit_name(at.who, settings)
    what = labels.STUCK[at.code]
    if yours and at.who == yours:
        who = "您这里："
    return f"{who}{what}，已{waited}" if now - at.since >= timedelta(minutes=1) else f"{who}{what}"


def due_text(c: Clock, now: datetime) -> str:
    if c.running and now > c.due_at:
        return f"{dated(c.due_at, now)}已过"
    return f"{dated(c.due_at, now)}前{'（预置）' if c.latent else PROVISIONAL if c.provisional else ''}"


PROVISIONAL = "（认定前先按此）"
SOON = timedelta(hours=6)


def dated(at: datetime, now: datetime) -> str:
    """A due time on a card that may be read again after midnight: with its day, unless it is a matter of hours."""
    by = deadline(at, now)
    return by if "月" in by or abs(at - now) < SOON else deadline(at)


def call_first(calls: tuple[str, ...], *, drill: bool = False) -> str:
    """The rung above the unit head: the duty officer telephones (practice.md §1); in a drill nobody is called."""
    if drill:
        return f"此时应电话报告：{'；'.join(calls[:3])}（演练不拨打）。"
    return f"请电话报告：{'；'.join(calls[:3])}。"


def local(at: datetime) -> datetime:
    return at.astimezone(BEIJING)
