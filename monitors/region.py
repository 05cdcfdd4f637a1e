"""Where a text is about: province, city, county, town, or abroad.

One pass of an automaton finds every place name, every word that only looks like one, and every foreign name. Names
that are also words count only where the words around them support it; the first supported place of the title wins and
later names may only make it more exact; then the body. Unknown stays empty, unless the caller's own area is given.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

import ahocorasick_rs

from config.gazetteer import MUNICIPALITIES, Division, Gazetteer, PlaceLevel, short_name
from monitors.text import normalise


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A place in short names, empty where unknown; `code` is the division code of the smallest known level.

    `foreign` means abroad: every name is then empty but `country`, where the gazetteer knows it. `evidence` are the matched words in reading order.
    """

    province: str = ""
    city: str = ""
    county: str = ""
    town: str = ""
    foreign: bool = False
    country: str = ""
    code: str = ""
    evidence: tuple[str, ...] = ()

    @property
    def known(self) -> bool:
        """Whether a domestic place is known at all."""
        return bool(self.province)


_UNKNOWN = Region()


class _Form(IntEnum):
    """How a name is written: in full, short and distinctive, or short and needing support."""

    FULL = 1
    SHORT = 2
    WEAK = 3  # also a word, or a short county name: must stand at a place where places stand
    DISTRICT = 4  # a district without 区: only straight after its city
    STRICT = 5  # a common word: never without its kind


_SURE, _DISTRICT, _STRICT = _Form.SHORT, _Form.DISTRICT, _Form.STRICT


@dataclass(frozen=True, slots=True)
class _Name:
    code: str
    form: _Form
    town: str = ""


class _Hit(NamedTuple):
    words: str
    start: int
    end: int
    names: tuple[_Name, ...]
    foreign: bool


_FOREIGN = _Name("", _Form.FULL)
_HEAD = 300  # characters of the body that are read
_NAMED = 2048  # places kept spelled out

# A name before these is the name of something else.
_NOT_AFTER = re.compile(
    r"[东西南北中]?[一二三四五六七八九十]{0,2}(?:路(?![面人口边段上遇过障政况桥])|街(?![头边上道])|大道|大街|胡同)|(?:师范|理工|科技|工业|农业|医科|财经|交通|外国语|音乐|体育)?(?:大学(?!生)|学院)"
    r"|银行|证券|人寿|籍|号(?![码线称召])|舰|牌(?!楼|坊|照)|卫视|日报|晚报|晨报|早报|都市报|电视台|航空(?!港)|话(?!题|剧|费)|菜(?!市|农|园|地)|戏|剧(?!院|组|场|烈|毒)|队(?!伍|员)|杯|域|号线|味|风味|豆腐|啤酒|白酒"
)
_NOT_AFTER_WEAK = re.compile(
    "镇|乡|村|社区|小区|新村|苑|花园|广场|大厦|大桥|桥|庄|山(?!体|洪|火)|江|河(?!道|水|堤|段)|湖|岛|寺|庙|湾|门|汽车|集团|股份|科技|地产|药业|影业|文化|传媒|奖|节|公主|传|记|式|型|的|化|性|味|色|人(?!民)|们|了|者|是|和"
)


def _listed(words: str) -> tuple[str, ...]:
    return tuple(words.split())


