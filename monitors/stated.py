"""Reads the figures of a text sentence by sentence and chooses among them: the grammar behind `monitors.figures`."""

import re
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from monitors.counted import NOTHING, Figure, Figures, Metric, Standing
from monitors.figures import worth_reading
from monitors.mentions import Mention, mentions
from monitors.numerals import HEDGE, NUMBER, value
from monitors.text import normalise, sentences

_DRILL = re.compile(r"演练|演习|桌面推演|模拟训练")
_WORK_OF_ART = re.compile(r"《[^《》]{1,40}》")
_HISTORY = re.compile(
    r"去年|前年|往年|上月|上个月|上周|上年|同期|每年|年均|平均每|历史上|历年|近年来|(?:19|20)\d\d年以来|自[^,。;]{1,8}以来|"
    r"(?<!不)曾(?:经|致|造成|导致|发生|有|引发|于)|此前[^,。;]{0,6}(?:地震|事故|袭击|爆炸)|另据报道|据统计,?[^,。;]{0,4}(?:每年|去年|20\d\d)|如果|假如|假设|一旦|或将|恐将|可能(?:导致|造成|致)|年前|[日月周]均|每[^,。;]{0,4}(?:秒|分钟|小时|天|周)|是否(?:可以|应|能|一个|会)|能否|要是"
)
_ANNIVERSARY = re.compile(r"(?:\d|[一二三四五六七八九十百])周年")
_DENIAL = re.compile(r"辟谣|谣言|谣传|不实|虚假|假消息|子虚乌有|并非事实|不属实|造谣|传谣|系捏造")
_CLAIM = re.compile(r"网传|网上流传|传言|谣传|有传|网络传播|有网民称|有消息称|朋友圈|短视频称|据传|听说")
_FACT = re.compile(r"实际|事实上|实为|经核实|经查|经核查|警方通报|官方通报|情况通报")
_PRELIMINARY = re.compile(r"初步|据悉|目前|截至|截止|已致|已有|已造成|暂时|至少|统计中|进一步核实")
_CONFIRMED = re.compile(r"核定|最终|调查报告|认定|经核实|经确认|确认|调查组|批复")
_MAGNITUDE = re.compile(r"(\d(?:\.\d)?)级(?=[^,。;]{0,4}(?:地震|强震|余震|左右))")
_UNKNOWN = re.compile(r"(?:伤亡|死伤|死亡|人员)[^,。;]{0,10}(?:不明|不详|不清楚|未知|正在核实|正在统计|待核)")

