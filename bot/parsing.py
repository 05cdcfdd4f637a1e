"""Parsing that can be given up: the strict reading here, anything slow or doubtful in one child process that may be killed.

feedparser holds regular expressions that hostile input makes quadratic, and a regular expression holds the interpreter's
lock; only a process can be stopped. The child ends by itself when its parent dies or a job overruns.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import resource
import signal
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Final

from monitors.item import ParsedDocument
from monitors.kinds import KINDS, better
from monitors.kinds.tolerant import parse_tolerant
from monitors.mend import Problem

INLINE_BYTES: Final = 256 * 1024
"""A larger body is parsed in the child: it would hold the event loop for more than some ten milliseconds."""
TIME_LIMIT: Final = 10.0
"""CPU seconds a document may cost: what a busy machine adds by waiting is not the document's fault."""
_PATIENCE: Final = 6
"""Wall time a job may take, as a multiple of its CPU time, before the child counts as stuck."""
_START: Final = 60.0
"""Seconds for the child to be there: a fresh interpreter that loads the parsers."""
_MEMORY: Final = 768 * 1024 * 1024

Job = tuple[str, bytes, dict[str, str], str, datetime]


class Parsing:
    """Parses documents for the poll loop; one job at a time in the child, started when first needed."""

    def __init__(self, limit: float = TIME_LIMIT) -> None:
        self._limit = limit
        self._lock = asyncio.Lock()
        self._child: SpawnProcess | None = None
        self._pipe: Connection | None = None

    async def parse(self, kind: str, body: bytes, headers: Mapping[str, str], base: str, now: datetime) -> ParsedDocument:
        """The document as far as it can be read within the time limit. KeyError on an unknown kind; nothing else is raised."""
        parser = KINDS[kind]
        if len(body) <= INLINE_BYTES:
            document = parser(body, headers, base, now)
        else:
            found = await self._run((kind, body, dict(headers), base, now))
            document = found or ParsedDocument(problems=(Problem(code="parse_timeout"),))
        if not document.suspect:
            return document
        tolerant = await self._run(("", body, dict(headers), base, now))
        if tolerant is None:
            return replace(document, problems=(*document.problems, Problem(code="parse_timeout")), suspect=False)
        return better(document, tolerant)

    async def _run(self, job: Job) -> ParsedDocument | None:
        async with self._lock:
            return await asyncio.to_thread(self._ask, job)

    def _ask(self, job: Job) -> ParsedDocument | None:
        """One answer of the child; None, and the child killed, when it takes too long or dies."""
        try:
            pipe = self._ready()
            pipe.send(job)
            answer = pipe.recv() if pipe.poll(self._limit * _PATIENCE) else None
        except (EOFError, OSError):
            answer = None
        if answer is None:
            self.close()
        return answer if isinstance(answer, ParsedDocument) else None

    def _ready(self) -> Connection:
        if self._pipe is not None and self._child is not None and self._child.is_alive():
            return self._pipe
        self.close()
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        child = context.Process(target=_serve, args=(theirs, self._limit), daemon=True, name="yqbot-parse")
        child.start()
        theirs.close()
        self._child, self._pipe = child, ours
        if not ours.poll(_START):
            raise EOFError("the parsing child did not start")
        ours.recv()
        return ours

    @property
    def child_id(self) -> int | None:
        """Process id of the child, None while there is none."""
        return self._child.pid if self._child is not None else None

    def close(self) -> None:
        """End the child at once; the next job starts another."""
        if self._pipe is not None:
            self._pipe.close()
        if self._child is not None:
            self._child.kill()
            self._child.join()
            self._child.close()
        self._child = self._pipe = None


def _serve(pipe: Connection, limit: float) -> None:
    """The child: answers jobs until its parent closes the pipe. A job that costs more CPU time than the limit ends it."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    for name in (signal.SIGALRM, signal.SIGPROF):
        signal.signal(name, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(EOFError, OSError):
        pipe.send("ready")
        while True:
            kind, body, headers, base, now = pipe.recv()
            signal.setitimer(signal.ITIMER_PROF, limit)
            signal.alarm(int(limit * _PATIENCE) + 5)
            try:
                parser = KINDS[kind] if kind else parse_tolerant
                answer = parser(body, headers, base, now)
            except MemoryError:
                answer = ParsedDocument(problems=(Problem(code="too_large"),))
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.alarm(0)
            pipe.send(answer)
