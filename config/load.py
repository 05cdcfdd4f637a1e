"""TOML folders and the environment in, one `Settings` out. Every mistake of every file is reported at once.

    read(folders, env)  -> (Settings or None, problems)     what `yqbot check` shows, warnings included
    load(folders, env)  -> Settings                         raises ConfigError with every problem

Folders are layered, the product's default first; a later entry overrides single keys of the entry with the same id.
The only place that uses pydantic. What is wrong *between* entries is found by `config.check`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError

from config import schema, secrets, shapes
from config.holidays import HolidayError, Holidays, Year, load_holidays
from config.layers import Document, Entry, Place, rows_of, toml_files
from config.layers import read as read_file
from config.mistakes import explain
from config.problem import WARNING, ConfigError, Problem, errors
from config.tables import problems_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One kind of TOML table: the value it becomes and what tells its entries apart."""

    name: str
    cls: type
    identity: Callable[[Mapping[str, Any]], str]
    shape: Callable[[Entry, list[Problem]], dict[str, Any]] = shapes.plain
    single: bool = False


def _key(*names: str) -> Callable[[Mapping[str, Any]], str]:
    return lambda raw: ".".join(str(raw.get(name, "")) for name in names).strip(".")


TABLES: Mapping[str, Table] = {
    t.name: t
    for t in (
        Table(name="bot", cls=schema.BotSettings, identity=_key(), single=True),
        Table(name="wecom", cls=schema.WeComSettings, identity=_key(), single=True),
        Table(name="mail", cls=schema.MailSettings, identity=_key(), single=True),
        Table(name="scope", cls=schema.Scope, identity=_key(), single=True),
        Table(name="organisation", cls=shapes.OrganisationHead, identity=_key(), single=True),
        Table(name="unit", cls=schema.Unit, identity=_key("code")),
        Table(name="officer", cls=schema.Officer, identity=_key("userid")),
        Table(name="shift", cls=schema.Shift, identity=shapes.shift_id, shape=shapes.shift),
        Table(name="source", cls=schema.Source, identity=_key("id"), shape=shapes.source),
        Table(name="mapping", cls=schema.FieldMap, identity=_key("id"), shape=shapes.mapping),
        Table(name="profile", cls=schema.Profile, identity=_key("code")),
        Table(name="clause", cls=schema.Clause, identity=_key("profile", "code"), shape=shapes.clause),
        Table(name="ladder", cls=schema.Ladder, identity=_key("code"), shape=shapes.ladder),
        Table(name="threshold", cls=schema.Threshold, identity=_key("id")),
        Table(name="category", cls=schema.Category, identity=_key("code")),
        Table(name="playbook", cls=schema.Playbook, identity=_key("id"), shape=shapes.playbook),
        Table(name="notices", cls=shapes.Notices, identity=_key(), shape=shapes.notices, single=True),
    )
}

FILES: Mapping[str, tuple[str, ...]] = {
    "bot.toml": ("bot", "wecom", "mail"),
    "organisation.toml": ("organisation", "unit", "officer", "shift"),
    "scope.toml": ("scope",),
    "sources.toml": ("source", "mapping"),
    "hotline.toml": ("mapping",),
    "vendors.toml": ("source", "mapping"),
    "clauses.toml": ("profile", "clause"),
    "profiles/*.toml": ("profile", "clause"),
    "ladders.toml": ("ladder", "notices"),
    "thresholds.toml": ("threshold",),
    "categories.toml": ("category",),
    "playbooks/*.toml": ("playbook",),
    "citations.toml": (),
}

OTHER_FILES = (
    "policy.toml",
    "opinion.toml",
    "clarified.toml",
    "places.toml",
    "sentiment.toml",
    "holidays.toml",
    "rumor.toml",
    "letters.toml",
    "release_words.toml",
    "subjects.toml",
    "drill.toml",
    "dispositions.toml",
    "lexicon/*",
    "routing/*",
)
"""Files of the other loaders of this package."""

Layers = dict[str, dict[str, Entry]]
Rows = list[tuple[int | None, Any]]


@cache
def _adapter(cls: type) -> TypeAdapter[Any]:
    """Validator of a plain dataclass that refuses unknown keys, nested ones included."""
    for plain in (cls, schema.Citation, schema.StepRule):
        # pydantic reads this mark when it builds the validator; the dataclass itself stays plain.
        plain.__pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[attr-defined]
    return TypeAdapter(cls)