_NEGATION = (
    r"(?:(?:暂|尚|并|均|目前|仍)?(?:无(?![辜数视锡照牌证为法线偿]|人机|家可归)|未(?![成必知来婚免央满遂])|没有?|末)"
    r"|零|0(?=伤亡))"
)
_BETWEEN = (
    r"(?:造成|导致|致使?|引发|接到|接报|收到|发现|出现|发生|报告|获|有|任何|关于|进一步|重大|新的|听说|得到|明显|一名?|1人?|"
    r"人员?|人畜|牲畜|家畜|居民|群众|村民|学生|师生|乘客|旅客|游客|平民|房屋(?:倒塌|损毁)?|财产损失|及|和|或|与|、|,|因灾|因)*"
)
_NOT_A_COUNT = r"(?!(?:的)?(?:具体|详细|准确|最新|确切|完整)?(?:数字|数据|统计|名单|情况通报|预警))"
_ZERO_ALL = re.compile(rf"{_NEGATION}{_BETWEEN}(?:伤亡|死伤){_NOT_A_COUNT}")
_ZERO_ONE = re.compile(
    rf"{_NEGATION}{_BETWEEN}(?:(?P<deaths>死亡(?!病例[^,。]{{0,4}}新)|遇难|身亡|丧生|溺亡|遇害)|(?P<injured>受伤|(?:严重)?伤情)"
    r"|(?P<missing>失联|失踪)|(?P<trapped>被困|受困|被埋|滞留)|(?P<poisoned>中毒))"
)
_ALSO_HURT = re.compile(r"^(?:和|或|及|、|者)?(?:人员)?(?:严重)?(?:受伤|伤情|伤者)")
_NONE_LEFT = re.compile(
    r"(?:(?P<missing>失联|失踪)|(?P<trapped>被困|受困|被埋))(?:人员|者|群众|工人|矿工|学生|游客|乘客)?[^,。;\d]{0,4}(?:均已|全部|已全部|都已|悉数)[^,。;]{0,4}(?:找到|获救|救出|脱险|生还|升井|安全|转移|寻获)"
    r"|最后(?:一|1)[名位个](?P<last>失联|失踪)[^,。;]{0,6}(?:找到|寻获|发现)"
)
_HOUSEHOLDS = re.compile(
    rf"(?:(?:转移|安置|撤离|疏散|受灾|涉及|搬迁|影响)[^,。;]{{0,8}}?(?P<a>{NUMBER})户(?!口))|(?:(?P<b>{NUMBER})户(?!口)[^,。;]{{0,12}}?(?:转移|安置|撤离|疏散|受灾|被迫|搬离|避险|受损|断水|停电))"
)
_LOSS = re.compile(
    rf"(?:经济损失|财产损失|损失)[^,。;\d一二两三四五六七八九十]{{0,8}}?(?P<hedge>{HEDGE})?(?P<n>{NUMBER})余?(?:元|人民币)(?!/)"
    rf"|(?P<hedge2>{HEDGE})?(?P<n2>{NUMBER})余?元(?:人民币)?的?(?:直接)?(?:经济|财产)损失"
)
_ONE_PERSON = (
    "女孩|男孩|女童|男童|女婴|男婴|女子|男子|老人|老太|大爷|大妈|司机|驾驶员|机长|女生|男生|小孩|婴儿|幼童|少年|少女|小伙|网红|主播|产妇|孕妇|博主|"
    "(?:岁|[一某男女])的?(?:大学生|小学生|初中生|高中生|中学生|学生|游客|工人|员工|职工|骑手|外卖员|快递员|乘客|旅客|民警|辅警|交警|消防员|战士|教师|老师|"
    "医生|护士|村民|农民|青年|潜水员|环卫工|保安|幼儿|儿童|孩子)"
)
_IMPLICIT = re.compile(
    rf"(?<![名们些群众多数])(?<!两|俩|双)(?:{_ONE_PERSON})(?![们群])(?P<gap>[^,。;、和与\d]{{0,12}}?)"
    r"(?:(?P<deaths>身亡|死亡|遇难|溺亡|坠亡|丧生|猝死|牺牲(?!在)|殉职|遇害|惨死|不治(?:身亡|去世))|(?P<injured>受伤|受重伤|受轻伤|重伤|轻伤)|(?P<missing>失联|失踪)|(?P<poisoned>中毒))(?!人数|率|赔|后续费|通知|证明|威胁|案件数)"
)
_ODD_GAP = re.compile(
    "多人|数人|们|宠物|小猫|小狗|鹦鹉|如何|怎|为何|吗|模拟|扮演|谈|回应|称|说|看到|目睹|目击|涉|致|把|将|造成|让|杀|撞|威胁|假装|险些|差点|[未没无防]|找到|发现|救|侮辱|告别|怀念|扒|生还|认识|面对|得知|知道|害怕|恐惧"
)
_CAME_BACK = re.compile("获救|救起|救出|救下|被救|生还|脱险|上岸|自救|寻获|找到|漂流")
_THINGS = re.compile("[辆栋台座箱吨车房屋桥船棚货]|公斤|物品|财物|行李")
"""Between people and what was swept away: it was their things."""
_FOUND_AGAIN = re.compile("生还|获救|找到|联系到|联系上|报平安")
# Reports are far shorter; the limits bound the time a hostile text can cost.
_MAX_TITLE, _MAX_TEXT, _MAX_SENTENCE, _MAX_SENTENCES = 300, 6000, 500, 40
_KNOWN = 512
"""Sentences remembered: a text repeats its title, and the same report stands in many places within the hour."""


