"""What is counted of people and of an event, and how a text states it: the values that `monitors.figures` reads.

Light on purpose: everybody names these, few texts state a figure.
"""

from dataclasses import dataclass
from enum import StrEnum

PERSON = (
    "人员|男子|女子|男孩|女孩|男童|女童|男婴|女婴|儿童|孩子|小孩|幼童|幼儿|婴儿|婴幼儿|新生儿|少年|少女|青年|男生|女生|学生|学员|师生|教师|老师|"
    "家长|老人|居民|村民|市民|公民|平民|群众|百姓|妇女|孕妇|产妇|男性|女性|工人|女工|民工|农民工|农民|牧民|渔民|员工|职工|矿工|保洁员|环卫工|保安|"
    "乘客|旅客|游客|顾客|客人|司机|驾驶员|机长|空乘|乘务员|船员|飞行员|民警|辅警|交警|警察|警员|特警|武警|消防员|官兵|战士|士兵|军人|军官|队员|"
    "救援者|志愿者|护士|医生|医护|医务人员|患者|病人|病患|亲属|亲人|家属|家人|亲戚|同胞|华人|侨胞|囚犯|难民|移民|人质|记者|球迷|信徒|驴友|登山者|"
    "旁观者|目击者|路人|行人|骑手|外卖员|快递员|店员|业主|住户|租客|干部|网友|主播|运动员|选手|演员|乡亲|同学|同事|夫妻|夫妇|情侣|母女|母子|"
    "父子|父女|姐妹|兄弟|姐弟|兄妹|爷孙|祖孙|遇难者|死者|逝者|伤员|伤者|失踪者|失联者|妇孺|建筑工|农妇|小伙|大爷|大妈|女士|先生|"
    "高中生|初中生|中学生|小学生|大学生|研究生|留学生|博士|硕士|车主|商户|店主|老板|护工|护林员|钓友|网红|博主|矿友|公职人员|同伴|队友|女婴|男|女"
)


class Metric(StrEnum):
    """What a number counts. `COMBINED` is dead and injured, or dead and missing, stated as one number."""

    DEATHS = "deaths"
    INJURED = "injured"
    SERIOUS = "serious"
    LIGHT = "light"
    MISSING = "missing"
    POISONED = "poisoned"
    TRAPPED = "trapped"
    EVACUATED = "evacuated"
    HOUSEHOLDS = "households"
    LOSS_CNY = "loss_cny"
    COMBINED = "combined"


class Standing(StrEnum):
    """How firm the text itself says a figure is. `CLAIMED` is hearsay (网传), `CONFIRMED` a finding (核定, 调查报告)."""

    CLAIMED = "claimed"
    PRELIMINARY = "preliminary"
    STATED = "stated"
    CONFIRMED = "confirmed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure. `start` and `end` are offsets in the normal form of the title or of the text (`in_title`)."""

    metric: Metric
    value: int
    quote: str
    start: int
    end: int
    in_title: bool
    approx: bool = False
    added: bool = False  # an increase on top of a total stated elsewhere (再有, 新增)
    update: bool = False  # replaces earlier totals (升至, 更正为)
    implicit: bool = False  # one definite person, no number in the text
    standing: Standing = Standing.STATED


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a text states of one event. `combined` is dead and injured, or dead and missing, given as one number."""

    deaths: Figure | None = None
    injured: Figure | None = None
    serious: Figure | None = None
    light: Figure | None = None
    missing: Figure | None = None
    poisoned: Figure | None = None
    trapped: Figure | None = None
    evacuated: Figure | None = None
    households: Figure | None = None
    loss_cny: Figure | None = None
    combined: Figure | None = None
    denied: tuple[Figure, ...] = ()
    unknown: bool = False  # the text says that casualties are not known yet (伤亡情况不明)

    def number(self, metric: Metric) -> int | None:
        """Return the stated number of `metric`, None when the text does not state it."""
        figure: Figure | None = getattr(self, metric)
        return None if figure is None else figure.value


NOTHING = Figures()
COUNTED = ("deaths", "injured", "serious", "missing", "trapped", "poisoned", "evacuated")
"""What a matter keeps of the figures of its items."""
