"""首报、续报底稿: ready to copy, from confirmed fields only; everything else is a visible blank (practice.md §2.6, §5).

The bot sends nothing upward. What a person reads out or copies is theirs to check and sign.
"""

from __future__ import annotations

from datetime import datetime

from bot import labels, texts
from bot.labels import BEIJING
from config.schema import Settings
from config.vocabulary import UPWARD
from playbooks.incident import Incident

UNKNOWN = "待核"
DONE_BY_NOTE = ("late_entry", "phoned")
"""Notes that say what somebody has done: 补记, 电话报告."""
NOTES = 4


def draft(i: Incident, settings: Settings, now: datetime, by: str) -> str:
    """The next report upward: 首报 until one was recorded, then the one owed in writing, then 续报 with its number."""
    told = [e for e in i.evidence if e.kind == "upward_reported"]
    written = "书面报告" if i.running("upward_written") is not None else f"续报{len(told)}"
    kind = "首报" if not told else written
    lines = [
        f"【{kind}底稿】请核对后再报，“{UNKNOWN}”处不要猜",
        f"{'（演练）' if i.drill else ''}关于{_where(i)}{texts.kind_of(i, settings)[0] if texts.checked(i) else '情况'}的{kind}",
        f"可先电话念：{_spoken(i, settings)}",
        f"一、时间：{_when(i)}",
        f"二、地点：{_where(i)}",
        f"三、基本情况：{_what(i, settings)}",
        f"四、伤亡失联：{texts.toll(i, 'confirmed') or UNKNOWN}",
        f"五、等级：{texts.level_name(i.confirmed.level) if i.confirmed else UNKNOWN}",
        f"六、已采取措施：{_done(i, settings)}",
        f"七、对外发布：{_released(i)}",
        f"报送：{settings.organisation.short}值班室 {by} {_full(now)}",
    ]
    return "\n".join(lines)


def _full(at: datetime) -> str:
    local = at.astimezone(BEIJING)
    return f"{local.month}月{local.day}日{local:%H:%M}"


def _when(i: Incident) -> str:
    start = i.starts.occurred_at
    return _full(start.value) if start and start.confirmed_by else UNKNOWN


def _where(i: Incident) -> str:
    return (i.place.text or UNKNOWN) if texts.checked(i) else UNKNOWN


def _what(i: Incident, settings: Settings) -> str:
    heard = i.starts.reported_at or i.starts.detected_at
    known = f"{_full(heard.value)}接到反映" if heard else "接到反映"
    if not i.verifications:
        return f"{known}，正在核实"
    last = i.verifications[-1]
    result = labels.VERIFY_RESULTS[last.result]
    source = f"（{last.source}）" if last.source else ""
    return f"{known}，{_full(last.at)}核实：{result}{source}"


def _spoken(i: Incident, settings: Settings) -> str:
    """One sentence to read out on the telephone: hearsay as hearsay until somebody has verified it."""
    (what, doubt), own = texts.kind_of(i, settings), settings.organisation.short
    head = f"{'演练。' if i.drill else ''}{own}{_heard(i)}，"
    if texts.checked(i):
        where, known = texts.spot(i, settings), texts.toll(i, "confirmed") or "伤亡情况待核"
        happened = "发生" if doubt == "疑似" else "涉"
        return f"{head}{where}{happened}{texts.apart(where, what)}，已核实，{known}，正在处置，情况续报。"
    said = f"疑似发生{what}" if doubt == "疑似" else f"涉{what}"
    return f"{head}某地（地点待核）{said}，未经核实，伤亡情况待核，正在核实，情况续报。"


def _heard(i: Incident) -> str:
    """``11月22日02:24从网上看到反映`` or ``接到来人来电反映``."""
    told, seen = i.starts.reported_at, i.starts.detected_at
    return f"{_full(told.value)}接到来人来电反映" if told else f"{_full(seen.value if seen else i.opened_at)}从网上看到反映"


def _done(i: Incident, settings: Settings) -> str:
    parts = []
    if i.leader_told:
        parts.append(f"{_full(min(i.leader_told.values()))}已报告带班领导")
    for turn in i.assignments:
        parts.append(f"{_full(turn.at)}交办{texts.unit_name(turn.unit, settings)}{'，已签收' if turn.signed_at else ''}")
    noted = [n for n in i.notes if n.kind in DONE_BY_NOTE]
    parts += [f"{_full(n.happened_at or n.at)}{n.text.strip('。；')}" for n in noted[-NOTES:]]
    return "；".join(parts) or UNKNOWN


def _released(i: Incident) -> str:
    public = [e for e in i.evidence if e.kind not in UPWARD]
    if not public:
        return "尚未发布"
    return "；".join(f"{_full(e.at)}{labels.EVIDENCE_KINDS.get(e.kind, '发布')}" for e in public[-3:])
