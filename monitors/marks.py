"""Marks in one sentence: numbers of people, casualty words, and the words that change what a number means.

This is the word side of the casualty grammar; `monitors.mentions` joins the marks. Input is text in the normal form of
`monitors.text` (ASCII punctuation and digits).
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from monitors.counted import PERSON, Metric
from monitors.numerals import HEDGE, NUMBER, value


class Kind(StrEnum):
    """What a mark is: a number of people, a casualty word, or a word that speaks of those people in another way."""

    QUANTITY = "quantity"
    WORD = "word"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One mark with its place in the sentence; a quantity has a `value` (None: only "many"), a word has a `metric`."""

    kind: Kind
    start: int
    end: int
    metric: Metric | None = None
    value: int | None = None
    approx: bool = False
    weak: bool = False  # patients, hospital, swept away and bodies: counts only where nothing better is stated
    bare: bool = False  # a number without a measure word (3死): belongs to what follows or to nothing


_MODIFIER = (
    "(?:中国|外籍|华裔|外国|韩国|日本|美国|年轻|未成年|小学|初中|高中|大学|留守|残疾|独居|退休|黑人|白人|失联|被困|遇难|受伤)?"
)
_RELATED = "(?:夫妻|夫妇|情侣|恋人|母女|母子|父子|父女|姐妹|兄弟|姐弟|兄妹|爷孙|祖孙|老夫妻|小夫妻|新人|老人)"

