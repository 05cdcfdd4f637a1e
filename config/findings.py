"""Problems with the file and line of the entry they concern."""

from __future__ import annotations

from config.problem import ERROR, WARNING, Problem
from config.schema import Settings


def error(settings: Settings, id_: str, name: str, message: str, remedy: str, key: str = "") -> Problem:
    """An error about the entry `name` (such as ``clause national-default.sign``), at its key's line where it has one."""
    return _problem(settings, id_, name, message, remedy, key, ERROR)


def warning(settings: Settings, id_: str, name: str, message: str, remedy: str, key: str = "") -> Problem:
    return _problem(settings, id_, name, message, remedy, key, WARNING)


def _problem(settings: Settings, id_: str, name: str, message: str, remedy: str, key: str, severity: str) -> Problem:
    origin = settings.origins.get(f"{name}.{key}") if key else None
    file, _, line = (origin or settings.origins.get(name, "")).partition(":")
    label = f"{name} 的 {key}" if key and "." not in key else name
    return Problem(
        id=id_,
        severity=severity,
        file=file,
        line=int(line) if line else 0,
        key=label,
        message=message,
        remedy=remedy,
    )
