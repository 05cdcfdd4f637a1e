"""Word groups, rules and the alarm policy of the incident gate: TOML in, frozen values out.

A *group* is a set of words that mean the same to a rule (`fire`, `deaths`, `cadre`). In words and titles alike every number is written 0,
so that 致0人死亡 stands for any toll. A *rule* names groups that must meet in one title and what follows. A *context* lowers or vetoes
(film, sport, court, refutation). Every word and rule keeps its file and line, so that a reason can name them.

    load_lexicon(folder)  -> Lexicon      every *.toml of config/default/lexicon and of the installation's own folder
    load_policy(files)    -> AlarmPolicy  policy.toml, later files override single keys
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, NamedTuple

from config.families import FamilyError, expand, lines_of
from config.tables import Table, TableError, misshapen, read_table, where

KINDS = ("hazard", "harm", "crime", "grievance", "subject", "authority", "cue", "context", "mask")
LABELS = ("E", "N")
ALARMS = ("now", "digest", "list")
OLD_RUMOUR = ("now", "quiet", "list")
_ID = re.compile(r'\s*id\s*=\s*"([^"]*)"')
PSEUDO = (
    "@place",
    "@city",
    "@body_place",
    "@foreign",
    "@deaths",
    "@injured",
    "@missing",
    "@toll",
    "@many",
    "@none_hurt",
    "@magnitude",
    "@old_year",
    "@disaster",
    "@disaster_here",
)


SHAPE = {
    "group": [
        {
            **dict.fromkeys(("id", "kind", "category", "note"), str),
            "consequence": bool,
            "words": [str],
            "families": [object],
        }
    ],
    "rule": [
        {
            **dict.fromkeys(("id", "label", "category", "alarm", "note"), str),
            "weight": float,
            "all": [str],
            "none": [str],
        }
    ],
    "context": [
        {
            **dict.fromkeys(("id", "cap", "note"), str),
            "any": [str],
            "only": [str],
            "unless": [str],
            **dict.fromkeys(("e", "n"), float),
            **dict.fromkeys(("alarm", "body"), bool),
        }
    ],
    "story": {str: [str]},
}
"""What a file of the lexicon may hold."""


class LexiconError(TableError):
    """A lexicon or policy file is wrong; the message is one Chinese sentence a line with file, line, key and remedy."""


class Word(NamedTuple):
    """One entry; `id` is `group/text`, which no other entry shares. `family`: it was made by the family of its line."""

    text: str
    group: str
    file: str
    line: int
    family: bool = False

    @property
    def id(self) -> str:
        return f"{self.group}/{self.text}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Words of one meaning. `category` is a code of domain.md §3; `consequence` marks dams, plants, schools, crowds."""

    id: str
    kind: str
    words: tuple[Word, ...]
    category: str = ""
    consequence: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Groups of `all` (each an alternative set) together and none of `none` give `label` with `weight` (0..1)."""

    id: str
    label: str
    weight: float
    all: tuple[tuple[str, ...], ...]
    none: tuple[str, ...] = ()
    category: str = ""
    alarm: str = "list"
    file: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Groups that lower a score or veto it: `e` and `n` are subtracted; `alarm` false keeps the story off the phone.

    `cap` is the most that may follow (`digest`: no alarm by itself); `unless` lists groups whose presence lifts the context.
    `only`, where given, lists groups of which one must be present for the context to count.
    `body` looks for the context in the text too; otherwise the title alone frames a report, whose body says much in passing.
    """

    id: str
    any: tuple[str, ...]
    e: float = 0.0
    n: float = 0.0
    alarm: bool = True
    cap: str = ""
    body: bool = False
    only: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    file: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexicon:
    groups: Mapping[str, Group]
    rules: tuple[Rule, ...]
    contexts: tuple[Context, ...]
    stories: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmPolicy:
    """What alarms at once, what waits for the digest, what is only listed (policy.toml)."""

    alarm_at: float = 0.6
    list_at: float = 0.5
    outside: tuple[str, ...] = ("台湾", "香港", "澳门")
    magnitude_min: float = 4.5
    digest_platforms: int = 3
    digest_items: int = 4
    digest_hours: float = 6.0
    attention_days: int = 3
    attention_people: int = 3
    slow_days: int = 2
    slow_people: int = 2
    slow_window_days: float = 14.0
    accelerate_items: int = 6
    accelerate_platforms: int = 3
    accelerate_times: float = 2.0
    orders_at_once: bool = False
    old_rumour: str = "quiet"
    old_rumour_likeness: float = 0.5
    old_news_days: float = 3.0
    suggest_likeness: float = 0.25
    categories_listed: tuple[str, ...] = ()
    categories_at_once: tuple[str, ...] = ()
    unknown_place: str = "alarm_all_scope"
    story_hours: float = 72.0
    letter_days: float = 30.0
    aftershock_max: float = 5.0
    same_place_hours: float = 60.0
    same_grievance_hours: float = 168.0
    open_days: float = 15.0
    loud_titles: int = 12
    loud_hours: float = 48.0
    loud_likeness: float = 0.03


