"""What a matter is about in a few harmless words, where its category says only 有关情况: from the words of its own titles.

Words and names are in `subjects.toml`: no toll, no cause, no person, no verdict, so that a card may stand on a screenshot
(practice.md §2.4). Also: which authority a title says has spoken.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile
from pathlib import Path

from config.schema import Settings
from config.wording import Wording, WordingError, load_wording
from monitors.lexicon import fold
from playbooks.incident import Incident

WORDS = "subjects.toml"
HAPPENED, ASKED = "突发情况", "群众反映问题"
"""What can be said where no word of the list stands in any title."""
READ = 8
"""Titles read beside that of the alarm: a flood of thousands says no more."""
_SPOKE = re.compile(
    r"(官方|警方|当地|校方|院方|消防|交警|公安|检方|法院|纪委|政府|街道办?|村委会?|联合调查组"
    r"|(?:应急管理|生态环境|市场监管|自然资源|农业农村|交通运输|卫生健康|[一-龥]{2})[局委厅])"
    r"(?:已|再次|再度|最新|深夜|凌晨|连夜|紧急|发布|发文)*(通报|回应|通告|公告|辟谣)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """`happened`: something that took place (疑似人员落水), else something complained of (涉取款难问题)."""

    name: str
    happened: bool


def subject(i: Incident, settings: Settings, *, asked: bool = True) -> Subject:
    """What the titles are about: the one that gave the alarm first, then the others as they came.

    Not `asked`: only what happened is looked for, not what is complained of.
    """
    words = _words(settings.folders)
    for title in _titles(i):
        said = fold(title)
        for name, terms in words.groups.items() if words else ():
            happened = terms[0].weight > 0
            if (happened or asked) and any(term.text in said for term in terms):
                return Subject(name=name if happened else f"{name}问题", happened=happened)
    return Subject(name=HAPPENED, happened=True) if i.label == "E" or not asked else Subject(name=ASKED, happened=False)


def spoken(i: Incident) -> str:
    """``警方已通报``: which authority the title of the alarm says has spoken; empty where none."""
    found = next((m for title in list(_titles(i))[:1] if (m := _SPOKE.search(title))), None)
    return f"{found[1]}已{found[2]}" if found else ""


def _titles(i: Incident) -> Iterator[str]:
    known = takewhile(lambda m: i.alarmed_at is None or m.at <= i.alarmed_at, i.members)
    at_alarm = deque(known, maxlen=1)
    yield from dict.fromkeys((*(m.title for m in at_alarm), i.title, *(m.title for m in i.members[:READ])))


@lru_cache(maxsize=8)
def _words(folders: tuple[str, ...]) -> Wording | None:
    """The list of an installation; a broken one is told by `yqbot check` and costs no card."""
    try:
        return load_wording(*(Path(folder) / WORDS for folder in folders))
    except WordingError:
        return None
