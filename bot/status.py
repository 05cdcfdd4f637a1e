"""/healthz, /readyz and /metrics: what a watcher outside needs. No names and no texts of incidents."""

from __future__ import annotations

from datetime import timedelta

from aiohttp import web

from bot.engine_health import EngineHealth, engine_health
from bot.service import Service

STALE = timedelta(minutes=2)


def status_routes(service: Service) -> list[web.RouteDef]:
    """Routes of liveness, readiness and Prometheus text."""

    async def healthz(request: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def readyz(request: web.Request) -> web.Response:
        problems = await _unready(service)
        body = {"ready": not problems, "problems": problems}
        return web.json_response(body, status=200 if not problems else 503)

    async def metrics(request: web.Request) -> web.Response:
        desk = service.desk
        incidents = await desk.store.incidents(open_only=True)
        alarmed = sum(1 for i in incidents if i.alarmed_at)
        overdue = sum(1 for i in incidents for c in i.clocks if c.state.value == "overdue" and c.track == "public")
        pending = await desk.store.pending_messages()
        lines = [
            "# TYPE yqbot_incidents_open gauge",
            f"yqbot_incidents_open {len(incidents)}",
            "# TYPE yqbot_incidents_alarmed gauge",
            f"yqbot_incidents_alarmed {alarmed}",
            "# TYPE yqbot_public_clocks_overdue gauge",
            f"yqbot_public_clocks_overdue {overdue}",
            "# TYPE yqbot_messages_pending gauge",
            f"yqbot_messages_pending {pending}",
            "# TYPE yqbot_problems_open gauge",
            f"yqbot_problems_open {len(await desk.store.problems())}",
            *_engine(await engine_health(desk.store, desk.now(), desk.lease()[0])),
        ]
        return web.Response(text="\n".join(lines) + "\n")

    return [web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", metrics)]


def _engine(health: EngineHealth) -> list[str]:
    """Lateness of the last hour in seconds, what waits, leases, the last audit."""
    f, audit = health.figures, health.audit
    gauges: dict[str, float | None] = {
        "yqbot_steps_sent_last_hour": f.sent,
        "yqbot_step_lateness_p50_seconds": f.p50,
        "yqbot_step_lateness_p99_seconds": f.p99,
        "yqbot_step_lateness_worst_seconds": f.worst,
        "yqbot_steps_unsent": f.unsent,
        "yqbot_oldest_unsent_seconds": health.oldest_wait,
        "yqbot_items_unindexed": f.unindexed,
        "yqbot_leases_held": f.held,
        "yqbot_leases_expired": f.expired,
        "yqbot_audit_age_seconds": None if audit is None else (health.at - audit.at).total_seconds(),
        "yqbot_audit_missing_steps": None if audit is None else audit.missing,
        "yqbot_audit_stalled_steps": None if audit is None else audit.stalled,
        "yqbot_audit_unreadable_incidents": None if audit is None else audit.broken,
    }
    return [x for name, value in gauges.items() if value is not None for x in (f"# TYPE {name} gauge", f"{name} {value:g}")]


async def _unready(service: Service) -> list[str]:
    """Codes of what is wrong: the database, the loop, the audit."""
    out: list[str] = []
    desk = service.desk
    next_fire = await desk.store.next_fire()
    now = desk.now()
    if next_fire is not None and now - next_fire > STALE:
        out.append("outbox_late")
    if service.beat is not None and now - service.beat > STALE:
        out.append("loop_stalled")
    if service.audited is not None and not service.audited.clean:
        out.append("audit")
    return out