# A name that is also a word is a place at the head of a text and after one of these.
_PLACE_FOLLOWS = (
    " ",
    *_listed(', 。 ; : ! ? 、 ( [ 【 「 “ " 《 | / 0日 1日 2日 3日 4日 5日 6日 7日 8日 9日'),
    *_listed("在 于 到 至 赴 援 抵达 前往 位于 回应 关注 直击 走进 致 名 辆 所 省 市 州 区 盟 地区 自治区 通报 途经 发往 现场"),
    *_listed("失联 失踪 被困 滞留 解救 救援 支援 驰援 援助 救助"),
)
# Whose organ speaks is a place, however short its name.
_ORGAN = re.compile(
    "(?:警方|公安|派出所|交警|检察|检方|法院|纪委|区委|县委|区政府|县政府|教育局|教体局|卫健|市监|应急管理|消防|城管|文旅|人社|住建|妇联)"
)
# A person or a team is named after where they come from: 山西蓝天救援队解救涿州群众, 河南大哥. It happened where the other place is.
_ORIGIN = re.compile(
    "[^,。;:!?、 ]{0,4}(?:救援队|医疗队|救援力量|支援队|志愿者|志愿服务队)|(?:籍|一|1)?(?:大哥|大姐|大叔|大妈|大爷|小伙|姑娘|小哥|老板|夫妇|夫妻|情侣|游客|车主|司机|网友|媒体|卫视)"
)
# Names after these are where people go or come from, not where it happens.
_TOWARDS = _listed("飞往 开往 发往 驶往 前往 运往 逃往 赴 去往 寄往 返回 嫁到 来自 毕业于 出生于 祖籍")
_DATELINE = re.compile(
    r"^.{0,60}?(?:新华社|新华网|中新社|中新网|人民网|央视网|中国新闻网|本报|环球网)[^,。]{0,8}?\d{1,2}月\d{1,2}日(?:电|讯|消息)|\((?:记者|通讯员|实习生|编辑)[^()]{0,40}\)"
)
_BEFORE_SIGN = r',。;:!?、 "“「《致对被遭'
_PERSON_OF = re.compile(
    r"(?:籍|一名|一|两|\d+名?)?(?:[0-9]{1,2}岁)?(?:男子|女子|男孩|女孩|少年|少女|小伙|姑娘|男生|女生|游客|留学生|公民|夫妇|夫妻|老人|外教|球迷|人)"
)
_AT = _listed("在 于 赴 去 抵 到 被骗至 被骗到 飞往 前往 定位 定位在 被困 滞留 逃往 旅居")


