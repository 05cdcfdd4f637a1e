"""Names of places: the administrative divisions of China, the words that only look like them, and foreign names.

Read from `config/default/regions.tsv` and `places.toml`; an installation adds its streets, villages and estates in a
`places.toml` of its own (`[[place]]` with `name`, `in` = code of the county, optional `aliases`). Frozen values only:
`monitors.region` does the matching. Every mistake in a file is collected and raised once.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from pathlib import Path

from config.tables import TableError, misshapen, read_table

DEFAULT = Path(__file__).parent / "default"

_SUFFIXES = (
    "特别行政区",
    "自治区",
    "自治州",
    "自治县",
    "自治旗",
    "联合旗",
    "地区",
    "林区",
    "特区",
    "省",
    "市",
    "县",
    "区",
    "盟",
    "旗",
    "州",
)
_NATIONS = (
    "维吾尔 柯尔克孜 哈萨克 蒙古 达斡尔 鄂温克 鄂伦春 乌孜别克 俄罗斯 塔吉克 塔塔尔 朝鲜 土家 布依 哈尼 傈僳 拉祜 东乡 纳西 景颇 仫佬 布朗 撒拉 毛南 仡佬 锡伯 阿昌 普米 德昂 "
    "保安 裕固 独龙 赫哲 门巴 珞巴 各 回 藏 苗 彝 壮 满 侗 瑶 白 傣 黎 佤 畲 水 土 羌 怒 京"
)
MUNICIPALITIES = frozenset({"11", "12", "31", "50"})
"""First two digits of the provinces that are cities: 北京、天津、上海、重庆."""
NEW = "99"
"""Digits of a level that the list does not hold."""


class PlaceError(TableError):
    """A gazetteer file cannot be used; one sentence a mistake with its file and line."""


OWN = {"place": [{"name": str, "in": str, "aliases": [str]}]}
"""What an installation's places.toml may hold."""


class PlaceLevel(IntEnum):
    """Level of a place, larger is smaller in area."""

    PROVINCE = 1
    CITY = 2
    COUNTY = 3
    TOWN = 4


@dataclass(frozen=True, slots=True)
class Division:
    """One place. `code` is the six-digit division code; a town carries the code of its county."""

    code: str
    name: str
    short: str
    level: PlaceLevel


@dataclass(frozen=True, slots=True, kw_only=True)
class Gazetteer:
    """All names. `aliases` are (name, code of the place it lies in); `towns` are names below the county."""

    divisions: tuple[Division, ...]
    aliases: tuple[tuple[str, str], ...] = ()
    towns: tuple[tuple[str, str], ...] = ()
    strict_words: frozenset[str] = frozenset()
    generic: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()
    known_districts: frozenset[str] = frozenset()
    traps: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    countries: Mapping[str, str] = field(
        default_factory=dict
    )  # a foreign name, or the one-character short form, -> its country
    initials: str = ""
    initial_followers: tuple[str, ...] = ()
    by_code: dict[str, Division] = field(default_factory=dict)
    home: str = ""  # code of the installation's own territory


def load_gazetteer(extra: Path | None = None, default: Path = DEFAULT) -> Gazetteer:
    """Read the shipped gazetteer and, if given, the installation's own places file; raises `PlaceError`."""
    divisions = tuple(_divisions((default / "regions.tsv").read_text(encoding="utf-8")))
    by_code = {d.code: d for d in divisions}
    words = tomllib.loads((default / "places.toml").read_text(encoding="utf-8"))
    aliases = tuple((str(name), str(code)) for name, code in words["places"].items())
    problems = [
        f"places.toml：“{name}”的上级代码 {code} 不在 regions.tsv 中，请改正。" for name, code in aliases if code not in by_code
    ]
    towns = tuple(_towns(extra, by_code, problems)) if extra is not None else ()
    if problems:
        raise PlaceError("\n".join(problems))
    foreign = words["foreign"]
    countries = _countries(foreign["of"], foreign["initial_of"].split())
    return Gazetteer(
        divisions=divisions,
        aliases=aliases,
        towns=towns,
        strict_words=_listed(words["strict_words"]),
        generic=_listed(words["generic"]),
        words=_listed(words["words"]),
        known_districts=_listed(words["known_districts"]),
        traps=tuple(words["traps"].split()),
        foreign=tuple(
            {w: None for key in ("countries", "elsewhere", "persons") for w in foreign[key].split()}
            | {w: None for w in countries if len(w) > 1}
        ),
        countries=countries,
        initials=foreign["initials"],
        initial_followers=tuple(foreign["initial_followers"].split()),
        by_code=by_code,
    )


