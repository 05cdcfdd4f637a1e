"""Figures of an event as a text states them: dead, injured, missing and so on, each with its quoted words.

None means not stated, 0 means the text says there are none. Only the latest total of the main event counts: history
(`去年同期`), other events, parts (`其中2人`), refuted claims and drills do not. The title wins over the text, and an
explicit update (`升至`) wins over both. Pure reading of words; whether a figure is true is for people to confirm.
"""

import re

from monitors.counted import NOTHING, PERSON, Figures

# Every alternative begins with a letter of its own, so that re can skip: these two are asked of every text.
_TRIGGER = re.compile(
    "死|亡|伤|难|牺|殉|罹|遇|毙|殒|丧|逝|杀|害|离世|去世|被压|失去联系|音讯|失联|失踪|冲走|卷走|不明|走失|中毒|困|埋|转移|撤离|疏散|损失|遗体|生命体征|骨折|连环?撞|撞倒|撞飞|连续撞击|垂危|腹泻|呕吐|不适|送医|就医|就诊|医院|入院|住院"
)
_COUNTABLE = re.compile(rf"一|二|两|三|四|五|六|七|八|九|十|百|千|万|俩|仨|无|未|没|零|末|不|{PERSON}")
_DIGIT = re.compile(r"\d")


def extract(title: str, text: str = "") -> Figures:
    """Return the figures stated by `title` and `text` about their main event; `NOTHING` when they state none. Never raises."""
    if not worth_reading(title) and not (text and worth_reading(text)):
        return NOTHING
    from monitors.stated import read  # most texts state nothing, and the grammar takes a while to load

    return read(title, text)


def worth_reading(text: str) -> bool:
    """Whether a text has a word of harm and something to count; most have not."""
    return _TRIGGER.search(text) is not None and (_COUNTABLE.search(text) or _DIGIT.search(text)) is not None