class Locator:
    """Finds the place of a text. Building it costs some ten milliseconds, so build one and keep it."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._gazetteer = gazetteer
        names = _all_names(gazetteer)
        self._words = tuple(names)
        self._names = tuple(names.values())
        self._of_code = lru_cache(maxsize=_NAMED)(self._spelled)  # few places are told of again and again
        self._search = ahocorasick_rs.AhoCorasick(
            list(self._words), matchkind=ahocorasick_rs.MatchKind.LeftmostLongest
        ).find_matches_as_indexes
        followers = "|".join(sorted(map(re.escape, gazetteer.initial_followers), key=len, reverse=True))
        one = gazetteer.initials
        self._sign = re.compile(
            rf"[{one}](?:(?<=^.)|(?<=[{_BEFORE_SIGN}在驻赴抵].)|(?=[{one}]))"
        )  # what every match of `_initial` holds
        self._initial = re.compile(
            rf"(?:(?:^|[{_BEFORE_SIGN}])(?!以(?:方便|核|官方|特|部|驻|情报|反对|无人机|军事)|德方)([{one}])(?={followers})"
            rf"|(?:在|驻|赴|抵)([{one}])(?=[坠遇遭被失死境多各务打留])|([{one}]{{2}})(?=两国|边境|交界|冲突|战争|局势|双方))"
        )

    @property
    def home(self) -> str:
        """Code of the installation's own territory, empty where none is set."""
        return self._gazetteer.home

    def locate(self, title: str, text: str = "", local: Region | None = None) -> Region:
        """Return the place `title` and `text` are about.

        `local` is the area of the source: it settles names that several provinces share and stands in when the text
        names no place at all. Never raises; nothing known gives an empty `Region`.
        """
        found = self._read(normalise(title), local)
        if text and not found.foreign and not found.county:
            body = self._read(_undated(normalise(text[: 2 * _HEAD]))[:_HEAD], local)
            found = _merged(found, body)
        if not found.known and not found.foreign and local is not None:
            return replace(local, evidence=())
        return found

    def of_code(self, code: str) -> Region | None:
        """Return the region of a division code, None when there is no such code."""
        return replace(self._of_code(code, "", ""), evidence=()) if code in self._gazetteer.by_code else None

    def _read(self, passage: str, local: Region | None) -> Region:
        hits = self._hits(passage)
        abroad = self._initial.search(passage) if self._sign.search(passage) else None
        if not hits:
            return self._abroad(_short_form(abroad)) if abroad else _UNKNOWN
        chosen = self._first_place(passage, hits, local)
        outside = next((h for h in hits if h.foreign), None)
        if chosen is None:
            if outside is not None or abroad is not None:
                return self._abroad(outside.words if outside else _short_form(abroad))
            return _UNKNOWN
        region, first = chosen
        if outside is not None and _happened_abroad(passage, first, outside):
            return self._abroad(outside.words)
        if abroad is not None and abroad.start() < first.start:
            return self._abroad(_short_form(abroad))
        return region

    def _abroad(self, words: str) -> Region:
        """A place abroad named by `words`: a place, a person, or a short form such as 俄 at the head of 俄媒."""
        return Region(foreign=True, country=self._gazetteer.countries.get(words, ""), evidence=(words,))

    def _hits(self, passage: str) -> list[_Hit]:
        return [
            _Hit(passage[start:end], start, end, names, names[0] is _FOREIGN)
            for index, start, end in self._search(passage)
            if (names := self._names[index])
        ]

    def _first_place(self, passage: str, hits: list[_Hit], local: Region | None) -> tuple[Region, _Hit] | None:
        """Return the first supported place and the hit it began with, made more exact by the hits after it."""
        for towards in (False, True):
            found: Region | None = None
            first: _Hit | None = None
            before: _Hit | None = None
            left = False
            for hit in hits:
                place = None if hit.foreign else self._place(passage, hit, before, found, local)
                if place is None:
                    continue
                if not towards and _aside(passage, hit):
                    left = True
                    continue
                found = place if found is None else _merged(found, place)
                first, before = first or hit, hit
            if found is not None and first is not None:
                return found, first
            if not left:
                break
        return None

    def _place(self, passage: str, hit: _Hit, before: _Hit | None, found: Region | None, local: Region | None) -> Region | None:
        if found is not None and any(n.code == found.code and not n.town for n in hit.names):
            return None  # the same name again, not the county of that name
        touching = before is not None and passage[before.end : hit.start] in ("", " ", "·")
        scope = found.code if found is not None else ""
        supported = [n for n in hit.names if self._supported(passage, hit, n, scope if touching else "", local)]
        if not supported or _NOT_AFTER.match(passage, hit.end):
            return None
        inside = [n for n in supported if scope and (_inside(n.code, scope) or (n.town and n.code == scope))]
        if found is not None and not inside:
            return None
        candidates = inside or supported
        if len({n.code for n in candidates}) > 1:
            candidates = self._ours(_settled(candidates, passage, self._gazetteer.by_code, local))
        return self._region(candidates, hit.words) if candidates else None

    def _ours(self, names: list[_Name]) -> list[_Name]:
        """Of places that nothing tells apart the installation's own: to miss it costs more than to look in vain."""
        home = self._gazetteer.home
        return [n for n in names if home and (n.code == home or _inside(n.code, home))] or names

    def _supported(self, passage: str, hit: _Hit, name: _Name, parent: str, local: Region | None) -> bool:
        form = name.form
        if form <= _SURE:
            return True
        if form is _STRICT:
            return False
        if (parent and _inside(name.code, parent)) or _ORGAN.match(passage, hit.end):
            return True
        at_home = local is not None and bool(local.code) and _inside(name.code, local.code)
        if not at_home and (form is _DISTRICT or hit.words in self._gazetteer.words):
            return False
        if _NOT_AFTER_WEAK.match(passage, hit.end):
            return False
        return passage[: hit.start] in ("", "\n") or _ends(passage, hit.start, _PLACE_FOLLOWS)

    def _region(self, names: list[_Name], words: str) -> Region | None:
        """Return the place that all candidates share, None when they share not even a province."""
        codes = {n.code for n in names}
        if len(codes) == 1:
            return self._of_code(names[0].code, names[0].town, words)
        for length in (4, 2):
            shared = {c[:length] for c in codes}
            if len(shared) == 1:
                return self._of_code(shared.pop().ljust(6, "0"), "", words)
        return None

    def _spelled(self, code: str, town: str, words: str) -> Region:
        """The place of a division code (and of a town in it) that was found as `words`."""
        by_code = self._gazetteer.by_code
        province, city, county = (by_code.get(c) for c in (code[:2] + "0000", code[:4] + "00", code))
        names = [d.short if d else "" for d in (province, city, county)]
        if code[:2] in MUNICIPALITIES:
            names[1] = names[0]
        if code[4:] == "00":
            names[2] = ""
        if code[2:] == "0000" and code[:2] not in MUNICIPALITIES:
            names[1] = ""
        return Region(province=names[0], city=names[1], county=names[2], town=town, code=code, evidence=(words,))


def _aside(passage: str, hit: _Hit) -> bool:
    """Whether the name tells where people go or come from."""
    return bool(_ORIGIN.match(passage, hit.end) or _ends(passage, hit.start, _TOWARDS))


def _undated(text: str) -> str:
    """`text` without the agency, day and names it begins with, whose places say where it was written."""
    dated = "(" in text or "日电" in text or "日讯" in text or "日消息" in text  # in all that the pattern finds
    return _DATELINE.sub("", text) if dated else text