# One alternation, first match wins: what only looks like a number or a casualty word comes before the real ones.
_MASK = (
    "(?:没有?|未|并未|未有|幸免|险些|差点|免遭|避免|防止|预防|严防)(?:人员?)?(?:受伤|死亡|伤亡|遇难|身亡|丧生|丧命|失联|失踪|被困|中毒|溺亡|溺水)|幸免于难|(?:猝死|死亡|溺亡|受伤|失联|中毒)(?:风险|危险|概率|隐患|的可能)|死刑|死缓|死罪|死死|死活|死角|死机|死板|死心|死神|死守|死磕|死忠|死党|死敌|死对头|死胡同|死灰|死水|死海|死扛|死撑|死缠|死盯|死不|死里逃生|"
    "九死一生|出生入死|(?<!学)生死(?![死亡不未])|半死|该死|装死|诈死|假死|寻死|求死|找死|笑死|气死|吓死|吵死|爱死|美死|帅死|焊死|锁死|卡死|写死|活死人|宁死|"
    "至死|濒死|赐死|脑死亡|安乐死|猝死团|死亡[之率证谷赛组线亡游竞模]|死亡(?:威胁|通知|赔偿|时间|原因|笔记|诊断|案例|航班|名单|风险|医学|气息|凝视|预告|陷阱|螺旋)|"
    "(?:做出|作出|自我|巨大|无谓|甘愿)牺牲|牺牲(?:品|精神|自己|自我|掉|一个人的|色相|休息|睡眠|时间|小我|我一人)|亡命|亡国|亡灵|亡羊|存亡|灭亡|伤心|伤感|悲伤|伤害|伤人|伤情鉴定|烫伤膏|被困难|受困于|中毒性|戒毒|病毒|消毒|失踪案|"
    rf"(?:从|由)(?:{NUMBER})[人例名位]?(?=[升增上下修更降调])|第(?:{NUMBER})[名位例个人具]?|(?:{NUMBER})(?:人|名)(?:次|额|份|民币|均(?=收|消|[Gg]DP|年|月)|口|间房|座|制|房|组|桌|票|以上|以下|及以[上下])"
    rf"|(?:{NUMBER})(?:户|只|头|匹|辆|栋|间|所|岁)|(?:{NUMBER})个(?:月|小时|多?小时|半月|工作日|省|国家|城市)"
)
_DEATH = (
    "死亡|身亡|遇难|丧生|丧命|牺牲|殉职|殉难|罹难|溺亡|溺毙|坠亡|摔亡|撞亡|烧亡|冻亡|遇害|被害|毙命|殒命|猝死|惨死|死于|死去|死了|"
    "(?:致|打|杀|咬|烧|淹|砸|撞|炸|轧|碾|掐|毒|冻|饿|摔|压|害|踩|捅|砍|刺|枪|电|闷|憋|热|溺|病|枪击致)死|杀害|枪杀|"
    "离世|去世|(?:不治|无)(?:身)?(?:亡|生命(?:体征|迹象|特征))|(?:没有|无|失去|已无)生命(?:体征|迹象|特征)|失去(?:了)?生命"
)
_INJURY = (
    "(?:受|负|烧|灼|烫|砸|撞|刺|砍|炸|咬|摔|冻|划|扎|捅|抓|踩|压|割|刮|弄|打|致|电|碰|挤|蜇|蛰|叮|轧|碾|跌|枪|殴)伤|受到?(?:不同程度的?)?(?:轻|重)?伤|"
    "(?:烧|灼|烫)伤"
)
_SERIOUS = "受?(?:了|到)?重伤|受伤(?:较|严)重|伤势(?:较|严|比较|十分|非常)重|伤情(?:较|严)重|危重|生命垂危|病危|命危"
_LIGHT = "受?(?:了|到)?轻(?:微)?伤|受伤较轻|伤势(?:较轻|轻微|不重)|伤情(?:较轻|轻微)"
_MISSING = "失联|失踪|下落不明|生死不明|生死未卜|失去联系|走失|去向不明|音讯全无"
_SWEPT = "(?:被(?:山洪|洪水|大水|河水|江水|急流|激流|水|海浪|大浪|巨浪|浪|潮水|泥石流)?)?(?:冲走|卷走)"
"""Swept away: missing until somebody says what became of them."""
_POISON = "(?:疑似)?(?:集体)?(?:食物|一氧化碳|煤气|烧煤|煤烟|烧炭|取暖|燃气|蘑菇|野生菌|粪坑|窒息|农药|气体|氯气|硫化氢|酒精|亚硝酸盐|药物|疑似|急性|沼气)*中毒"
_TRAPPED = "被困|受困|被埋压?|被掩埋|被压|被围困|困在"
_EVACUATED = "(?:紧急|已|共|累计|安全|提前|连夜|转移)*(?:转移|撤离|疏散)(?:安置|避险|转移)*"
_SENT = "送(?:往|到|至)?(?:附近|当地)?(?:医院?|院)(?:治疗|救治|抢救)?|就医|就诊|入院|住院|腹泻|呕吐|身体不适|不适|头晕|骨折"
_HIT = rf"(?:连环?撞|撞倒|撞飞|连续撞击)(?=(?:{HEDGE})?(?:{NUMBER})[人名])"
"""Knocked down: hurt, as surely as those who were sent to hospital."""
_AND = "(?:和|或|及|与|、)?"
_COMBINED = f"死伤|伤亡|(?:死亡|遇难){_AND}(?:失踪|失联)|(?:失踪|失联){_AND}(?:死亡|遇难)"
_PERPETRATOR = "击毙|击伤|歼灭|消灭|抓获|抓捕|逮捕|拘留|刑拘|控制"
# Verbs that say the people before them are spoken of in another way.
_OTHER = (
    "被[^,。;]{0,4}(?:拘|捕|抓|罚|处分|问责|判|免职|查|控制|带走|起诉|约谈|批准|追授)|涉案|涉嫌|获刑|落网|归案|到案|作伪证|被告|获救|救出|脱险|生还|脱困|"
    "出院|越狱|逃脱|逃生|问责|免职|处分|起诉|报名|围观|报警|参加|参与(?!救援)|观看|接种|感染(?!.{0,8}(?:死|亡))|确诊|治愈|签名|施救|下水救|入选|获奖|感觉|有感|告别|送别|悼念|祭奠|缅怀|侮辱|寻找|接走"
)
# What a mark may begin with. Most letters are none of these, and the alternatives are not tried on them.
_BEGINNINGS = (
    "〇一七万三上下不两严丧中九了二五亚亡亿从仨众伤住作侮俩假做免入全八六共写农冲冻几出击刑划刮到刺割十千半卡卷危压去参双取受叮吓吵告呕命咬四困围坠处多大失头好存宁安害寻将就巨差已帅并幸弄归急悲悼惨感憋戒扎打找"
    "抓报拘挤捅掐接控提摔撞撤救数施无最有未杀枪死歼殉殒殴毒毙气氯求没治沼活消涉淹溺濒灭灼炸烧烫热焊煤燃爱牺猝甘生由电疏疑病百砍砸硫确碰碾祭离突窒笑第签粪紧累约缅罹美脑脱腹自至致若药获落蘑蛰蜇被装观诈该负赐"
    "骨走起超越跌踩身轧转轻过近连送逃逝逮逾遇避酒重野锁问闷防险集零音预食饿高"
)
_TOKEN = re.compile(
    rf"(?=[\d{_BEGINNINGS}])(?:(?P<mask>{_MASK})"
    rf"|(?P<body>(?:{HEDGE})?(?P<bodies>{NUMBER}|多)具[^,。;、]{{0,6}}?(?:遗体|尸体|尸骨|遗骸))"
    rf"|(?P<sex>(?P<males>{NUMBER})男(?P<females>{NUMBER})女)"
    rf"|(?P<two>(?<=[子女孙弟妹妻妇友人])(?:俩|双双)|俩(?={PERSON})|一对{_RELATED})|(?P<three>(?<=[子女孙弟妹])仨)"
    rf"|(?P<family>(?:一家|全家)(?P<members>{NUMBER})口)"
    rf"|(?P<vague>(?:多|数|几|若干|大批|大量|众多|无数)(?:名|位|人|个(?:{PERSON})))"
    rf"|(?P<quantity>(?P<hedge>{HEDGE})?(?P<number>{NUMBER})(?:[人例](?!民|类)|[名位](?!列|于|置|单|次|牌)|口(?=[之人,。;遇死身丧被受失在]|$|不幸|全部)|个(?={PERSON}|人)"
    rf"|(?={_MODIFIER}(?:{PERSON}))|(?=死(?![者刑])|伤(?![者员亡势情])|亡|重伤|轻伤|轻微伤|失联|失踪|被困)))"
    rf"|(?P<combined>{_COMBINED})|(?P<serious>{_SERIOUS})|(?P<light>{_LIGHT})|(?P<deaths>{_DEATH})|(?P<injured>{_INJURY})"
    rf"|(?P<missing>{_MISSING})|(?P<swept>{_SWEPT})|(?P<poisoned>{_POISON})|(?P<trapped>{_TRAPPED})|(?P<evacuated>{_EVACUATED})"
    rf"|(?P<perpetrator>{_PERPETRATOR})|(?P<patients>伤员|伤者|伤病员)|(?P<dead>遇难者|死者|逝者)|(?P<sent>{_SENT}|{_HIT})"
    rf"|(?P<other>{_OTHER})"
    r"|(?P<short>(?<=[\d一二两三四五六七八九十百千余多人])(?:死|伤|亡)(?![心感害人员者])))"
)

