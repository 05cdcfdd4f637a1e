"""出稿体检: a draft is read against the record before it is released (practice.md §5, domain.md).

Numbers against the figures in force, private persons, words that anticipate a finding, missing elements, times, secrecy marks, earlier promises.
The check names what to look at; it approves nothing and keeps nothing of the draft. What is registered as published is read once more:
too late to hold it back, in time to correct it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from bot import labels, texts
from bot.headcount import stated
from bot.labels import BEIJING
from config.schema import Settings
from config.wording import Wording, WordingError, load_wording
from monitors.mask import mask
from playbooks.incident import Incident

NO_DRAFT = "请把稿子接在编号后面一起发来。例：体检 {n} 今日02:10，大湾村发生山体滑坡……"
WORDS, ELEMENT = "release_words.toml", "need_"
ADVICE = {
    "verdict": "属定性，主管机关没有认定前不写。",
    "cause": "属原因，没有查清前不写，可写“原因正在调查”。",
    "denial": "说得过满，请写核查过什么、结果是什么。",
    "reader": "容易激化情绪，请删去。",
    "vain": "是空话，请换成具体做了什么。",
}
SHOWN = 3
MOST = 8
"""Points a reply lists; a person cannot work through more on a phone."""
_CLOCK = re.compile(r"(?<!\d)([01]?\d|2[0-3])[:：时]([0-5]\d)?")
_DAY = re.compile(r"\d{1,2}月\d{1,2}日|今[日天晨早晚]|昨[日天晚]|凌晨|上午|下午")
_PART = re.compile(r".+?(?:街道|社区|[镇乡村路桥])|.+$")
"""Town and village of a place, either of which says where."""
_ORGAN = re.compile(r"[\u4e00-\u9fff]{2}(?:局|委|办公室|新闻办|宣传部|网信办|委员会|人民政府|指挥部|公司|管委会|办事处)")
_COVER = re.compile(r"〔[^〕]*〕|\d\*{4}\d{0,4}")


def proof(i: Incident, draft: str, settings: Settings, now: datetime) -> str:
    """What to look at before this draft goes out; each point says what stands there and what to do."""
    if not draft.strip():
        return NO_DRAFT.format(n=i.number)
    if any(mark in draft for mark in settings.bot.secrecy_marks):
        return "稿中有密级标识，企业微信不得传递。请删去后再试，或到值班室当面处理。"
    try:
        words = load_wording(*(Path(folder) / WORDS for folder in settings.folders))
    except WordingError as e:
        return str(e)
    points = [
        *_numbers(i, draft, now),
        *_persons(draft),
        *_words(draft, words),
        *_times(i, draft),
        *_missing(i, draft, words),
    ]
    if not points:
        return f"{i.number}号稿子体检：数字、姓名、用语、时间、要素未见问题。体检不代替审定，请按程序送审。"
    lines = [f"{n}. {point}" for n, point in enumerate(points[:MOST], 1)]
    more = f"\n另有{len(points) - MOST}处，改后请再体检。" if len(points) > MOST else ""
    return f"{i.number}号稿子体检，有{len(points)}处请看：\n" + "\n".join(lines) + more + "\n体检不代替审定，请按程序送审。"


WHOLE = 60
"""Characters from which what stands in the register is a whole text and not a title: only then is it asked what is missing."""
_REGISTER = re.compile(rf"(?:{'|'.join(sorted(labels.REGISTER_WORDS, key=len, reverse=True))})[:：]?\s*\S+")


def published(i: Incident, detail: str, settings: Settings, now: datetime) -> str:
    """What to look at in words that were registered as published; empty where there are none or nothing was found.

    Asked after the release is on record: it never blocks a fact.
    """
    said = _REGISTER.sub(" ", detail).strip()
    try:
        words = load_wording(*(Path(folder) / WORDS for folder in settings.folders))
    except WordingError:  # told by `yqbot check`; a release is registered all the same
        return ""
    points = [*_wrong_numbers(i, said, now), *_persons(said), *_words(said, words)]
    if len(said) >= WHOLE:
        points += [*_left_out(i, said), *_times(i, said), *_missing(i, said, words)]
    if not points:
        return ""
    lines = [f"{n}. {point}" for n, point in enumerate(points[:MOST], 1)]
    return f"\n发布内容有{len(points)}处请看，已登记的不受影响，属实有误的请尽快更正：\n" + "\n".join(lines)


def _numbers(i: Incident, draft: str, now: datetime) -> Iterator[str]:
    """Every number of people in the draft against the confirmed figure in force, and confirmed figures it leaves out."""
    yield from _wrong_numbers(i, draft, now)
    yield from _left_out(i, draft)


def _wrong_numbers(i: Incident, draft: str, now: datetime) -> Iterator[str]:
    for metric, value in stated(draft).items():
        label, known = texts.METRICS.get(metric, metric), i.latest(metric, "confirmed")
        if known is None:
            yield f"{label}{value}人没有核定数，请先向指挥部核定，或删去。"
        elif known.value != value:
            yield f"稿中{label}{value}人，核定数是{known.value}人（{labels.beijing(known.at, now)}），请核对。"


def _left_out(i: Incident, draft: str) -> Iterator[str]:
    said = stated(draft)
    for metric in ("deaths", "missing"):
        known = i.latest(metric, "confirmed")
        if known is not None and known.value and metric not in said:
            yield f"核定{texts.METRICS[metric]}{known.value}人，稿中没有写，请确认是否有意不写。"


def _persons(draft: str) -> Iterator[str]:
    """Private persons: what import would cover must not stand in a text for the public."""
    found = len(_COVER.findall(mask(draft))) - len(_COVER.findall(draft))
    if found > 0:
        yield f"稿中有{found}处个人信息（电话、证件、账号、车牌、住址之一），请删去。"
    elif mask(draft) != draft:
        yield "稿中有私人姓名，请改为“某”或删去。"


def _words(draft: str, words: Wording) -> Iterator[str]:
    """Words that settle cause, blame or a case before the competent organ did, and words that offend those who read."""
    for group in words.groups:
        found = [w for w in words.texts(group) if w in draft]
        if found and not group.startswith(ELEMENT):
            yield f"{'、'.join(f'“{w}”' for w in found[:SHOWN])}{ADVICE.get(group, '请改写或删去。')}"


def _times(i: Incident, draft: str) -> Iterator[str]:
    """The time of the event as the record has it."""
    start = i.starts.occurred_at
    if start is None or not start.confirmed_by:
        return
    begun = start.value.astimezone(BEIJING)
    told = [(int(m[1]), int(m[2] or 0)) for m in _CLOCK.finditer(draft)]
    if told and (begun.hour, begun.minute) not in told:
        yield f"事发时间记录为{begun:%H:%M}，稿中没有这个时间，请核对。"


def _missing(i: Incident, draft: str, words: Wording) -> Iterator[str]:
    """What a first statement always says: when, where, what is being done, when more will be said, and who says it."""
    places = _PART.findall(i.place.detail) or [i.place.county]
    have = {
        "时间": bool(_CLOCK.search(draft) or _DAY.search(draft)),
        "地点": not i.place.text or any(part in draft for part in places),
        "正在做什么": any(w in draft for w in words.texts(ELEMENT + "work")),
        "下次什么时候说": any(w in draft for w in words.texts(ELEMENT + "next")),
        "发布单位": bool(_ORGAN.search(draft)),
    }
    lacking = [name for name, there in have.items() if not there]
    if lacking:
        yield f"缺：{'、'.join(lacking)}，请补上。"
