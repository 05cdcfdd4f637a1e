"""Names the settings may use because code elsewhere understands them. Tests compare each list with that code."""

from __future__ import annotations

from config.schema import Level

TRACKS = ("public", "upward", "internal", "service")
LEVELS = tuple(level.code for level in Level)
DUTIES = ("petition", "disclosure", "hotline")
"""Matters with day limits of their own that an officer registers on an incident: 信访事项, 信息公开申请, 热线工单."""
CLAUSE_LEVELS = (*LEVELS, "unknown")
CONDITIONS = ("always", "urgent", "alarmed", "verify_needed", "assigned", "returned_twice", "released", *DUTIES)
STARTS = (
    "occurred_at",
    "first_public_at",
    "detected_at",
    "reported_at",
    "recognised_at",
    "alarmed_at",
    "urgent_at",
    "assigned_at",
    "returned_at",
    "last_release_at",
    *(f"{duty}_at" for duty in DUTIES),
)
RELEASES = (
    "authoritative_info",
    "press_conference",
    "press_briefing",
    "media_briefing",
    "media_interview",
    "qa_release",
    "online_interview",
    "expert_piece",
    "policy_qa",
    "online_reply",
    "hotline_reply",
    "rolling_release",
)
SERVICES = (
    "petition_notified",
    "petition_settled",
    "disclosure_answered",
    "hotline_accepted",
    "hotline_settled",
    "hotline_answered",
)
"""What fulfils a duty towards the person who asked; never a public release nor the reverse."""
UPWARD = ("upward_reported", "upward_written")
"""What was reported upward: by telephone, in writing. Two duties where the rules say so; neither fulfils the other, nor a public one."""
EVIDENCE = (
    *RELEASES,
    *SERVICES,
    *UPWARD,
    "brief_info",
    "acknowledged",
    "verified",
    "signed",
    "returned",
    "arbitrated",
)
NOTICES = (
    "first",
    "first_quiet",
    "regraded",
    "urgent",
    "latent",
    "assigned",
    "returned",
    "arbitrate",
    "arbitrated",
    "exclusion",
    "changed",
    "second",
    "met",
)
CARDS = (
    "half",
    "last",
    "countdown",
    "overdue",
    "unread",
    "verify",
    "upward",
    "sign",
    "arbitrate",
    "continue",
)
SOURCE_KINDS = ("feed", "hotlist", "hotline", "opml", "folder", "vendor", "site")
"""Kinds of sources; the last three are no documents to be parsed: a folder on this machine, a vendor that pushes, a page to watch."""
UNIT_KINDS = ("bureau", "town", "press", "command", "arbiter")
ORGANISATION_LEVELS = ("county", "city", "province", "bureau")
BOARD_ROLES = ("", "viewer", "editor", "admin")

FIELDS = (
    "number",
    "title",
    "text",
    "received",
    "place",
    "category",
    "person",
    "unit",
    "state",
    "finished",
    "satisfied",
    "url",
    "author",
    "hot",
    "rows",
    "sheet",
    "phone",
    "home",
    "paper",
)
"""Fields of a work order or of a pushed row that a `[[mapping]]` may name."""