_WORDS = {
    "combined": Metric.COMBINED,
    "serious": Metric.SERIOUS,
    "light": Metric.LIGHT,
    "deaths": Metric.DEATHS,
    "dead": Metric.DEATHS,
    "injured": Metric.INJURED,
    "patients": Metric.INJURED,
    "sent": Metric.INJURED,
    "missing": Metric.MISSING,
    "swept": Metric.MISSING,
    "poisoned": Metric.POISONED,
    "trapped": Metric.TRAPPED,
    "evacuated": Metric.EVACUATED,
    "perpetrator": None,
}
_SHORT = {"死": Metric.DEATHS, "亡": Metric.DEATHS, "伤": Metric.INJURED}
_BARE_FOLLOWERS = "死伤亡重轻失被"
_CLASSES = tuple("高初大研第周期届歼轰运直苏")
_DISCOVERED = re.compile("发现|找到|搜寻|搜救|打捞|寻获|挖出|抬出|拉出|确认|现|有")


def marks(sentence: str) -> list[Mark]:
    """Return the marks of `sentence` in order; what only looks like one (死刑, 3人次, 第5例) is left out."""
    found = []
    for match in _TOKEN.finditer(sentence):
        group = match.lastgroup or ""
        if group in _WORDS:
            weak = group in ("patients", "sent", "swept")
            found.append(Mark(kind=Kind.WORD, start=match.start(), end=match.end(), metric=_WORDS[group], weak=weak))
        elif group == "short":
            metric = _SHORT[match.group()]
            found.append(Mark(kind=Kind.WORD, start=match.start(), end=match.end(), metric=metric))
        elif group == "other":
            found.append(Mark(kind=Kind.OTHER, start=match.start(), end=match.end()))
        elif group != "mask" and (mark := _quantity(match, group, sentence)) is not None:
            found.append(mark)
    return found


def _quantity(match: re.Match[str], group: str, sentence: str) -> Mark | None:
    start, end = match.span()
    if group in ("two", "three"):
        return Mark(kind=Kind.QUANTITY, start=start, end=end, value=2 if group == "two" else 3)
    if group == "vague":
        return Mark(kind=Kind.QUANTITY, start=start, end=end)
    if group == "sex":
        males, females = value(match["males"]), value(match["females"])
        total = males.value + females.value if males and females else None
        return Mark(kind=Kind.QUANTITY, start=start, end=end, value=total)
    words = match["bodies"] or match["members"] or match["number"]
    number = value(words, match["hedge"] or "")
    if group == "body" and not _DISCOVERED.search(sentence[max(0, start - 12) : start]):
        return None  # bodies that are moved, returned or spoken of
    if group == "body":
        stated = number.value if number else None
        return Mark(kind=Kind.QUANTITY, start=start, end=end, metric=Metric.DEATHS, value=stated, weak=True)
    bare = group == "quantity" and match.end() == match.end("number")
    short = bare and sentence[end : end + 1] in _BARE_FOLLOWERS
    if bare and re.fullmatch(r"[\d.]*\.\d+" if short else r"(?:19|20)\d\d|11[09]|12[02]|[\d.]*\.\d+", words):
        return None  # a year, a telephone number, a magnitude
    if bare and not short and sentence[start - 1 : start] in _CLASSES:
        return None  # 高三女生, 歼10女飞行员
    return Mark(
        kind=Kind.QUANTITY,
        start=start,
        end=end,
        value=number.value if number else None,
        approx=bool(number and number.approx),
        bare=short,
    )