def read(title: str, text: str) -> Figures:
    """What `monitors.figures.extract` gives for a text that is worth reading."""
    title, text = normalise(title)[:_MAX_TITLE], normalise(text[:_MAX_TEXT]) if text else ""
    if _DRILL.search(title):
        return NOTHING
    passages = [(True, title)] if title else []
    passages += [(False, text)] if text else []
    found = _Found(poisoning="中毒" in title or "中毒" in text[:400], magnitude=frozenset(_MAGNITUDE.findall(title)))
    for in_title, passage in passages:
        offset = 0
        for whole in sentences(passage)[:_MAX_SENTENCES]:
            sentence = whole[:_MAX_SENTENCE]
            if worth_reading(sentence):  # asked first: most sentences are not worth to be kept in mind either
                offset = passage.index(whole, offset)
                found.read(sentence, offset, in_title, passage if in_title else whole)
            offset += len(whole)
    return found.figures(title)


class _Said(NamedTuple):
    """What a sentence says whatever stands around it: `limit` is where its history begins, `back` that somebody came back."""

    zeros: tuple[Mention, ...]
    stated: tuple[Mention, ...]
    unknown: bool
    back: bool
    limit: int
    art: tuple[tuple[int, int], ...]


@lru_cache(maxsize=_KNOWN)
def _said(sentence: str) -> _Said | None:
    """None where it is an anniversary's."""
    if _ANNIVERSARY.search(sentence):
        return None
    zeros = _zeros(sentence)
    stated = [m for m in [*mentions(sentence), *_amounts(sentence)] if not any(z.start <= m.start < z.end for z in zeros)]
    history = _HISTORY.search(sentence) if zeros or stated else None
    return _Said(
        zeros=tuple(zeros),
        stated=tuple(stated),
        unknown=_UNKNOWN.search(sentence) is not None,
        back=_CAME_BACK.search(sentence) is not None,
        limit=history.start() if history else len(sentence),
        art=tuple([m.span() for m in _WORK_OF_ART.finditer(sentence)]),
    )


