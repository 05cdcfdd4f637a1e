"""Which tolls the words of a folded title or text speak of (`@deaths`, `@missing`, `@many` ...): their presence, not their numbers.

The numbers are read by `monitors.figures`; the gate only needs to know that people were harmed, of every item that is seen.
"""

import re
from collections.abc import Mapping

_UNIT = r"(?!岁|头|匹|尾|群|只(?!是|有)|个月|时|年|月|日|天|次|级|小时|元|万元|%|周|楼|层|号|米|公里|分|点|旬|后|集|季|期|斤|吨|倍|比|胜)"
_DEATHS = re.compile(
    rf"0{_UNIT}(?:人|名|位|口)?[^,。;!?0:|]{{0,6}}(?:死(?!角|刑|缓|者)|亡|遇难|丧生|罹难|遇害|牺牲)|遇难0(?:人|名)|死亡0(?:人|名|例)|死亡人数|遇难人数"
)
_INJURED = re.compile(
    rf"0{_UNIT}(?:人|名|位)?[^,。;!?0:|]{{0,4}}(?:伤(?!亡|感|心|人|透)|骨折|昏迷|呕吐|腹泻|不适|送医|入院|住院|中毒)|伤亡人数"
)
_MISSING = re.compile(rf"0{_UNIT}(?:人|名|位|户)?[^,。;!?0:|]{{0,4}}(?:失联|失踪|被困|被埋|下落不明|被压|被卷|被冲)")
_MANY = re.compile(
    r"(?:多|数|数十|数百|上百|上千|近百|近千|若干)(?:人|名|车|位)[^,。;!?]{0,5}(?:死|亡|遇难|伤|失联|失踪|被困|被埋|送医|中毒|不适|相撞|落水)"
)
_UNHURT = re.compile(r"(?:无|没有|未造成|暂无|尚无|未接到|未发现|暂未|未有)[^,。;!?]{0,6}(?:伤亡|死亡|受伤|被困|遇难)")
_HARM = re.compile(r"[死亡难伤困埋联踪医毒适撞水]")  # in all that `_MANY` or `_UNHURT` finds
_COUNTED = re.compile(r"[死亡难丧害牲伤医院毒联踪困埋落压卷冲折迷吐泻适]")  # in all that the three patterns of a count find


def toll(folded: str, figures: Mapping[str, int | None] | None) -> list[str]:
    names: list[str] = []
    if figures is not None:
        names += [f"@{key}" for key in ("deaths", "injured", "missing") if figures.get(key)]
        if figures.get("trapped") and "@missing" not in names:
            names.append("@missing")
    elif "0" in folded and _COUNTED.search(folded):
        names += [
            name
            for name, pattern in (("@deaths", _DEATHS), ("@injured", _INJURED), ("@missing", _MISSING))
            if pattern.search(folded)
        ]
    if _HARM.search(folded):
        if _MANY.search(folded):
            names.append("@many")
        if _UNHURT.search(folded):
            names.append("@none_hurt")
    if names and names[0] != "@none_hurt":
        names.append("@toll")
    return names
