"""`yqbot explain`: which line of which file led to every part of the decision about a text, in Chinese."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bot import labels
from bot.opinion import judge_of, view
from bot.store.port import StoredItem
from bot.triage import Triage, reasons
from config.schema import Settings
from monitors.counted import Figures
from monitors.figures import extract
from monitors.gate import Verdict
from monitors.item import Item, ItemKind
from monitors.region import Region
from playbooks.assign import Matter
from playbooks.deadlines import settle
from playbooks.disposition import Strand
from playbooks.fold import evolve, opened
from playbooks.guide import suited
from playbooks.incident import Incident, Instant
from playbooks.severity import Verdict as Grading
from playbooks.triage import event

METRICS = ("deaths", "injured", "missing", "trapped", "poisoned", "evacuated")
GATE = {"E": "突发事件", "N": "负面政务舆情", "O": "普通信息"}
ALARM = {"now": "立即提醒", "digest": "进入简报，升温再提醒", "list": "只列入，不提醒", "never": "不提醒"}


def explain(triage: Triage, text: str, now: datetime) -> Iterator[str]:
    """Lines for one text: what was decided, and where that is written."""
    settings = triage.judges.settings
    title, _, body = text.strip().partition("\n")
    region = triage.judges.locator.locate(title, body)
    verdict = triage.judges.gate.judge(title, body, region=region)
    figures = extract(title, body)
    grading = triage.judges.grading(verdict.category, triage.judges.count(title, body))
    yield f"文字：{title}"
    yield from _gate(verdict)
    yield from _region(region)
    yield from _figures(figures)
    yield from _severity(settings, verdict, grading, region)
    yield from _unit(triage, title, body, verdict, region)
    yield from _disposition(triage, title, body, verdict)
    yield from _clocks(settings, verdict, figures, now)
    yield from _playbook(settings, verdict, grading)
    yield from _opinion(settings, verdict, figures, text, now)


def _gate(v: Verdict) -> Iterator[str]:
    yield f"一、是否事件：{GATE[v.label]}（突发 {v.score_e:.2f}，突发或负面 {v.score_en:.2f}），{ALARM.get(v.alarm, v.alarm)}"
    why = reasons(v)
    yield from (f"　　{line}" for line in why)
    if not why:
        yield "　　没有命中任何词或规则。"


def _region(r: Region) -> Iterator[str]:
    names = "".join(n for n in (r.province, r.city if r.city != r.province else "", r.county, r.town) if n)
    where = f"境外{r.country}" if r.foreign else names or "不详"
    seen = f"，依据：{'、'.join(r.evidence)}（default/regions.tsv、default/places.toml）" if r.evidence else ""
    yield f"二、地点：{where}{seen}"


def _figures(f: Figures) -> Iterator[str]:
    rows = [(m, getattr(f, m)) for m in METRICS if getattr(f, m) is not None]
    yield "三、人数：" + ("、".join(f"{labels.METRICS[m]}{x.value}人" for m, x in rows) if rows else "未说")
    for metric, x in rows:
        about = "（约数）" if x.approx else ""
        yield f"　　{labels.METRICS[metric]}{x.value}{about}：原文“{x.quote}”，{'标题' if x.in_title else '正文'}第{x.start + 1}字"


def _numbers(f: Figures) -> dict[str, float | None]:
    return {m: None if getattr(f, m) is None else float(getattr(f, m).value) for m in METRICS}


def _severity(settings: Settings, v: Verdict, found: Grading, r: Region) -> Iterator[str]:
    category = settings.category(v.category)
    if v.label != "E" or r.foreign:
        yield "四、等级建议：不适用（不是境内突发事件）"
        return
    level = labels.LEVELS[found.level.code] if found.level else "不定级"
    origin = settings.origins.get(f"category {category.code}", "")
    yield f"四、等级建议：{level}（类别 {category.name}，{origin}；机器建议，由人定级）"
    for x in found.reasons:
        at = settings.origins.get(f"threshold {x.rule}", "")
        yield f"　　{labels.METRICS.get(x.metric, x.metric)}{x.value:g} ≥ {x.at_least:g}：{x.source}（{at}）"
    if not found.reasons:
        yield "　　没有达到任何一条定级数字。"


def _unit(t: Triage, title: str, body: str, v: Verdict, r: Region) -> Iterator[str]:
    names = tuple(n for n in (r.province, r.city, r.county) if n)
    found = t.router.assign(Matter(title=title, text=body, category=v.category, region=names))
    yield f"五、承办单位建议：{found.name or '不详'}，候选：{'、'.join(found.ranked[:3])}"
    yield from (f"　　{line}" for line in found.reasons)


def _disposition(t: Triage, title: str, body: str, v: Verdict) -> Iterator[str]:
    found = t.dispositions.judge(Strand(title=title, text=body, label=v.label, category=v.category))
    first = found.first
    yield f"六、处置类别建议：{labels.DISPOSITIONS.get(str(first), '不详') if first else '不详'}"
    yield from (f"　　{line}" for line in found.reasons)


def imagined(settings: Settings, v: Verdict, f: Figures, now: datetime) -> Incident:
    """The incident this text would open at `now`, alarmed."""
    start = Instant(value=now, source="system")
    first = event("opened", now, title="", label=v.label, category=v.category or "other", starts={"detected_at": start})
    i = evolve(opened(0, first), event("alarmed", now, reason="explain"))
    for metric, value in _numbers(f).items():
        if value is not None:
            figure = {"metric": metric, "value": int(value), "standing": "net", "source": "", "at": now}
            i = evolve(i, event("figure", now, figure=figure))
    for e in settle(i, settings, now):
        i = evolve(i, e)
    return i


def _clocks(settings: Settings, v: Verdict, f: Figures, now: datetime) -> Iterator[str]:
    if v.label == "O":
        yield "七、时限：无"
        return
    i = imagined(settings, v, f, now)
    profile = settings.profiles[settings.bot.profile]
    yield f"七、时限（假定此刻发现；适用“{profile.name}”）："
    for c in sorted(i.clocks, key=lambda c: (c.track != "public", c.due_at)):
        tail = "（若升级）" if c.latent else "（认定前先按此）" if c.provisional else ""
        basis = "；".join(f"{b.text}（{settings.origins.get('clause ' + b.clause, '')}）" for b in c.basis)
        yield f"　　{labels.stamp(c.due_at)}前 {c.name}{tail}：{basis}"


def _playbook(settings: Settings, v: Verdict, grading: Grading) -> Iterator[str]:
    if v.label == "O":
        return
    fit = suited(settings, v.category, grading.level)
    if not fit:
        yield "八、预案：没有对应预案"
        return
    found = fit[0]
    yield f"八、预案：{found.name}（{found.file}:{found.line}）"
    for head, lines in (("先做", found.first_actions), ("核实", found.verify), ("不要", found.avoid)):
        yield from (f"　　{head}：{line}" for line in lines[:3])


def _opinion(settings: Settings, v: Verdict, f: Figures, text: str, now: datetime) -> Iterator[str]:
    """What one text alone gives of the grade of an opinion; media, platforms and growth are known only of a matter."""
    if v.label == "O":
        return
    said = StoredItem(item=Item(id="", source="", title=text, seen_at=now, kind=ItemKind.OFFICER))
    found = view(imagined(settings, v, f, now), (said,), settings, judge_of(settings), now)
    yield f"九、舆情等级建议：{found.level}（机器建议，由人定；单条文字没有媒体、增长、帖文数据）"
    yield from (f"　　{name}：{value}，计{points}分" for name, value, points in found.rows)
    yield f"　　{found.why}（opinion.toml）。立案后由人认定：舆情等级 编号 等级 理由；认定后以认定为准。"
