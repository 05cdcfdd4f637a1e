"""Values from the environment: they win over TOML, and secrets come from nowhere else (``NAME`` or ``NAME_FILE``)."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from config.problem import WARNING, Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One environment variable and the setting it fills."""

    name: str
    table: str
    key: str
    secret: bool = False
    number: bool = False


VARIABLES: tuple[Variable, ...] = (
    Variable(name="YQBOT_LISTEN", table="bot", key="listen"),
    Variable(name="YQBOT_PUBLIC_URL", table="bot", key="public_url"),
    Variable(name="YQBOT_HEARTBEAT_URL", table="bot", key="heartbeat_url"),
    Variable(name="YQBOT_DATABASE_URL", table="bot", key="database_url", secret=True),
    Variable(name="YQBOT_WECOM_BASE_URL", table="wecom", key="base_url"),
    Variable(name="YQBOT_WECOM_CORPID", table="wecom", key="corpid"),
    Variable(name="YQBOT_WECOM_AGENTID", table="wecom", key="agentid", number=True),
    Variable(name="YQBOT_WECOM_SECRET", table="wecom", key="secret", secret=True),
    Variable(name="YQBOT_WECOM_TOKEN", table="wecom", key="token", secret=True),
    Variable(name="YQBOT_WECOM_AES_KEY", table="wecom", key="aes_key", secret=True),
    Variable(name="YQBOT_WECOM_OAUTH_URL", table="wecom", key="oauth_url"),
    Variable(name="YQBOT_WECOM_LOGIN_URL", table="wecom", key="login_url"),
    Variable(name="YQBOT_WECOM_BOT_URL", table="wecom", key="bot_url"),
    Variable(name="YQBOT_WECOM_BOT_ID", table="wecom", key="bot_id"),
    Variable(name="YQBOT_WECOM_BOT_SECRET", table="wecom", key="bot_secret", secret=True),
    Variable(name="YQBOT_WECOM_WEBHOOK", table="wecom", key="webhook", secret=True),
    Variable(name="YQBOT_GATEWAY_URL", table="wecom", key="gateway_url", secret=True),
    Variable(name="YQBOT_MAIL_HOST", table="mail", key="host"),
    Variable(name="YQBOT_MAIL_USERNAME", table="mail", key="username"),
    Variable(name="YQBOT_MAIL_PASSWORD", table="mail", key="password", secret=True),
)

SECRETS: Mapping[tuple[str, str], str] = {(v.table, v.key): v.name for v in VARIABLES if v.secret}


def values(env: Mapping[str, str], problems: list[Problem]) -> dict[tuple[str, str], str | int]:
    """Settings given by the environment as (table, key) -> value; mistakes go to `problems` (Y009, Y010, Y012)."""
    found: dict[tuple[str, str], str | int] = {}
    for variable in VARIABLES:
        for text in _given(variable, env, problems):
            if variable.number and not text.isdecimal():
                problems.append(
                    Problem(
                        id="Y012", key=variable.name, message="环境变量应为整数。", remedy="请填写企业微信后台显示的应用编号。"
                    )
                )
                continue
            found[variable.table, variable.key] = int(text) if variable.number else text
    return found


def variable_of(source_id: str) -> str:
    """``YQBOT_INGEST_NANHU_API_SECRET`` for the vendor ``nanhu-api``."""
    return f"YQBOT_INGEST_{re.sub(r'[^A-Z0-9]', '_', source_id.upper())}_SECRET"


def ingest(env: Mapping[str, str], source_ids: Sequence[str], problems: list[Problem]) -> dict[str, str]:
    """Keys of signed pushes, source id -> key; sources without one are left out."""
    found: dict[str, str] = {}
    for source_id in source_ids:
        variable = Variable(name=variable_of(source_id), table="source", key=source_id, secret=True)
        for text in _given(variable, env, problems):
            found[source_id] = text
    return found


def _given(variable: Variable, env: Mapping[str, str], problems: list[Problem]) -> Iterator[str]:
    file = env.get(f"{variable.name}_FILE", "") if variable.secret else ""
    direct = env.get(variable.name, "")
    if direct and file:
        problems.append(
            Problem(
                id="Y009",
                key=variable.name,
                message=f"同时设置了 {variable.name} 和 {variable.name}_FILE。",
                remedy="请只保留一个。",
            )
        )
    if direct:
        yield direct
    elif file:
        yield from _from_file(variable, Path(file), problems)


def _from_file(variable: Variable, path: Path, problems: list[Problem]) -> Iterator[str]:
    key = f"{variable.name}_FILE"
    try:
        text = path.read_text(encoding="utf-8").strip()
        mode = path.stat().st_mode
    except (OSError, UnicodeDecodeError):
        problems.append(
            Problem(id="Y009", key=key, message="密钥文件读不出来。", remedy="请检查文件路径和权限，或改用环境变量直接给出。")
        )
        return
    if mode & (stat.S_IRGRP | stat.S_IROTH):
        problems.append(
            Problem(
                id="Y010",
                severity=WARNING,
                key=key,
                message="密钥文件对其他用户可读。",
                remedy="请将权限改为仅本服务的用户可读（chmod 600）。",
            )
        )
    if text:
        yield text
    else:
        problems.append(Problem(id="Y009", key=key, message="密钥文件是空的。", remedy="请把密钥写入该文件。"))