def load_lexicon(*folders: Path) -> Lexicon:
    """All TOML files of the folders, in name order; a later folder adds words to a group and replaces rules by id."""
    problems: list[str] = []
    groups: dict[str, Group] = {}
    rules: dict[str, Rule] = {}
    contexts: dict[str, Context] = {}
    stories: dict[str, tuple[str, ...]] = {}
    for path in (path for folder in folders for path in sorted(folder.glob("*.toml"))):
        table = read_table(path, LexiconError)
        problems += misshapen(table, SHAPE)
        lines = _Lines(table.text)
        for raw in table.data.get("group", ()):
            _add_group(groups, raw, path, lines, problems)
        for raw in table.data.get("rule", ()):
            _add_rule(rules, raw, path, lines, problems)
        for raw in table.data.get("context", ()):
            _add_context(contexts, raw, path, lines, problems)
        stories |= {key: tuple(value) for key, value in table.data.get("story", {}).items()}
    problems += _dangling(groups, rules.values(), contexts.values(), tuple(folders))
    if problems:
        raise LexiconError("\n".join(problems))
    return Lexicon(groups=groups, rules=tuple(rules.values()), contexts=tuple(contexts.values()), stories=stories)


_SINGLE: Mapping[str, type] = {"bool": bool, "int": float, "float": float, "str": str}
POLICY = {item.name: _SINGLE.get(str(item.type), [str]) for item in fields(AlarmPolicy)}
"""What policy.toml may hold: the fields of `AlarmPolicy`."""


def load_policy(*files: Path) -> AlarmPolicy:
    """Alarm policy of the files, later keys win; LexiconError names every mistake with its line."""
    problems: list[str] = []
    values: dict[str, Any] = {}
    for path in files:
        table = read_table(path, LexiconError)
        problems += misshapen(table, POLICY)
        problems += _policy_problems(table)
        values |= {key: tuple(value) if isinstance(value, list) else value for key, value in table.data.items()}
    if problems:
        raise LexiconError("\n".join(problems))
    return AlarmPolicy(**values)


def _policy_problems(table: Table) -> list[str]:
    found = []
    if table.data.get("old_rumour", "quiet") not in OLD_RUMOUR:
        found.append(f"{table.at('old_rumour')}：old_rumour 应为 {'、'.join(OLD_RUMOUR)} 之一，请改正。")
    for key, value in table.data.items():
        if isinstance(value, int | float) and value < 0:
            found.append(f"{table.at(key)}：{key} 不能小于0，现为 {value}，请改正。")
    return found


