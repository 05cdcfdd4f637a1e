"""The tables, as ordered migrations shared by both engines. A migration that has been released is never edited.

Times are UTC epoch milliseconds, flags 0/1, structures canonical JSON text (design.md §5, storage.md §3.3).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One step of the schema: statements for both engines, then those of one only."""

    name: str
    both: tuple[str, ...]
    sqlite: tuple[str, ...] = ()
    postgres: tuple[str, ...] = ()


FAR: Final = 1 << 62
"""A lease that never runs out."""

CLAIMABLE: Final = f"state in ('pending', 'sending', 'unknown') and lease_until < {FAR}"
"""What a claim may take: pending, unknown, or sending past its lease; word for word the condition of the indexes it walks."""

FIRST: Final = Migration(
    name="0001_first",
    both=(
        "create table meta (key text primary key, value text not null)",
        "create table counter (name text primary key, value bigint not null)",
        "insert into counter (name, value) values ('item', 0), ('event', 0), ('callback', 0), ('problem', 0)",
        "create table lease (name text primary key, owner text not null, lease_until bigint not null)",
        "create table slot (job text not null, slot text not null, owner text not null, at bigint not null,"
        " primary key (job, slot))",
        # sources and items
        "create table source_state (source_id text primary key, etag text not null, last_modified text not null,"
        " body_hash text not null, next_poll_at bigint, last_try_at bigint, last_success_at bigint, last_new_at bigint,"
        " failures bigint not null, last_error text not null, items_total bigint not null, duplicates_total bigint not null,"
        " damage bigint not null)",
        "create table item (id text primary key, n bigint not null, source text not null, kind text not null,"
        " title text not null, url text not null, text text not null, published bigint, published_raw text not null,"
        " seen_at bigint not null, rank bigint, hot double precision, author text not null, fingerprint text not null,"
        " alias text not null, joined_at bigint, incident bigint, judged text not null)",
        "create unique index item_n on item (n)",
        "create index item_alias on item (alias) where alias <> ''",
        "create index item_unjoined on item (seen_at, id) where joined_at is null",
        "create index item_incident on item (incident, seen_at, id) where incident is not null",
        "create index item_seen on item (seen_at, id)",
        "create table item_version (item_id text not null, at bigint not null, title text not null, text text not null,"
        " fingerprint text not null, primary key (item_id, at, fingerprint))",
        "create table sighting (item_id text not null, at bigint not null, rank bigint, hot double precision,"
        " primary key (item_id, at))",
        # incidents and their record
        "create table incident (number bigint primary key, version bigint not null, state text not null,"
        " status text not null, is_open bigint not null, level bigint, category text not null, title text not null,"
        " opened_at bigint not null, updated_at bigint not null, alarmed_at bigint, drill bigint not null)",
        "create index incident_open on incident (number) where is_open = 1",
        "create table membership (incident bigint not null, item_id text not null, at bigint not null, why text not null,"
        " by_whom text not null, primary key (incident, item_id))",
        "create table clock (incident bigint not null, clock_id text not null, code text not null, cycle bigint not null,"
        " track text not null, state text not null, start_at bigint not null, due_at bigint not null,"
        " latent bigint not null, provisional bigint not null, body text not null, primary key (incident, clock_id))",
        "create index clock_due on clock (due_at) where state in ('pending', 'overdue')",
        "create table chain (chain text primary key, seq bigint not null, hash text not null)",
        "create table event (chain text not null, seq bigint not null, id bigint not null, kind text not null,"
        " at bigint not null, actor text not null, actor_name text not null, actor_kind text not null, body text not null,"
        " prev text not null, hash text not null, primary key (chain, seq))",
        "create unique index event_id on event (id)",
        "create table event_private (chain text not null, seq bigint not null, salt text not null, body text not null,"
        " primary key (chain, seq))",
        # steps and messages
        "create table step (key text primary key, incident bigint not null, clock_id text not null, clock_code text not null,"
        " code text not null, role text not null, card text not null, due_at bigint not null, fire_at bigint not null,"
        " priority bigint not null, plan_version bigint not null, state text not null, reason text not null,"
        " owner text not null, lease_until bigint not null)",
        "create index step_incident on step (incident)",
        f"create index step_due on step (priority, fire_at, key) where {CLAIMABLE}",
        "create index step_next on step (fire_at) where state = 'pending'",
        "create table message (id text primary key, incident bigint, recipient text not null, kind text not null,"
        " task_id text not null, request text not null, text text not null, created_at bigint not null,"
        " due_at bigint not null, state text not null, priority bigint not null, attempts bigint not null,"
        " owner text not null, lease_until bigint not null, sent_at bigint, seen_at bigint, msgid text not null,"
        " response_code text not null, error text not null)",
        f"create index message_due on message (priority, due_at, id) where {CLAIMABLE}",
        "create index message_next on message (due_at) where state in ('pending', 'unknown')",
        "create index message_incident on message (incident) where incident is not null",
        "create index message_task on message (task_id) where task_id <> ''",
        "create table step_message (step text not null, message text not null, primary key (step, message))",
        "create index step_message_message on step_message (message)",
        "create table attempt (message text not null, n bigint not null, at bigint not null, outcome text not null,"
        " detail text not null, primary key (message, n, outcome))",
        "create table response_code (code text primary key, message text not null, issued_at bigint not null, spent_at bigint)",
        "create index response_code_message on response_code (message) where spent_at is null",
        # people
        "create table callback (key text primary key, n bigint not null, at bigint not null, body text not null,"
        " done bigint not null, note text not null)",
        "create index callback_open on callback (n) where done = 0",
        "create table login (token text primary key, officer text not null, expires bigint not null, used bigint not null)",
        "create table board_session (session text primary key, officer text not null, expires bigint not null)",
        "create table problem (id bigint primary key, kind text not null, subject text not null, detail text not null,"
        " first_at bigint not null, last_at bigint not null, times bigint not null, resolved_at bigint)",
        "create unique index problem_open on problem (kind, subject) where resolved_at is null",
    ),
    # detail=none and no content: 0.7 of the size of a full index, and every hit is checked against the item anyway
    sqlite=(
        "create virtual table item_words using fts5(words, content='', detail=none, tokenize='unicode61 remove_diacritics 0')",
    ),
    postgres=(
        "create table item_words (n bigint primary key, words text not null)",
        "create index item_words_gin on item_words using gin (to_tsvector('simple', words))",
    ),
)

