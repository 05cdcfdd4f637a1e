"""Log lines: constant English event names with fields, readable on a terminal, JSON otherwise. Never texts or credentials."""

from __future__ import annotations

import json
import logging
import sys

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


class Formatter(logging.Formatter):
    """`time level event key=value ...`, or one JSON object a line."""

    def __init__(self, *, as_json: bool) -> None:
        super().__init__("%(asctime)s")
        self._json = as_json

    def format(self, record: logging.LogRecord) -> str:
        fields = {k: v for k, v in vars(record).items() if k not in _STANDARD}
        trace = self.formatException(record.exc_info) if record.exc_info else ""
        at = self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z")
        if self._json:
            row = {"t": at, "level": record.levelname.lower(), "event": record.getMessage(), **fields}
            return json.dumps(row | ({"trace": trace} if trace else {}), ensure_ascii=False, default=str)
        tail = " ".join(f"{k}={v}" for k, v in fields.items())
        return f"{at} {record.levelname:<7} {record.getMessage()} {tail}".rstrip() + (f"\n{trace}" if trace else "")


def configure(level: int = logging.INFO) -> None:
    """Send everything to standard error in one format."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Formatter(as_json=not sys.stderr.isatty()))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