class _Found:
    """Collects candidates sentence by sentence, in reading order, and chooses at the end."""

    def __init__(self, *, poisoning: bool, magnitude: frozenset[str]) -> None:
        self.poisoning = poisoning
        self.magnitude = magnitude
        self.rows: list[tuple[Mention, Figure]] = []
        self.denied: list[Figure] = []
        self.unknown = False
        self.refuted_title = False

    def read(self, sentence: str, offset: int, in_title: bool, context: str) -> None:
        """Take every number of one sentence that is about the main event; a refutation counts in all of `context`."""
        said = _said(sentence)
        if said is None or self._another_quake(sentence):
            return
        self.unknown |= said.unknown
        refuted = self._refuted(sentence, in_title, context)
        if not said.zeros and not said.stated:
            return
        for mention in (*said.zeros, *self._adapted(said.stated)):
            if _swept(mention) and (said.back or _THINGS.search(sentence, mention.start, mention.end)):
                continue
            if any(a <= mention.start < b for a, b in said.art) or (mention.start >= said.limit and not mention.update):
                continue
            figure = _figure(mention, sentence, offset, in_title)
            if figure is not None and figure.value > 0 and refuted[0] <= mention.start < refuted[1]:
                self.denied.append(figure)
            else:
                self.rows.append((mention, figure or _vague(mention, in_title)))

    def _adapted(self, stated: tuple[Mention, ...]) -> Iterable[Mention]:
        """In a poisoning, people in hospital are the poisoned."""
        if not self.poisoning:
            return stated
        return [replace(m, metric=Metric.POISONED) if m.weak and m.metric is Metric.INJURED else m for m in stated]

    def _another_quake(self, sentence: str) -> bool:
        magnitudes = set(_MAGNITUDE.findall(sentence)) if self.magnitude else None
        return bool(magnitudes and not magnitudes & self.magnitude)

    def _refuted(self, sentence: str, in_title: bool, context: str) -> tuple[int, int]:
        """Return the stretch of `sentence` that is refuted: the claim, up to the word that begins the facts."""
        denial = _DENIAL.search(sentence)
        if denial is None and "?" in sentence and _DENIAL.search(context):
            return (0, len(sentence))
        claim = _CLAIM.search(sentence)
        if denial is None and not (self.refuted_title and not in_title and claim):
            return (0, 0)
        self.refuted_title |= in_title
        start = claim.start() if claim else 0
        fact = _FACT.search(sentence, max(start, denial.end() if denial else 0))
        return (start, fact.start() if fact else len(sentence))

    def figures(self, title: str) -> Figures:
        """Choose one figure for each metric; derive injured from degrees; add one implied person where nothing is said."""
        if any(m.metric in _FATE and not m.weak for m, _ in self.rows):  # 5人被卷走4人遇难: the four are of the five
            self.rows = [r for r in self.rows if not _swept(r[0])]
        named = {m.metric for m, _ in self.rows}
        chosen = {m: f for m in Metric if m in named and (f := _choose([r for r in self.rows if r[0].metric is m])) is not None}
        derived, total = self._by_degree(), chosen.get(Metric.INJURED)
        if derived is not None and (total is None or _later(total, derived)):
            chosen[Metric.INJURED] = derived
        if not self.denied:
            for figure in _implied(title):
                if not any(r[0].metric in (figure.metric, Metric.COMBINED) for r in self.rows):
                    chosen.setdefault(figure.metric, figure)
        return Figures(**{m.value: f for m, f in chosen.items()}, denied=tuple(self.denied), unknown=self.unknown)

    def _by_degree(self) -> Figure | None:
        """Add up heavily and lightly injured as the first sentence that has them states them."""
        rows = [f for m, f in self.rows if m.metric in (Metric.SERIOUS, Metric.LIGHT) and not m.part and f.value > 0]
        if not rows:
            return None
        first = [f for f in rows if f.in_title is rows[0].in_title and abs(f.start - rows[0].start) < 40]
        last = max(first, key=lambda f: f.end)
        total = sum({(f.start, f.value): f.value for f in first}.values())
        quote = "、".join(f.quote for f in first)
        return replace(rows[0], metric=Metric.INJURED, value=total, quote=quote, end=last.end)


_FATE = frozenset({Metric.DEATHS, Metric.MISSING, Metric.COMBINED})
"""What became of people who were swept away: where it is said, how many they were is not counted beside it."""
_VAGUE = -1
_NEAR = 30  # characters within which a second number still speaks of the first


def _swept(mention: Mention) -> bool:
    return mention.weak and mention.metric is Metric.MISSING


def _later(total: Figure, derived: Figure) -> bool:
    """An undated total far behind the degrees is of another event, unless it says that it replaces them."""
    return not total.update and (derived.in_title, total.start) > (total.in_title, derived.end + 60)


def _vague(mention: Mention, in_title: bool) -> Figure:
    return Figure(metric=mention.metric, value=_VAGUE, quote="", start=mention.start, end=mention.end, in_title=in_title)


def _figure(mention: Mention, sentence: str, offset: int, in_title: bool) -> Figure | None:
    if mention.value is None:
        return None
    before = sentence[max(0, mention.start - 24) : mention.end]
    standing = Standing.STATED
    if _CLAIM.search(sentence[: mention.start]):
        standing = Standing.CLAIMED
    elif _CONFIRMED.search(sentence):
        standing = Standing.CONFIRMED
    elif _PRELIMINARY.search(before):
        standing = Standing.PRELIMINARY
    return Figure(
        metric=mention.metric,
        value=mention.value,
        quote=sentence[mention.start : mention.end],
        start=offset + mention.start,
        end=offset + mention.end,
        in_title=in_title,
        approx=mention.approx,
        added=mention.added or mention.new,
        update=mention.update,
        implicit=mention.implicit,
        standing=standing,
    )