def _add_group(groups: dict[str, Group], raw: dict[str, Any], path: Path, lines: _Lines, problems: list[str]) -> None:
    code, kind = raw.get("id", ""), raw.get("kind", "")
    old = groups.get(code)
    kind = kind or (old.kind if old else "")
    start = lines.ids.get(code, 0)
    if not code or kind not in KINDS:
        problems.append(f"{where(path, start)}：词组 {code or '（无编号）'} 的 kind 应为 {'、'.join(KINDS)} 之一，请改正。")
        return
    words = {word.text: word for word in (old.words if old else ())}
    places = _word_lines(lines, start)
    for text in raw.get("words", ()):
        words.setdefault(text, Word(text=text, group=code, file=path.name, line=places.get(text, start)))
    for family, line in zip(raw.get("families", ()), lines_of(lines, start), strict=False):
        try:
            made = [text for text in expand(family) if text not in words]
            words |= {text: Word(text, code, path.name, line, True) for text in made}
        except FamilyError as error:
            problems.append(f"{where(path, line)}：词组 {code} 的 families {error}。")
    groups[code] = Group(
        id=code,
        kind=kind,
        words=tuple(words.values()),
        category=raw.get("category", old.category if old else ""),
        consequence=bool(raw.get("consequence", old.consequence if old else False)),
    )


def _add_rule(rules: dict[str, Rule], raw: dict[str, Any], path: Path, lines: _Lines, problems: list[str]) -> None:
    code = raw.get("id", "")
    line = lines.ids.get(code, 0)
    if not code or raw.get("label") not in LABELS or not raw.get("all") or not 0 < raw.get("weight", 0) <= 1:
        needed = "需要 id、label（E 或 N）、weight（大于 0、不超过 1）和 all"
        problems.append(f"{where(path, line)}：规则 {code or '（无编号）'} {needed}，请改正。")
        return
    rules[code] = Rule(
        id=code,
        label=raw["label"],
        weight=float(raw["weight"]),
        all=tuple(tuple(part.split("|")) for part in raw["all"]),
        none=tuple(raw.get("none", ())),
        category=raw.get("category", ""),
        alarm=raw.get("alarm", "list"),
        file=path.name,
        line=line,
    )


def _add_context(contexts: dict[str, Context], raw: dict[str, Any], path: Path, lines: _Lines, problems: list[str]) -> None:
    code = raw.get("id", "")
    line = lines.ids.get(code, 0)
    if not code or not raw.get("any"):
        problems.append(f"{where(path, line)}：语境 {code or '（无编号）'} 需要 id 和 any，请补上。")
        return
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in raw.items() if key != "note"
    }
    contexts[code] = Context(**values, file=path.name, line=line)


def _dangling(
    groups: Mapping[str, Group], rules: Iterable[Rule], contexts: Iterable[Context], folders: tuple[Path, ...]
) -> list[str]:
    named: list[tuple[Rule | Context, str]] = [(r, name) for r in rules for part in (*r.all, r.none) for name in part]
    named += [(c, name) for c in contexts for name in (*c.any, *c.only, *c.unless)]
    problems = [
        f"{_place(entry, folders)}：{entry.id} 用到的词组 {name} 不存在，请补上该词组或改正名称。"
        for entry, name in named
        if name not in groups and name not in PSEUDO
    ]
    return problems + [
        f"{_place(rule, folders)}：规则 {rule.id} 的 alarm 应为 {'、'.join(ALARMS)} 之一，请改正。"
        for rule in rules
        if rule.alarm not in ALARMS
    ]


def _place(entry: Rule | Context, folders: tuple[Path, ...]) -> str:
    """File and line of an entry; of two folders with a file of that name the later one is meant more often."""
    return next(where(path, entry.line) for folder in reversed(folders) if (path := folder / entry.file).is_file())


class _Lines(list[str]):
    """Lines of a file, and on which each id is first given."""

    def __init__(self, text: str) -> None:
        super().__init__(text.splitlines())
        self.ids: dict[str, int] = {}
        for number, line in enumerate(self, 1):
            if found := _ID.match(line):
                self.ids.setdefault(found[1], number)


def _word_lines(lines: Sequence[str], start: int) -> dict[str, int]:
    """Line of every quoted word from the group's id line to the next table header."""
    found: dict[str, int] = {}
    for number, line in enumerate(lines[start:], start + 1):
        if line.startswith("["):
            break
        for text in re.findall(r'"([^"]+)"', line.split("#", 1)[0]):
            found.setdefault(text, number)
    return found