SECOND: Final = Migration(
    name="0002_source_health",
    both=(
        "alter table source_state add column pace bigint not null default 0",
        "alter table source_state add column quiet bigint not null default 0",
        "alter table source_state add column stale_since bigint",
        "alter table source_state add column address text not null default ''",
        "alter table source_state add column moved_to text not null default ''",
        "alter table source_state add column remark text not null default ''",
    ),
)

ORIGINALS: Final = Migration(
    name="0003_originals",
    both=(
        # what a complainant wrote before it was covered; erasing empties salt and body, the digest stays for the chain
        "create table original (item_id text not null, at bigint not null, batch text not null, digest text not null,"
        " salt text not null, body text not null, erased_at bigint, primary key (item_id, at, digest))",
        "create index original_batch on original (batch)",
        "create index original_kept on original (at) where body <> ''",
        # files of officers; their bytes as base64 parts, one copy a digest, so that both engines and every export carry them
        "create table attachment (id text primary key, incident bigint, item_id text not null, sha256 text not null,"
        " name text not null, kind text not null, media_type text not null, size bigint not null, by_whom text not null,"
        " at bigint not null, state text not null, media_id text not null, tries bigint not null, note text not null)",
        "create index attachment_incident on attachment (incident) where incident is not null",
        "create index attachment_wanted on attachment (at) where state = 'wanted'",
        "create table attachment_part (sha256 text not null, n bigint not null, body text not null, primary key (sha256, n))",
        # what went wrong with a source, one row a spell of the same error; bounded a source
        "create table source_error (source_id text not null, first_at bigint not null, last_at bigint not null,"
        " times bigint not null, error text not null, over_at bigint, primary key (source_id, first_at))",
        "alter table source_state add column skew bigint",
    ),
)

ENGINE: Final = Migration(
    name="0004_engine",
    both=(
        # a delivery is claimed like a step: two processes never work one at the same time
        "alter table callback add column owner text not null default ''",
        "alter table callback add column lease_until bigint not null default 0",
        # what is on its way and what left lately, without walking every row: the audit and the engine's figures
        "create index step_way on step (fire_at) where state in ('sending', 'unknown')",
        "create index message_sent on message (sent_at) where sent_at is not null",
    ),
)

INGEST: Final = Migration(
    name="0005_ingest",
    both=(
        # number of the last item the full-text index holds; later ones are taken in by a pass of their own (`bot.store.search`)
        "insert into counter (name, value) select 'indexed', value from counter where name = 'item'",
        # only the purge looked up all items by age: what it may drop is entered once an item has been judged
        "drop index item_seen",
        "create index item_ordinary on item (seen_at) where joined_at is not null and incident is null",
    ),
)

SILENCE: Final = Migration(
    name="0006_silence",
    both=(
        # since when a source answers: what never brought anything has no last item to count its silence from
        "alter table source_state add column answers_since bigint",
    ),
)

