"""The corp the emulator plays: one app, its secrets, its members. Read from TOML; every mistake in one Chinese message."""

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from config.layers import mistake


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One person in the contacts. `visible`: in the app's visible range; `licensed`: has the base licence."""

    userid: str
    name: str
    unit: str = ""
    title: str = ""
    phone: str = ""
    party: int = 1
    tags: tuple[int, ...] = ()
    visible: bool = True
    licensed: bool = True
    status: int = 1  # 1 active, 2 disabled, 4 not activated, 5 left
    leader: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Department:
    """One department; the root has the id 1 and the parent 0."""

    id: int
    name: str
    parent: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A group robot; its `key` is the secret part of its address."""

    key: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SmartBot:
    """A smart bot with a long connection; `groups` are the chats it was put into."""

    id: str
    secret: str
    name: str = "值班机器人"
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Corp:
    """`trusted_ips` empty: the allow list is off. `callback_url` empty: cards with buttons are refused (43012).

    `root_visible`: the app's visible range is the root department, without which there are no app chats (48002).
    """

    corpid: str
    secret: str
    agentid: int
    token: str
    aes_key: str
    name: str = "舆情值班"
    members: tuple[Member, ...] = ()
    webhooks: tuple[Webhook, ...] = ()
    callback_url: str = ""
    trusted_domain: str = ""
    trusted_ips: tuple[str, ...] = ()
    accounts: int = 500
    root_visible: bool = True
    departments: tuple[Department, ...] = ()
    bots: tuple[SmartBot, ...] = ()


ROWS: dict[str, type[Any]] = {"members": Member, "webhooks": Webhook, "departments": Department, "bots": SmartBot}


class CorpError(Exception):
    """单位文件有误。"""


def load_corp(path: Path) -> Corp:
    """Read a corp file; raises CorpError naming every unknown, missing or wrong key."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CorpError(f"读不到单位文件 {path}，请核对路径。") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CorpError(f"单位文件 {path} 读不了：{mistake(error)}。请改正后再启动。") from error
    return corp_from(table, str(path))


def corp_from(table: dict[str, Any], where: str = "单位文件") -> Corp:
    """Build a corp from parsed TOML."""
    problems: list[str] = []
    lists = {
        name: tuple(_row(kind, row, f"{name}[{i}]", problems) for i, row in enumerate(table.get(name, ())))
        for name, kind in ROWS.items()
    }
    flat = {key: value for key, value in table.items() if key not in ROWS}
    corp = _row(Corp, flat, "", problems)
    if problems:
        raise CorpError(f"{where} 有误：{'；'.join(problems)}。请改正后再启动。")
    given = {field.name: getattr(corp, field.name) for field in fields(Corp)}
    return Corp(**(given | lists))


def _row(kind: type[Any], row: dict[str, Any], place: str, problems: list[str]) -> Any:
    known = {field.name: field for field in fields(kind)}
    problems += [f"{place} 不认识的键 {key}".strip() for key in row if key not in known]
    given = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items() if key in known}
    for key, value in given.items():
        wanted = known[key].type
        if wanted in (str, int, bool) and (not isinstance(value, wanted) or (wanted is int and isinstance(value, bool))):
            problems.append(f"{place} {key} 的类型不对".strip())
    try:
        return kind(**given)
    except TypeError:
        needed = [n for n in ("userid", "corpid", "secret", "agentid", "token", "aes_key", "key", "id", "name") if n in known]
        missing = [n for n in needed if n not in given and not (kind is Corp and n == "name")]
        problems.append(f"{place} 缺少 {'、'.join(missing)}".strip())
        return None
