"""Which playbooks (预案) suit a matter: one rule for the board, the cards and `yqbot explain`."""

from __future__ import annotations

from config.schema import Level, Playbook, Settings

SHOWN = 2


def suited(settings: Settings, category: str, level: Level | None) -> tuple[Playbook, ...]:
    """Playbooks of the category and grade, at most two; those for every category only where none is specific."""
    code = level.code if level else "unknown"
    fit = [p for p in settings.playbooks if not p.levels or code in p.levels]
    own = [p for p in fit if category in p.categories]
    return tuple(own or [p for p in fit if not p.categories])[:SHOWN]
