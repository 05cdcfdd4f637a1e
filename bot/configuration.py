"""Where settings come from: the product's default folder, then the installation's; the environment wins over TOML."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import config
from config.load import load
from config.problem import Problem
from config.schema import Settings

PACKAGE = Path(config.__file__).parent
DEFAULT = PACKAGE / "default"
DEMO = PACKAGE / "demo"


def folders_of(folder: Path | None, env: Mapping[str, str]) -> tuple[Path, ...]:
    """Layers, later ones win. `YQBOT_CONFIG` serves when no folder is given."""
    chosen = folder or (Path(env["YQBOT_CONFIG"]) if env.get("YQBOT_CONFIG") else None)
    return (DEFAULT, chosen) if chosen else (DEFAULT,)


def settings_of(folder: Path | None, env: Mapping[str, str]) -> Settings:
    """Settings of an installation; ConfigError with every problem."""
    return load(folders_of(folder, env), env)


def unusable(found: Iterable[Problem]) -> tuple[Problem, ...]:
    """Mistakes with which the service cannot run at all: its address, its hours, the tables it judges by."""
    return tuple(p for p in found if p.is_error and p.id in ("Y420", "Y421", "Y502", "Y503", "Y505"))


def data_of(folder: Path | None, env: Mapping[str, str]) -> Path:
    """Data folder: the option, else YQBOT_DATA, else ./data."""
    return folder or Path(env.get("YQBOT_DATA") or "data")