def load(folders: Sequence[Path], env: Mapping[str, str]) -> schema.Settings:
    """Settings of the layered folders; ConfigError names every mistake at once."""
    settings, problems = read(folders, env)
    if settings is None:
        raise ConfigError(problems)
    return settings


def read(folders: Sequence[Path], env: Mapping[str, str]) -> tuple[schema.Settings | None, tuple[Problem, ...]]:
    """Settings, or None when any problem is an error; and every problem, warnings included."""
    problems: list[Problem] = []
    layers: Layers = {name: {} for name in TABLES}
    citations: dict[str, Entry] = {}
    for folder in folders:
        _layer(folder, layers, citations, problems)
    _from_environment(layers, env, problems)
    _resolve_citations(layers, citations, problems)
    built = {name: _build(TABLES[name], entries, problems) for name, entries in layers.items()}
    if errors(problems):
        return None, tuple(problems)
    holidays = _holidays(folders, problems)
    settings = replace(
        _settings(built, layers, folders),
        holidays=holidays,
        ingest_secrets=secrets.ingest(env, [s.id for s in built["source"]], problems),
    )
    return (None if errors(problems) else settings), tuple(problems)


def _holidays(folders: Sequence[Path], problems: list[Problem]) -> Holidays:
    """The table of the layered folders; a mistake in it is a problem like any other."""
    years: dict[int, Year] = {}
    for folder in folders:
        try:
            years |= load_holidays(folder).years
        except HolidayError as error:
            problems += problems_of("Y504", "节假日表", error)
    return Holidays(years=years)


def _layer(folder: Path, layers: Layers, citations: dict[str, Entry], problems: list[Problem]) -> None:
    """One folder over those before it."""
    if not folder.is_dir():
        problems.append(
            Problem(
                id="Y014", file=folder.name, message="配置目录不存在。", remedy="请检查 --config 或 YQBOT_CONFIG 指向的目录。"
            )
        )
        return
    own: Layers = {name: {} for name in TABLES}
    named: dict[str, Entry] = {}
    for path, name in toml_files(folder):
        label = f"{folder.name}/{name}"
        allowed = next((tables for pattern, tables in FILES.items() if fnmatch(name, pattern)), None)
        if allowed is None:
            if not any(fnmatch(name, pattern) for pattern in OTHER_FILES):
                problems.append(_unknown_file(label))
            continue
        document = read_file(path, label)
        if isinstance(document, Problem):
            problems.append(document)
            continue
        _sections(document, allowed, own, named, problems)
    for table, entries in own.items():
        for id_, item in entries.items():
            _merge(layers[table], id_, item)
    for id_, item in named.items():
        _merge(citations, id_, item)


def _unknown_file(label: str) -> Problem:
    return Problem(
        id="Y002",
        severity=WARNING,
        file=label,
        message="不认识这个文件，内容未使用。",
        remedy=f"可用的文件名：{'、'.join(FILES)}；不需要的请移出配置目录。",
    )


def _merge(into: dict[str, Entry], id_: str, later: Entry) -> None:
    if later.values.pop("removed", False):
        into.pop(id_, None)
    elif id_ in into:
        for group in shapes.EXCLUSIVE.get(later.table, ()):
            if any(key in later.values for key in group):
                for key in group:
                    into[id_].values.pop(key, None)
        into[id_].override(later)
    else:
        into[id_] = later


def _sections(
    document: Document, allowed: Sequence[str], own: Layers, citations: dict[str, Entry], problems: list[Problem]
) -> None:
    for name, raw in document.data.items():
        if name == "citation" and isinstance(raw, dict):
            for key, values in raw.items():
                place = {(): document.place("citation", key)}
                citations[key] = Entry(table=name, id=key, values=dict(values), place=place[()])
        elif name not in allowed:
            hint = f"这个文件可写：{'、'.join((*allowed, 'citation'))}。"
            problems.append(_at(document.place(name), "Y003", name, "不认识这个段落。", hint))
        else:
            _entries(document, TABLES[name], raw, own[name], problems)