def _ends(passage: str, end: int, words: tuple[str, ...]) -> bool:
    """Whether what stands before `end` ends with one of `words`, a line break left out."""
    return passage.endswith(words, 0, end) or (passage.endswith("\n", 0, end) and passage.endswith(words, 0, end - 1))


def _short_form(found: re.Match[str] | None) -> str:
    """The sign or signs of a country (俄, 俄乌) that were found."""
    return next((sign for sign in found.groups() if sign), "") if found else ""


def _settled(names: list[_Name], passage: str, by_code: dict[str, Division], local: Region | None) -> list[_Name]:
    """Choose among places of one name: the larger place, then the one whose province or city the text names, then the local one."""
    larger = [n for n in names if n.code.endswith("00")]
    if larger and min(len(n.code.rstrip("0")) for n in names) <= 4:
        provinces = [n for n in larger if n.code.endswith("0000")]
        return provinces or larger
    named = [n for n in names if any(_names_parent(passage, by_code.get(c)) for c in (n.code[:2] + "0000", n.code[:4] + "00"))]
    if named:
        return named
    if local is not None and local.code:
        near = [n for n in names if _inside(n.code, local.code) or n.code[:4] == local.code[:4]]
        near = near or [n for n in names if n.code[:2] == local.code[:2]]
        if near:
            return near
    return names


def _names_parent(passage: str, parent: Division | None) -> bool:
    return parent is not None and short_name(parent.name) in passage


def _inside(code: str, scope: str) -> bool:
    return code != scope and code.startswith(scope.rstrip("0") if not scope.endswith("0000") else scope[:2])


def _merged(first: Region, more: Region) -> Region:
    """Take the more exact place when it lies in the first one; a second, different place does not count."""
    if not first.known and not first.foreign:
        return more
    if more.code and first.code and (_inside(more.code, first.code) or (more.code == first.code and more.town)):
        return replace(more, evidence=first.evidence + more.evidence)
    return first


def _happened_abroad(passage: str, domestic: _Hit, foreign: _Hit) -> bool:
    """Decide between a domestic and a foreign name: people of one place, the event in the other."""
    if domestic.start < foreign.start:
        return bool(_PERSON_OF.match(passage, domestic.end)) and _ends(passage, foreign.start, _AT)
    if _PERSON_OF.match(passage, foreign.end) and _ends(passage, domestic.start, _AT):
        return False
    return not passage[foreign.end :].startswith(("媒体", "媒", "专家", "网友", "留学生"))


def _all_names(gazetteer: Gazetteer) -> dict[str, tuple[_Name, ...]]:
    """Return every pattern with what it may mean; a trap means nothing."""
    names: dict[str, list[_Name]] = {}
    for division in gazetteer.divisions:
        for words, form in _forms(division, gazetteer):
            names.setdefault(words, []).append(_Name(division.code, form))
    for words, code in gazetteer.aliases:
        names.setdefault(words, []).insert(0, _Name(code, _Form.FULL))
    for words, code in gazetteer.towns:
        names.setdefault(words, []).append(_Name(code, _Form.FULL, words))
    patterns = {words: tuple(found) for words, found in names.items() if words}
    patterns |= {words: (_FOREIGN,) for words in gazetteer.foreign if words not in patterns}
    return patterns | dict.fromkeys(gazetteer.traps, ())


def _forms(division: Division, gazetteer: Gazetteer) -> Iterator[tuple[str, _Form]]:
    name, short = division.name, division.short
    yield name, _generic(name, gazetteer)
    if "自治" in name and division.level is not PlaceLevel.PROVINCE:
        yield short + ("州" if name.endswith("州") else name[-1]), _Form.FULL
    if short == name:
        return
    if division.level is PlaceLevel.PROVINCE:
        yield short, _Form.SHORT
    elif short in gazetteer.strict_words:
        yield short, _Form.STRICT
    elif short in gazetteer.known_districts:
        yield short, _Form.SHORT
    elif name.endswith("区") and division.level is PlaceLevel.COUNTY:
        yield short, _Form.DISTRICT
    elif short in gazetteer.words or (division.level is PlaceLevel.COUNTY and len(short) < 3):
        yield short, _Form.WEAK
    else:
        yield short, _Form.SHORT


def _generic(name: str, gazetteer: Gazetteer) -> _Form:
    """`城区`, `东区` are everywhere; `应县`, `新县` hide in `回应县领导`, `新县委书记`: both need support."""
    if name not in gazetteer.generic:
        return _Form.FULL
    return _Form.DISTRICT if name.endswith("区") else _Form.WEAK
