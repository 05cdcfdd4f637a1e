"""Which names the fields of a source's tables and pushes have in this installation."""

from __future__ import annotations

from config.schema import Settings
from monitors.kinds.fields import Fields, fields_of


def fields_for(settings: Settings, kind: str, mapping: str = "") -> Fields:
    """The mapping of a source, else the usual one of its kind (`vendor` or `hotline`), else the common names."""
    usual = "vendor" if kind == "vendor" else "hotline"
    found = settings.mappings.get(mapping or usual)
    return fields_of(found.names if found else {})
