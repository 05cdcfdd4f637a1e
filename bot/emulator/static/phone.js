"use strict";
// Keeps the page alive: the server says "change", the page fetches the two fragments again. All HTML comes escaped from the server.
(() => {
  const user = document.body.dataset.user;
  const thread = document.getElementById("thread");
  const contacts = document.getElementById("contacts");
  const newer = document.getElementById("newer");
  const toast = document.getElementById("toast");
  let toastTimer = 0;
  let busy = false;
  let again = false;
  let shown = "";

  const atEnd = () => thread.scrollHeight - thread.scrollTop - thread.clientHeight < 80;
  const toEnd = () => { thread.scrollTop = thread.scrollHeight; newer.hidden = true; };

  function tell(words) {
    toast.textContent = words;
    toast.hidden = false;
    clearTimeout(toastTimer);
    toastTimer = setTimeout(() => { toast.hidden = true; }, 2600);
  }

  function choices(scope) {
    const chosen = {};
    scope.querySelectorAll("select[data-question]").forEach((box) => { chosen[box.dataset.question] = [box.value]; });
    scope.querySelectorAll("fieldset[data-question]").forEach((box) => {
      chosen[box.dataset.question] = [...box.querySelectorAll("input:checked")].map((input) => input.value);
    });
    return chosen;
  }

  function restore(card, chosen) {
    card.querySelectorAll("select[data-question]").forEach((box) => {
      const kept = chosen[box.dataset.question];
      if (kept && [...box.options].some((option) => option.value === kept[0])) box.value = kept[0];
    });
    card.querySelectorAll("fieldset[data-question] input").forEach((input) => {
      const kept = chosen[input.closest("fieldset").dataset.question];
      if (kept) input.checked = kept.includes(input.value);
    });
  }

  async function fragment(path) {
    const response = await fetch(path, { headers: { Accept: "text/html" } });
    if (!response.ok) throw new Error(String(response.status));
    return response.text();
  }

  async function refresh() {
    if (busy) { again = true; return; }
    busy = true;
    try {
      if (user && thread.offsetParent !== null) {
        const html = await fragment("/phone/thread/" + encodeURIComponent(user));
        if (html !== shown) {
          const stay = !atEnd();
          const top = thread.scrollTop;
          const kept = new Map([...thread.querySelectorAll(".card[data-message]")].map((card) => [card.dataset.message, choices(card)]));
          const last = thread.querySelector(".row:last-of-type")?.id;
          thread.innerHTML = html;
          shown = html;
          kept.forEach((chosen, id) => {
            const card = thread.querySelector(`.card[data-message="${CSS.escape(id)}"]`);
            if (card) restore(card, chosen);
          });
          if (stay) {
            thread.scrollTop = top;
            if (thread.querySelector(".row:last-of-type")?.id !== last) newer.hidden = false;
          } else toEnd();
        }
      }
      contacts.innerHTML = await fragment("/phone/contacts?user=" + encodeURIComponent(user));
    } catch { /* the next change or the reconnect tries again */ }
    busy = false;
    if (again) { again = false; refresh(); }
  }

  async function post(path, body) {
    try {
      const response = await fetch(path, {
        method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
      });
      const answer = await response.json();
      if (answer.error) tell(answer.error);
      return response.ok;
    } catch {
      tell("网络不通，请稍后再试。");
      return false;
    } finally {
      refresh();
    }
  }

  async function press(button) {
    const card = button.closest(".card");
    const keys = card.querySelectorAll("[data-key]");
    keys.forEach((key) => { key.disabled = true; });
    const selected = choices(card);
    await post("/phone/press", { user, message: Number(card.dataset.message), key: button.dataset.key, selected });
    keys.forEach((key) => { key.disabled = false; });
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest(".card [data-key]");
    if (button) press(button);
    const chip = event.target.closest("[data-say]");
    if (chip) post("/phone/say", { user, text: chip.dataset.say }).then(toEnd);
    document.querySelectorAll("details.menu[open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });

  const form = document.getElementById("say");
  if (form) {
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const input = form.elements.words;
      const words = input.value.trim();
      if (!words) return;
      input.value = "";
      toEnd();
      if (!await post("/phone/say", { user, text: words }) && !input.value) input.value = words;
      toEnd();
    });
  }
  const clip = document.getElementById("clip");
  if (clip) {
    clip.addEventListener("change", async () => {
      const file = clip.files[0];
      if (!file) return;
      const kind = file.type.startsWith("audio/") ? "voice" : file.type.startsWith("video/") ? "video" : "image";
      try {
        const query = new URLSearchParams({ user, kind, name: file.name });
        const response = await fetch("/phone/file?" + query, {
          method: "POST", headers: { "Content-Type": "application/octet-stream" }, body: file,
        });
        const answer = await response.json();
        if (answer.error) tell(answer.error);
      } catch { tell("网络不通，请稍后再试。"); }
      clip.value = "";
      refresh();
      toEnd();
    });
  }
  if (newer) newer.addEventListener("click", toEnd);
  if (thread) {
    thread.addEventListener("scroll", () => { if (atEnd()) newer.hidden = true; });
    toEnd();
  }

  const events = new EventSource("/phone/events");
  events.addEventListener("tick", (event) => {
    const [time, day] = event.data.split("|");
    document.querySelectorAll(".now-time").forEach((place) => { place.textContent = time; });
    document.querySelectorAll(".now-day").forEach((place) => { place.textContent = day; });
  });
  events.addEventListener("change", refresh);
  events.addEventListener("open", refresh);
})();