def _entries(document: Document, table: Table, raw: Any, own: dict[str, Entry], problems: list[Problem]) -> None:
    rows: Rows | None = [(None, raw)] if table.single else list(enumerate(raw)) if isinstance(raw, list) else None
    if rows is None or not all(isinstance(values, dict) for _, values in rows):
        sign = f"[{table.name}]" if table.single else f"[[{table.name}]]"
        problems.append(_at(document.place(table.name), "Y003", table.name, "段落写法不对。", f"请写成 {sign}。"))
        return
    for item in rows_of(document, table.name, rows):
        item.id = id_ = table.identity(item.values)
        if not table.single and not id_:
            problems.append(_at(item.place, "Y013", table.name, "这一项没有代码。", "请补写 code、id 或 userid。"))
        elif id_ in own:
            first = own[id_].place.text
            problems.append(_at(item.place, "Y007", f"{table.name} {id_}", f"与 {first} 重复。", "请删去一项或改用别的代码。"))
        else:
            own[id_] = item


def _from_environment(layers: Layers, env: Mapping[str, str], problems: list[Problem]) -> None:
    """Environment over TOML; a secret written in TOML is an error whatever the environment says."""
    for (table, key), name in secrets.SECRETS.items():
        for item in layers[table].values():
            if item.values.pop(key, ""):
                problems.append(
                    _at(
                        item.at(key),
                        "Y008",
                        f"{table}.{key}",
                        "密钥不得写在配置文件里。",
                        f"请删去并更换该密钥，改用环境变量 {name} 或 {name}_FILE。",
                    )
                )
    for (table, key), value in secrets.values(env, problems).items():
        single = layers[table].setdefault("", Entry(table=table, id="", values={}, place=Place(file="环境变量")))
        single.values[key] = value
        single.places[key,] = Place(file="环境变量")


def _resolve_citations(layers: Layers, citations: Mapping[str, Entry], problems: list[Problem]) -> None:
    """`citation = "key"` becomes the `[citation.key]` of any file."""
    for entries in layers.values():
        for item in entries.values():
            name = item.values.get("citation")
            if not isinstance(name, str):
                continue
            if name in citations:
                item.values["citation"] = citations[name].values
            else:
                item.values.pop("citation")
                item.values["citation"] = {"document": "", "article": ""}
                problems.append(
                    _at(
                        item.at("citation"),
                        "Y011",
                        f"{item.table} {item.id}",
                        f"引用的依据 {name} 没有定义。",
                        f"请补写 [citation.{name}] 段落。",
                    )
                )


def _build(table: Table, entries: Mapping[str, Entry], problems: list[Problem]) -> list[Any]:
    built: list[Any] = []
    for item in entries.values():
        before = len(problems)
        values = table.shape(item, problems)
        try:
            built.append(_adapter(table.cls).validate_python(values))
        except ValidationError as error:
            if len(problems) == before:
                problems.extend(explain(item, error, table.cls))
    return built


def _settings(built: Mapping[str, list[Any]], layers: Layers, folders: Sequence[Path]) -> schema.Settings:
    def one(name: str, default: Any) -> Any:
        return built[name][0] if built[name] else default

    head = one("organisation", shapes.OrganisationHead())
    return schema.Settings(
        bot=one("bot", schema.BotSettings()),
        wecom=one("wecom", schema.WeComSettings()),
        mail=one("mail", schema.MailSettings()),
        organisation=head.organisation(built["unit"], built["officer"], built["shift"]),
        scope=one("scope", schema.Scope()),
        profiles={p.code: p for p in built["profile"]},
        clauses=tuple(built["clause"]),
        ladders={x.code: x for x in built["ladder"]},
        notices=one("notices", shapes.Notices()).roles,
        thresholds=tuple(built["threshold"]),
        categories={c.code: c for c in built["category"]},
        playbooks=tuple(_placed(p, layers["playbook"][p.id]) for p in built["playbook"]),
        sources=tuple(built["source"]),
        mappings={m.id: m for m in built["mapping"]},
        folders=tuple(str(folder) for folder in folders),
        origins=origins(layers),
    )


def _placed(playbook: schema.Playbook, item: Entry) -> schema.Playbook:
    return replace(playbook, file=item.place.file, line=item.place.line)


def origins(layers: Layers) -> dict[str, str]:
    """Where each entry and key was last written: ``clause p.c`` and ``clause p.c.limit_minutes`` -> ``file:line``."""
    found: dict[str, str] = {}
    for table, entries in layers.items():
        for id_, item in entries.items():
            name = f"{table} {id_}".strip()
            found[name] = item.place.text
            for path, place in item.places.items():
                found[".".join(str(x) for x in (name, *path))] = place.text
    return found


def _at(place: Place, id_: str, key: str, message: str, remedy: str) -> Problem:
    return Problem(id=id_, file=place.file, line=place.line, key=key, message=message, remedy=remedy)
