"""Joins the marks of one sentence: which number of people belongs to which casualty word.

A number belongs to the word it stands next to (`3人死亡`, `死亡3人`, `3死`); what is left over may be joined across a
short phrase (`三名工人在清淤作业中遇难`). It does not decide which number counts: that is `monitors.figures`.
"""

import re
from dataclasses import dataclass, replace

from monitors.counted import PERSON, Metric
from monitors.marks import Kind, Mark, marks
from monitors.numerals import NUMBER

_PHRASE = rf"(?:[^,。;!?、() 致把将]{{0,9}}?(?:{PERSON}))?"
_ADVERB = (
    "(?:均|都|全部|全|皆|已经|已|也|仍|尚|不幸|当场|当即|先后|相继|陆续|目前|依然|仍然|依旧|经?(?:医院|全力|医治)?抢救无效|因抢救无效|(?:送医|送院|入院|抢救)后|"
    "经抢救|因?伤势过重|不治|因公|疑似|确认|确定|证实|不同程度|程度不同|分别|受到?|被|的|因|集体|发生|出现|双双|最终|意外|不慎|落水|还|才|在此?事[故件]中|在事故中)"
)
_BEFORE_WORD = re.compile(rf"{_PHRASE}{_ADVERB}*$")
_BEFORE_NUMBER = re.compile(
    rf"(?:(?:从|由)(?:{NUMBER})[人例名位]?|的|了|一家|总?人?数|者|人员|矿工|工人|职工|村民|居民|群众|学生|师生|游客|旅客|乘客|船员|病例|已|共|达|至|到|为|是|有|计|约|仅|增|升|上升|增加|更正|修正|下调|上调|更新|改|累计|分别|另有|再|又|:|"
    r"的?(?:[一-鿿]{0,4})?的?人数)*$"
)
_BEFORE_EVACUATED = re.compile(
    r"(?:了|安置|受灾|灾区|受威胁|危险区?|险区|群众|居民|村民|人员|游客|旅客|师生|共|约|累计|已|达|[\d.,余多万一-鿿]{1,6}户|[,、:])*$"
)
# What follows a number that is the subject of another verb, so that the word before does not own it.
_OWN_VERB = re.compile(
    rf"[^,。;]{{0,2}}?(?:{PERSON})?(?:已)?(?:被|获|涉|遭|称|回应|发声|施救|赶|在逃|因|仍|正|负|担|揭|讲|说|报|目击|作|参与)"
)
# Verbs with a doer: the people before them are the doers unless `被` or `致` says otherwise.
_TRANSITIVE = re.compile(
    r"[杀打咬砸撞炸轧碾掐毒压害踩捅砍刺枪]死|杀害|枪杀|[砸撞刺砍炸咬捅打抓踩轧碾]伤|致死|致伤|连环?撞|撞[倒飞]|连续撞击"
)
# After a number that ends its phrase; anything else there means the number begins a new statement (去世7名好友帮…).
_PHRASE_ENDS = re.compile(
    rf"(?:[^,。;!? ]{{0,5}}?(?:{PERSON}))?(?:$|[,。;、!?() :]|均|都|全|以上|左右|及|和|与|等|后|的|案|其中|并|另|还|中|目前|已|当地|截至)"
)
_SUFFERED = re.compile(r"被|遭|受")
_CAUSED = re.compile(r"(?:致使?|造成|导致|发生|引发|有)$")
_OTHERS_SUFFER = re.compile(r"(?:致|造成|导致|把|将|令)[^,]+$|\d+(?:多|余|万)?(?:条|只|头|匹|尾|种)")
_DOER = re.compile(r"(?:被|遭|由|救[起下出了]?|帮助|营救|找到|抓获|逮捕|控制)$")
_CAUSE = re.compile(r"因|在|被|遭|由于|途中|乘|驾|随|从|食用|误食|吃")
_RESCUED = re.compile(
    r"[^,。;\d一二两三四五六七八九十百]{0,6}?(?:均|全部|都|已)?(?:安全|成功|平安)?(?:获救|救出|脱险|生还|脱困|找到|升井)"
)
_HELPING = re.compile("组织|参与|协助|指挥|帮助|负责|转运")
_ALL = re.compile("(?:人员?)?(?:均|都|全部|已|确认|被?证实)")
_SAVING = re.compile(r"(?:救出|救起|救下|营救|解救|搜救出|搜寻到|搜救到|找到|找回|寻获|转移)[出了]?[^,。;0-9]{0,6}$")
_PART = re.compile(r"(?:其中|包括|包含|内含|里有|中有)[^,。;]{0,8}$")
_ADDED = re.compile(r"(?:再有|又有|又发现|再发现|新发现|另有|还有|另外有?|再添|又添|再增)[^,。;]{0,6}$")
_NEW = re.compile(r"新增[^,。;]{0,8}$")
_UPDATED = re.compile(r"(?:升|增|增加|上升|攀升|飙升|更正|修正|订正|下调|上调|更新|变更|改|调整)(?:至|到|为)|已达")
_AND = re.compile(rf"[^,。;]{{0,6}}?(?:{PERSON})(?:和|与|及|以及|、|,|另|外加)?$")
_PEOPLE_NEXT = re.compile(rf"[^,。;]{{0,6}}?(?:{PERSON})")
# One of these is in every casualty word and in every word for a body: most sentences that hold a number hold none.
_CASUALTY = re.compile(
    "死|亡|伤|杀|骨折|撞|遇难|罹难|殉|牺牲|害|毙|殒命|丧生|丧命|生命|世|逝者|失联|失踪|冲走|卷走|下落|去向|失去联系|走失|音讯全无|毒|危|"
    "困|埋|被压|转移|撤离|疏散|送|就医|就诊|入院|住院|腹泻|呕吐|不适|头晕|遗体|尸|遗骸"
)
_MEASURE = "名位个"
_REACH = 28


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """One number of one metric; `value` is None where the words only say "many". Offsets count in the sentence."""

    metric: Metric
    value: int | None
    start: int
    end: int
    approx: bool = False
    weak: bool = False  # patients, people swept away and bodies: counts only where nothing better is stated
    part: bool = False  # introduced as a part of another number (其中)
    added: bool = False  # comes on top of an earlier number (再有)
    new: bool = False  # an increase (新增), not to be added: the total may already hold it
    update: bool = False  # a total that replaces earlier ones (升至)
    implicit: bool = False  # one definite person without a number (女孩不幸身亡)