def _choose(rows: list[tuple[Mention, Figure]]) -> Figure | None:
    """Return the figure that counts among the mentions of one metric in reading order; None when only "many" is said."""
    strong = [r for r in rows if not r[0].weak] or rows
    whole = [r for r in strong if not r[0].part] or strong
    if not whole:
        return None
    lead = whole[0][1]
    for mention, figure in whole[1:]:
        if figure.value == _VAGUE:
            continue
        near = figure.in_title is lead.in_title and figure.start - lead.end < _NEAR
        stated_now = mention.update or (lead.value == 0 and near)
        if lead.value == _VAGUE or (figure.value > 0 and stated_now):
            lead = figure
        elif mention.added and lead.value > 0 and near:
            lead = replace(lead, value=lead.value + figure.value, end=figure.end, quote=f"{lead.quote}、{figure.quote}")
    return None if lead.value == _VAGUE else lead


def _zeros(sentence: str) -> list[Mention]:
    """Find where the sentence says that there are none."""
    found = []
    for match in _ZERO_ALL.finditer(sentence) if "伤" in sentence else ():
        found += [Mention(metric=m, value=0, start=match.start(), end=match.end()) for m in (Metric.DEATHS, Metric.INJURED)]
    for match in _ZERO_ONE.finditer(sentence):
        metric = Metric(match.lastgroup or "deaths")
        if not _speaks_of_all(match.group(), sentence[: match.start()], metric):
            continue
        found.append(Mention(metric=metric, value=0, start=match.start(), end=match.end()))
        if metric is Metric.DEATHS and _ALSO_HURT.match(sentence[match.end() :]):
            found.append(Mention(metric=Metric.INJURED, value=0, start=match.start(), end=match.end()))
    for match in _NONE_LEFT.finditer(sentence):
        metric = Metric.TRAPPED if match["trapped"] else Metric.MISSING
        found.append(Mention(metric=metric, value=0, start=match.start(), end=match.end(), update=True))
    return found


def _speaks_of_all(words: str, before: str, metric: Metric) -> bool:
    """`未受伤`, `未死亡` alone are said of one person; of all only with `人`, with `报告` and the like, or after `均`."""
    if metric is Metric.INJURED:
        return "人" in words or bool(re.search(r"(?:均|全部|都|所有人|全员)$", before)) or words.startswith("均")
    return metric is not Metric.DEATHS or bool(re.search("[人造发出报接收]|^[无零]", words))


def _amounts(sentence: str) -> list[Mention]:
    """Find households and losses in yuan; a loss in foreign money is not a loss in yuan."""
    found = []
    for match in _HOUSEHOLDS.finditer(sentence) if "户" in sentence else ():
        number = value(match["a"] or match["b"])
        if number is not None:
            found.append(
                Mention(
                    metric=Metric.HOUSEHOLDS, value=number.value, start=match.start(), end=match.end(), approx=number.approx
                )
            )
    for match in _LOSS.finditer(sentence) if "损失" in sentence else ():
        number = value(match["n"] or match["n2"], match["hedge"] or match["hedge2"] or "")
        if number is not None:
            found.append(
                Mention(metric=Metric.LOSS_CNY, value=number.value, start=match.start(), end=match.end(), approx=number.approx)
            )
    return found


def _implied(title: str) -> list[Figure]:
    """Return one dead, injured, missing or poisoned where the title speaks of one definite person without a number."""
    match = _IMPLICIT.search(title)
    if match is None or _ODD_GAP.search(match["gap"]) or _HISTORY.search(title):
        return []
    metric = Metric(match.lastgroup or "deaths")
    if metric is Metric.MISSING and _FOUND_AGAIN.search(title):
        return []
    return [
        Figure(metric=metric, value=1, quote=match.group(), start=match.start(), end=match.end(), in_title=True, implicit=True)
    ]
