"""帮助: what this person can do now, the likely things first, in as many lines as a tired eye takes; the rest by name.

Only what there is something to do about (`bot.useful`). `帮助 词` shows one command in full.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from bot import drill, papers, recalling, replies, rota_desk, texts
from bot.commands import BY_WORD, COMMANDS, Command
from bot.desk import Desk
from bot.useful import useful
from playbooks.incident import Actor, Incident

SHOWN = 7
ROTA = frozenset({"到岗", "顶班", "换班", "交接"})
ALWAYS = ("报", "查询", "值班", "到岗", "顶班", "换班", "交接", "履职单", "台账", "演练")
SEEN = ("详情", "卡在", "底稿", "体检", "附件", "报告")
"""Words that need a matter and change nothing."""
ONLY: Mapping[str, set[str]] = {"报告": papers.MAY, "台账": papers.MAY, "演练": drill.MAY}
"""Words that not everybody is answered."""


async def answer(desk: Desk, actor: Actor, number: int | None, rest: str) -> str:
    """The help for one matter, for one word, or for somebody who has none or several."""
    row = BY_WORD.get(rest.strip())
    if row is not None:
        return f"{row.words[0]}：{row.help}。\n这样写：{_usage(row, number)}"
    found = await desk.store.incidents(open_only=True, alarmed_only=True)
    one = next((i for i in found if i.number == number), None) or (await desk.store.incident(number) if number else None)
    if one is None and number is None and len(found) == 1:
        one = found[0]
    if one is not None:
        hidden = texts.thin(one, desk.settings)
        said = for_matter(one, actor, "专线事项" if hidden else texts.short(one, desk.settings))
        return "\n".join((said, _always(desk, actor), _more()))
    head = replies.listing(found, desk.settings, desk.now())
    ask = f"\n某件能办什么，回：帮助 {found[0].number}" if found else ""
    return f"{head}{ask}\n{_always(desk, actor)}\n{_more()}"


def for_matter(i: Incident, by: Actor, name: str) -> str:
    """``12号石坪镇大湾村地质灾害，现在可以回：…``."""
    codes = useful(i, by)
    rows = [r for code in codes for r in COMMANDS if r.action == code]
    shown = _first_of_each(rows)[:SHOWN]
    others = "、".join(r.words[0] for r in rows if r not in shown)
    lines = [f"{i.number}号{name}，您现在可以回：" if shown else f"{i.number}号{name}，现在没有要您办的。"]
    lines += [f"{_short(r, i.number)}——{r.help}" for r in shown]
    lines += [f"还可以：{others}。"] if others else []
    lines.append(f"查看：{'、'.join(f'{w} {i.number}' for w in SEEN[:3])}、{'、'.join(_for(SEEN[3:], by))}。")
    lines += [f"发错了：撤回 {i.number} 原因——一天内的都能撤"] if recalling.MAY & set(by.roles) else []
    return "\n".join(lines)


def _first_of_each(rows: Sequence[Command]) -> list[Command]:
    """One row an action: of five kinds of release the first is shown, the rest is named."""
    return list({r.action: r for r in reversed(rows)}.values())[::-1]


def _usage(row: Command, number: int | None) -> str:
    """The example with the number meant."""
    if number is None:
        return row.usage
    return re.sub(r"(?<![\d:-])12(?![\d:-])", str(number), row.usage.replace("13 12", f"{number} 另一件的编号"), count=1)


def _short(row: Command, number: int) -> str:
    """Without what may be left out."""
    return re.sub(r"\s*\[[^]]*\]", "", _usage(row, number))


def _for(words: Sequence[str], by: Actor) -> list[str]:
    """The words that this person is answered."""
    return [w for w in words if w not in ONLY or ONLY[w] & set(by.roles)]


def _always(desk: Desk, by: Actor) -> str:
    """What needs no matter; of the rota only what this person could do now."""
    rota, officer = rota_desk.possible(desk, by), desk.settings.organisation.officer(by.id)
    words = [w for w in _for(ALWAYS, by) if w not in ROTA or w in rota]
    words += ["登录码"] if officer is not None and officer.board else []
    return f"随时可以：{'、'.join(words)}。"


def _more() -> str:
    return "不知怎么写的，回“帮助 词”，例：帮助 发布会"