def casualty_in(sentence: str) -> bool:
    """Whether `sentence` may hold a casualty word; what it lets through is looked at with care."""
    return _CASUALTY.search(sentence) is not None


def mentions(sentence: str) -> list[Mention]:
    """Return every number of `sentence` that is said of casualties, in order of the numbers."""
    if not casualty_in(sentence):
        return []
    found = marks(sentence)
    if not any(m.metric is not None for m in found):
        return []
    items = _coordinated([m for m in found if m.kind is not Kind.OTHER], sentence)
    others = [m for m in found if m.kind is Kind.OTHER or (m.kind is Kind.WORD and m.metric is None)]
    pairs = _adjacent(items, sentence)
    resolved, spent = _resolved(pairs, items, sentence)
    pairs = [p for p in pairs if p not in spent]
    pairs += _distant(pairs + spent, [t for p in resolved for t in p[1:]], items, others, sentence)
    stated = [_mention(q, t, sentence) for q, t in pairs if t.metric is not None and not _saved(q, t, sentence)]
    stated += [m for q, t, outcome in resolved for m in _outcome(q, t, outcome, sentence)]
    stated += [_mention(q, q, sentence) for q in items if q.kind is Kind.QUANTITY and q.metric is not None]
    return sorted(stated, key=lambda m: (m.start, m.end))


def _coordinated(items: list[Mark], sentence: str) -> list[Mark]:
    """Add up `50名儿童94名妇女`: two numbers of named people with nothing but `和` between them."""
    merged: list[Mark] = []
    for mark in items:
        last = merged[-1] if merged else None
        if last is None or not _same_people(last, mark, sentence):
            merged.append(mark)
            continue
        total = None if last.value is None or mark.value is None else last.value + mark.value
        merged[-1] = replace(mark, start=last.start, value=total, approx=last.approx or mark.approx)
    return merged


