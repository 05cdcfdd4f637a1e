"""Back-test of detection beside a 30-word keyword list, both scored in one run; prints one JSON line a figure.

    python tests/bench/backtest.py [--windows D05,D11]

Windows are split in two halves: those the lexicon was tuned on and those held out. Also prints every lexicon entry that hits titles
of one event only (a word that knows one case is a word too many). Skips with a reason where the recordings are absent.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

REPO = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPO))

from bot.judging import Judges  # noqa: E402 - started from anywhere
from bot.replay import play, read_rows, write  # noqa: E402
from bot.triage import triage_of  # noqa: E402
from monitors.detect import Scope  # noqa: E402
from monitors.lexicon import Matcher, fold  # noqa: E402

TUNED = "D01,D03,D05,D07,D08,D10,D13,D14,D16"
HELD = "D02,D04,D06,D09,D11,D12,D15,D17,D18"
KEYWORDS = [
    "爆炸",
    "火灾",
    "起火",
    "地震",
    "洪水",
    "暴雨",
    "山洪",
    "泥石流",
    "滑坡",
    "坍塌",
    "倒塌",
    "车祸",
    "相撞",
    "侧翻",
    "坠楼",
    "溺水",
    "遇难",
    "身亡",
    "死亡",
    "失联",
    "被困",
    "受伤",
    "中毒",
    "泄漏",
    "持刀",
    "砍人",
    "殴打",
    "性侵",
    "强拆",
    "红码",
]
JOIN_HOURS = 24


def shared() -> Path:
    """The folder of shared data: YQBOT_SHARED, else beside the repository."""
    return Path(os.environ.get("YQBOT_SHARED", REPO.parent / "shared"))


def keyword_incidents(rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The baseline: a title with a keyword alarms; a title with the same keyword and a common four-gram within a day joins."""
    found: list[dict[str, Any]] = []
    opened: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        title, at = row["title"], datetime.fromisoformat(row["t"])
        word = next((word for word in KEYWORDS if word in title), None)
        if word is None:
            continue
        grams = {title[start : start + 4] for start in range(len(title) - 3)}
        live = [i for i in opened[word][-60:] if at - i["last"] <= timedelta(hours=JOIN_HOURS) and i["grams"] & grams]
        if live:
            incident = live[-1]
        else:
            incident = {
                "id": f"K{len(found)}",
                "opened_at": row["t"],
                "alerted": True,
                "title": title,
                "items": [],
                "grams": set(),
            }
            found.append(incident)
            opened[word].append(incident)
        incident["items"].append([row["t"], row["source"], title])
        incident["grams"] |= grams
        incident["last"] = at
    return ({key: value for key, value in i.items() if key not in ("grams", "last")} for i in found)


def scored(gold: Path, incidents: Path, windows: str) -> dict[str, Any]:
    """The outside scorer's figures."""
    tool = shared() / "tools" / "score_backtest.py"
    command = [sys.executable, str(tool), "--gold", str(gold), "--incidents", str(incidents), "--json", "--windows", windows]
    found: dict[str, Any] = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return {key: value for key, value in found.items() if key != "windows"}


def single_event_words(judges: Judges, gold: Path) -> Iterator[dict[str, Any]]:
    """Entries of hazards, crimes and grievances whose hits all lie in one event (and in at least three of its titles).

    An entry is a word written out, or a whole family: its combinations are edited, and known or not known, together.
    """
    groups = judges.gate.lexicon.groups
    kinds = {name for name, group in groups.items() if group.kind in ("hazard", "harm", "crime", "grievance")}
    matcher, events, titles = Matcher(judges.gate.lexicon), defaultdict(set), defaultdict(set)
    with gzip.open(gold / "labels.jsonl.gz", "rt", encoding="utf-8") as source:
        for label in map(json.loads, source):
            for hit in matcher.find(fold(label["title"])):
                word = hit.word
                if word.group in kinds:
                    entry = (f"{word.group}/（族）" if word.family else word.id, f"{word.file}:{word.line}", word.family)
                    events[entry].add(label["event"] or f"none {label['title']}")
                    titles[entry].add(label["title"])
    for entry, known in events.items():
        if len(known) == 1 and len(titles[entry]) >= 3:
            name, at, family = entry
            yield {"bench": "single_event_word", "word": name, "family": family, "at": at, "event": next(iter(known))}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--windows", default="")
    args = parser.parse_args()
    gold = shared() / "data" / "backtest"
    files = sorted(str(path) for path in gold.glob("hotlist-*.jsonl.gz"))
    if not files:
        print(
            json.dumps(
                {"bench": "backtest", "skipped": f"没有回放数据（{gold}），设 YQBOT_SHARED 指向共享数据"}, ensure_ascii=False
            )
        )
        return 0
    triage, rows = triage_of(None, {}), list(read_rows(files))
    judges = triage.judges
    started = time.perf_counter()
    outcome = play(judges.detector(Scope()), rows)
    seconds = time.perf_counter() - started
    print(json.dumps({"bench": "replay", "rows": len(rows), "seconds": round(seconds, 2)}))
    with tempfile.TemporaryDirectory() as folder:
        ours, theirs = Path(folder) / "ours", Path(folder) / "keywords.jsonl"
        write(ours, outcome, (), triage.router)
        theirs.write_text("".join(json.dumps(i, ensure_ascii=False) + "\n" for i in keyword_incidents(rows)), encoding="utf-8")
        parts = {"asked": args.windows} if args.windows else {"all": "", "tuned": TUNED, "held": HELD}
        for part, windows in parts.items():
            for name, path in (("ours", ours / "incidents.jsonl"), ("keywords", theirs)):
                print(json.dumps({"bench": "backtest", "detector": name, "part": part, **scored(gold, path, windows)}))
    for line in single_event_words(judges, gold):
        print(json.dumps(line, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