def with_home(gazetteer: Gazetteer, province: str, city: str = "", county: str = "", towns: Iterable[str] = ()) -> Gazetteer:
    """A gazetteer that knows the installation's own territory and its towns, also where no list holds it (a demo's, a new district).

    Each level is looked for inside the one above it: several places of the country may bear the name. Whatever a text calls it, it
    is named as here: one place under two names would be two.
    """
    if not province:
        return gazetteer
    added: list[Division] = []
    called: dict[str, str] = {}
    code = ""
    for name, level in ((province, PlaceLevel.PROVINCE), (city, PlaceLevel.CITY), (county, PlaceLevel.COUNTY)):
        if name and not (level is PlaceLevel.CITY and code[:2] in MUNICIPALITIES):
            code = _own(gazetteer, name, level, code, added)
            called[code] = name
    by_code = {**gazetteer.by_code, **{d.code: d for d in added}}
    return replace(
        gazetteer,
        divisions=(*gazetteer.divisions, *added),
        towns=(*gazetteer.towns, *((name, code) for name in towns)),
        by_code={**by_code, **{own: replace(by_code[own], short=name) for own, name in called.items()}},
        home=code,
    )


def _own(gazetteer: Gazetteer, name: str, level: PlaceLevel, above: str, added: list[Division]) -> str:
    """Code of the place of this name inside `above`; of a new one where there is none."""
    short, inside = short_name(name), above[:2] if above.endswith("0000") else above[:4]
    alike = [d for d in gazetteer.divisions if d.level is level and d.short == short and d.code.startswith(inside)]
    if found := next((d for d in alike if d.name == name), alike[0] if alike else None):
        return found.code
    tail = {PlaceLevel.PROVINCE: f"{NEW}0000", PlaceLevel.CITY: f"{NEW}00", PlaceLevel.COUNTY: f"{NEW}{NEW}"}[level]
    code = inside + tail[len(inside) - 6 :] if inside else tail
    added.append(Division(code, name, short, level))
    return code


def _countries(names: Mapping[str, str], initial_of: Iterable[str]) -> dict[str, str]:
    """Country of every foreign name; a country's own name and its one-character short form name itself."""
    found = {name[0]: name for name in initial_of}
    for country, inside in names.items():
        found |= dict.fromkeys([country, *inside.split()], country)
    return found


def short_name(name: str) -> str:
    """Return `name` without its kind and nationalities, never less than two characters: `麻阳苗族自治县` is `麻阳`."""
    for suffix in _SUFFIXES:
        if name.endswith(suffix) and len(name) - len(suffix) >= 2 and not name.endswith("新区"):
            bare = name[: -len(suffix)]
            return _without_nations(bare) if suffix.startswith(("自治", "联合")) else bare
    return name


def _without_nations(name: str) -> str:
    while True:
        for nation in _NATIONS.split():
            for ending in (f"{nation}族", nation):
                if name.endswith(ending) and len(name) - len(ending) >= 2 and (ending != nation or len(nation) > 1):
                    name = name[: -len(ending)]
                    break
            else:
                continue
            break
        else:
            return name


def _divisions(text: str) -> Iterable[Division]:
    for line in text.splitlines():
        code, _, name = line.partition("\t")
        if name and not code.startswith("#"):
            level = PlaceLevel.PROVINCE if code[2:] == "0000" else PlaceLevel.CITY if code[4:] == "00" else PlaceLevel.COUNTY
            yield Division(code, name, short_name(name), level)


def _towns(path: Path, by_code: dict[str, Division], problems: list[str]) -> Iterable[tuple[str, str]]:
    table = read_table(path, PlaceError)
    problems += misshapen(table, OWN)
    for n, row in enumerate(table.data.get("place", ())):
        name, code = row.get("name", ""), row.get("in", "")
        if len(name) < 2 or code not in by_code:
            said = f"第{n + 1}个 place 要有两个字以上的 name 和存在的区划代码 in，现为“{name}”“{code}”"
            problems.append(f"{table.at('place', n)}：{said}，请改正。")
            continue
        yield name, code
        for alias in row.get("aliases", ()):
            yield alias, code


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())