def _same_people(first: Mark, second: Mark, sentence: str) -> bool:
    if first.kind is not Kind.QUANTITY or second.kind is not Kind.QUANTITY or first.bare or second.bare:
        return False
    if first.metric is not None or second.metric is not None:
        return False
    if sentence[first.end - 1] not in _MEASURE or sentence[second.end - 1] not in _MEASURE:
        return False
    return bool(_AND.match(sentence[first.end : second.start]) and _PEOPLE_NEXT.match(sentence[second.end :]))


def _adjacent(items: list[Mark], sentence: str) -> list[tuple[Mark, Mark]]:
    """Pair what touches. In a run of alternating marks the first one tells the order: `3死2伤` or `死亡3人受伤2人`."""
    pairs: list[tuple[Mark, Mark]] = []
    run: list[Mark] = []
    for mark in [*items, None]:
        if mark is not None and run and _touches(run[-1], mark, sentence):
            run.append(mark)
            continue
        pairs += _run_pairs(run, sentence)
        run = [mark] if mark is not None else []
    return pairs


def _touches(left: Mark, right: Mark, sentence: str) -> bool:
    between = sentence[left.end : right.start]
    if left.kind is right.kind or len(between) > _REACH or (left.kind is Kind.QUANTITY and left.metric is not None):
        return False
    if left.kind is Kind.QUANTITY:
        if not left.bare and _acts(left, right, sentence):
            return False
        return not between if left.bare else bool(_BEFORE_WORD.match(between))
    pattern = _BEFORE_EVACUATED if left.metric is Metric.EVACUATED else _BEFORE_NUMBER
    return right.metric is None and bool(pattern.match(between))


def _acts(quantity: Mark, word: Mark, sentence: str) -> bool:
    """Whether the people are the doers of the word (`两男子打死一人`), not those it happened to (`两男子被打死`)."""
    if word.metric is Metric.EVACUATED:
        return bool(_HELPING.search(sentence[quantity.end : word.start]))
    if not _TRANSITIVE.fullmatch(sentence[word.start : word.end]):
        return False
    return not _SUFFERED.search(sentence[quantity.end : word.start]) and not _CAUSED.search(sentence[: quantity.start])


def _run_pairs(run: list[Mark], sentence: str) -> list[tuple[Mark, Mark]]:
    if len(run) < 2:
        return []
    if run[0].kind is Kind.WORD and len(run) % 2:
        if len(run) == 3 and run[0].metric in (Metric.MISSING, Metric.TRAPPED) and _ALL.match(sentence, run[1].end):
            return [(run[1], run[0])]  # 失联4人均已遇难: `_resolved` reads on
        run = run[1:]  # word, number, word: the number belongs to the second
    pairs = []
    for left, right in zip(run[::2], run[1::2], strict=False):
        if left.kind is Kind.QUANTITY:
            pairs.append((left, right))
        elif not right.bare and _owned(left, right, run, sentence):
            pairs.append((right, left))
    return pairs


Outcome = tuple[Mark, Mark, Mark]
"""A number of people, what was said of them, and the word that tells they died."""


def _owned(word: Mark, quantity: Mark, run: list[Mark], sentence: str) -> bool:
    """Whether the number after a casualty word counts its people and is not the subject of a verb of its own."""
    rest = sentence[quantity.end :]
    if _OWN_VERB.match(rest):
        return False
    if (
        run[-1] is not quantity
        or _TRANSITIVE.search(sentence[word.start : word.end])
        or word.metric in (None, Metric.EVACUATED)
    ):
        return True
    return bool(_PHRASE_ENDS.match(rest))


def _resolved(
    pairs: list[tuple[Mark, Mark]], items: list[Mark], sentence: str
) -> tuple[list[Outcome], list[tuple[Mark, Mark]]]:
    """Find people whose state is told in the same breath: `失联4人均已遇难`, `3名重伤人员抢救无效死亡`."""
    taken = {id(t) for _, t in pairs}
    resolved: list[Outcome] = []
    spent = []
    for quantity, word in pairs:
        if word.metric in (Metric.DEATHS, Metric.COMBINED, Metric.EVACUATED, None):
            continue
        end = max(quantity.end, word.end)
        after = [m for m in items if m.start >= end]
        if not after or after[0].kind is not Kind.WORD or after[0].metric is not Metric.DEATHS or id(after[0]) in taken:
            continue
        between = sentence[end : after[0].start]
        if (
            len(between) <= 14
            and not re.search(r"[。;!?]", between)
            and not re.search(r",(?!.{0,4}(?:均|全部|已|确认))", between)
        ):
            resolved.append((quantity, word, after[0]))
            spent.append((quantity, word))
    return resolved, spent