NEWEST: Final = Migration(
    name="0007_newest",
    both=(
        # the newest items of a source, among which those are looked for that come back under another guid
        "create index item_source on item (source, n)",
    ),
)

_FILLED: Final = (
    "insert into item_waiting (n, seen_at, source) select n, seen_at, source from item where joined_at is null",
    "create index item_waiting_order on item_waiting (seen_at, source, n)",
    "insert into item_place (n, incident) select n, incident from item where incident is not null",
    # a member is never without a place; should one have been, it goes to its last matter
    "insert into item_place (n, incident) select i.n, max(m.incident) from membership m join item i on i.id = m.item_id"
    " where i.incident is null group by i.n",
    "create index item_place_incident on item_place (incident)",
    "drop index item_unjoined",
    "drop index item_incident",
    "drop index item_ordinary",
)
_KEPT: Final = "id, source, kind, title, url, text, published, published_raw, seen_at, rank, hot, author, fingerprint, alias"

PLACES: Final = Migration(
    name="0008_places",
    both=(),
    # whether an item waits and where it went stand apart from its text: judging it writes some bytes, not its whole row again.
    # SQLite keeps a table by its number only where that is declared so when the table is made: it is made again, in one pass
    sqlite=(
        "create table item_waiting (n integer primary key, seen_at bigint not null, source text not null)",
        "create table item_place (n integer primary key, incident bigint not null)",
        *_FILLED,
        "create table item_next (n integer primary key, id text not null, source text not null, kind text not null,"
        " title text not null, url text not null, text text not null, published bigint, published_raw text not null,"
        " seen_at bigint not null, rank bigint, hot double precision, author text not null, fingerprint text not null,"
        " alias text not null)",
        f"insert into item_next (n, {_KEPT}) select n, {_KEPT} from item order by n",
        "drop table item",
        "alter table item_next rename to item",
        "create unique index item_id on item (id)",
        "create index item_alias on item (alias) where alias <> ''",
        "create index item_source on item (source)",
        "create index item_age on item (seen_at)",
        "create table membership_next (incident bigint not null, item_id text not null, at bigint not null, why text not null,"
        " by_whom text not null, primary key (incident, item_id)) without rowid",
        "insert into membership_next (incident, item_id, at, why, by_whom) select incident, item_id, at, why, by_whom"
        " from membership order by incident, item_id",
        "drop table membership",
        "alter table membership_next rename to membership",
        # segments of the full-text index are merged eight at a time, not four: half of the rewriting, some more to look through
        "insert into item_words (item_words, rank) values ('automerge', 8)",
    ),
    postgres=(
        # one order on every server, whatever its locale: that of the characters' numbers
        'create table item_waiting (n bigint primary key, seen_at bigint not null, source text collate "C" not null)',
        "create table item_place (n bigint primary key, incident bigint not null)",
        *_FILLED,
        "alter table item drop column joined_at",
        "alter table item drop column incident",
        "alter table item drop column judged",
        "create index item_age on item (seen_at, n)",
    ),
)

WORDS: Final = Migration(
    name="0009_words",
    both=(),
    # our words are parted by blanks and folded before they come: the tokenizer that looks up no character's class takes a third
    # less. The index is filled anew by the passes that take items in; until they are through, search reads what it lacks itself
    sqlite=(
        "drop table item_words",
        "create virtual table item_words using fts5(words, content='', detail=none, tokenize='ascii')",
        "insert into item_words (item_words, rank) values ('automerge', 8)",
        "update counter set value = 0 where name = 'indexed'",
    ),
)

MIGRATIONS: Final = (FIRST, SECOND, ORIGINALS, ENGINE, INGEST, SILENCE, NEWEST, PLACES, WORDS)

TABLES: Final[dict[str, tuple[str, ...]]] = {
    "meta": ("key",),
    "counter": ("name",),
    "slot": ("job", "slot"),
    "source_state": ("source_id",),
    "item": ("n",),
    "item_waiting": ("n",),
    "item_place": ("n",),
    "item_version": ("item_id", "at", "fingerprint"),
    "sighting": ("item_id", "at"),
    "incident": ("number",),
    "membership": ("incident", "item_id"),
    "clock": ("incident", "clock_id"),
    "chain": ("chain",),
    "event": ("id",),
    "event_private": ("chain", "seq"),
    "step": ("key",),
    "message": ("id",),
    "step_message": ("step", "message"),
    "attempt": ("message", "n", "outcome"),
    "response_code": ("code",),
    "original": ("item_id", "at", "digest"),
    "attachment": ("id",),
    "attachment_part": ("sha256", "n"),
    "source_error": ("source_id", "first_at"),
    "callback": ("n",),
    "problem": ("id",),
}
"""What an export carries, with the order of its rows. Leases and sign-ins are of one installation and stay behind."""
