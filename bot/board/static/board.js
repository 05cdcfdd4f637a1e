"use strict";
// The page counts down by itself: program time (which may run faster in a demo) from the server, absolute ends in data-due.
(() => {
  const body = document.body;
  let base = Number(body.dataset.now);
  let speed = Number(body.dataset.speed);
  let mark = performance.now();
  const now = () => base + (performance.now() - mark) * speed;
  const two = (n) => String(n).padStart(2, "0");

  function span(ms, seconds) {
    const s = Math.floor(Math.abs(ms) / 1000);
    const h = Math.floor(s / 3600), m = Math.floor(s / 60) % 60;
    if (h >= 48) return `${Math.floor(h / 24)}天${h % 24 ? `${h % 24}小时` : ""}`;
    return seconds ? (h ? `${h}:${two(m)}:${two(s % 60)}` : `${m}:${two(s % 60)}`) : (h ? `${h}小时${m}分` : `${m}分钟`);
  }

  function beijing(ms) {
    const t = new Date(ms + 8 * 3600e3);
    return `${two(t.getUTCMonth() + 1)}-${two(t.getUTCDate())} ${two(t.getUTCHours())}:${two(t.getUTCMinutes())}:${two(t.getUTCSeconds())}`;
  }

  function tick() {
    const at = now();
    document.getElementById("clock").textContent = beijing(at);
    for (const el of document.querySelectorAll("[data-due]")) {
      const left = Number(el.dataset.due) - at;
      const text = (left > 0 ? "剩 " : "已超 ") + span(left, true);
      if (el.textContent !== text) el.textContent = text;
      if (el.classList.contains("latent")) continue;
      const tone = left <= 0 ? "overdue" : left <= 7200e3 ? "soon" : "calm";
      if (!el.classList.contains(tone)) {
        for (const box of [el, el.closest("li, .limit")]) {
          if (!box) continue;
          box.classList.remove("overdue", "soon", "calm");
          box.classList.add(tone);
        }
      }
    }
    for (const el of document.querySelectorAll("[data-since]")) el.textContent = span(at - Number(el.dataset.since), false);
  }

  const live = document.getElementById("live");
  const watch = body.dataset.watch;
  let wanted = false, busy = false;

  async function refresh() {
    if (!wanted || busy || document.hidden) return;
    wanted = false;
    busy = true;
    try {
      const answer = await fetch(location.pathname + "?part=live", { headers: { Accept: "text/html" }, cache: "no-store" });
      if (answer.status === 401) { location.reload(); return; }
      if (answer.ok) {
        const name = (d) => (d.querySelector("summary .what") || d).textContent;
        const open = new Map([...live.querySelectorAll("details")].map((d) => [name(d), d.open]));
        live.innerHTML = await answer.text();
        for (const d of live.querySelectorAll("details")) {
          if (open.has(name(d))) d.open = open.get(name(d));
        }
        tick();
      }
    } catch { wanted = true; } finally {
      busy = false;
      setTimeout(refresh, 1000);
    }
  }

  function listen() {
    const link = document.getElementById("link");
    const source = new EventSource("/events");
    let lost = 0;
    const sync = (e) => {
      const d = JSON.parse(e.data);
      base = d.now; speed = d.speed; mark = performance.now();
      return d;
    };
    source.addEventListener("open", () => {
      clearTimeout(lost); lost = 0; link.hidden = true;
      wanted = true; refresh();
    });
    source.addEventListener("time", sync);
    source.addEventListener("change", (e) => {
      const d = sync(e);
      if (watch === "all" || d.numbers.includes(Number(watch))) { wanted = true; refresh(); }
    });
    source.addEventListener("error", () => {
      lost = lost || setTimeout(() => { link.hidden = false; }, 5000);
      if (source.readyState === EventSource.CLOSED) { source.close(); setTimeout(listen, 5000); }
    });
  }

  tick();
  setInterval(tick, 250);
  if (live) { listen(); document.addEventListener("visibilitychange", refresh); }
})();