def _distant(
    pairs: list[tuple[Mark, Mark]], gone: list[Mark], items: list[Mark], others: list[Mark], sentence: str
) -> list[tuple[Mark, Mark]]:
    """Join what is left across a short phrase: the nearest free number before a free word, or the object of a verb."""
    used = {id(m) for pair in pairs for m in pair} | {id(m) for m in gone}
    found = []
    for index, word in enumerate(items):
        if word.kind is not Kind.WORD or word.metric is None or id(word) in used or _names_people(word, sentence):
            continue
        number = _subject(items[:index], word, used, others, sentence) or _object(items[index + 1 :], word, used, sentence)
        if number is not None:
            used |= {id(number), id(word)}
            found.append((number, word))
    return found


def _names_people(word: Mark, sentence: str) -> bool:
    """`伤员`, `死者` are people, not what happened to somebody: they take only the number next to them."""
    return sentence[word.start : word.end][-1] in "员者"


def _subject(before: list[Mark], word: Mark, used: set[int], others: list[Mark], sentence: str) -> Mark | None:
    for mark in reversed(before):
        if id(mark) in used:
            return None
        if mark.kind is not Kind.QUANTITY or mark.metric is not None:
            continue
        if _DOER.search(sentence[: mark.start]):
            continue
        between = sentence[mark.end : word.start].replace(" ", ",")
        if mark.bare or len(between) > _REACH or re.search(r"[。;!?]", between) or between.count(",") > 1:
            return None
        if "," in between and not _CAUSE.search(between.split(",")[0]):
            return None
        if _OTHERS_SUFFER.search(between) or _acts(mark, word, sentence):
            return None
        return None if any(mark.end <= o.start and o.end <= word.start for o in others) else mark
    return None


def _object(after: list[Mark], word: Mark, used: set[int], sentence: str) -> Mark | None:
    if not after or not _TRANSITIVE.search(sentence[word.start : word.end]):
        return None
    mark = after[0]
    if mark.kind is not Kind.QUANTITY or mark.bare or id(mark) in used or not 0 <= mark.start - word.end <= 8:
        return None
    between = sentence[word.end : mark.start]
    return None if re.search(r"[,。;!?]", between) or _OWN_VERB.match(sentence[mark.end :]) else mark


def _saved(quantity: Mark, word: Mark, sentence: str) -> bool:
    """`救出5名被困群众` says how many were saved, not how many are trapped."""
    start = min(quantity.start, word.start)
    return word.metric in (Metric.MISSING, Metric.TRAPPED) and bool(_SAVING.search(sentence[:start]))


def _outcome(quantity: Mark, word: Mark, death: Mark, sentence: str) -> list[Mention]:
    """The people of `word` died: they count as dead, and nobody is missing or trapped any more."""
    stated = [_mention(quantity, death, sentence)]
    if word.metric in (Metric.MISSING, Metric.TRAPPED):
        stated.append(replace(_mention(quantity, word, sentence), value=0))
    return stated


def _mention(quantity: Mark, word: Mark, sentence: str) -> Mention:
    assert word.metric is not None
    start, end = min(quantity.start, word.start), max(quantity.end, word.end)
    before = sentence[:start] if quantity.start == start else sentence[: quantity.start]
    stated = quantity.value
    if word.metric in (Metric.MISSING, Metric.TRAPPED) and stated is not None and _RESCUED.match(sentence[end:]):
        stated = 0
    return Mention(
        metric=word.metric,
        value=stated,
        start=start,
        end=end,
        approx=quantity.approx,
        weak=word.weak,
        part=bool(_PART.search(sentence[:start])),
        added=bool(_ADDED.search(before)),
        new=bool(_NEW.search(before)),
        update=bool(_UPDATED.search(sentence[max(0, start - 8) : end])),
    )
