// A card: HTML from Python, whose buttons talk to Python. See card.py.

const SECOND = 1000;

function left(seconds) {
  if (seconds <= 0) return "expired";
  const parts = [];
  for (const [name, size] of [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]]) {
    const count = Math.floor(seconds / size);
    seconds -= count * size;
    if (count || parts.length) parts.push(`${count} ${name}`);
  }
  return `${parts.slice(0, 2).join(" ")} left`;
}

async function toClipboard(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false; // no permission, or a page that is not served securely
  }
}

export default {
  render({ model, el }) {
    const view = Math.random().toString(36).slice(2);
    const body = document.createElement("div");
    const live = document.createElement("div");
    body.className = "s3-card";
    live.className = "s3-live";
    live.setAttribute("role", "status");
    const outdated = document.createElement("p");
    outdated.className = "s3-outdated";
    outdated.setAttribute("role", "status");
    el.append(outdated, body, live);

    const say = (text) => {
      live.textContent = "";
      requestAnimationFrame(() => { live.textContent = text; });
    };
    const find = (ask) => body.querySelector(`[data-ask="${CSS.escape(ask)}"]`);
    const secret = (name) => body.querySelector(`[data-secret="${CSS.escape(name)}"]`);

    function tick() {
      for (const time of body.querySelectorAll("time[data-ends]")) {
        const words = left(Number(time.dataset.ends) - Math.floor(Date.now() / SECOND));
        const shown = `${words} (until ${time.dataset.until})`;
        if (words === "expired" && time.textContent !== shown && time.dataset.ran) say("The URL has expired.");
        time.dataset.ran = "yes";
        time.classList.toggle("s3-refused", words === "expired");
        time.textContent = shown;
      }
    }

    function draw() {
      const had = body.contains(document.activeElement) ? document.activeElement.dataset.ask : null;
      const opened = [...body.querySelectorAll("details[open] > summary")].map((s) => s.textContent);
      body.innerHTML = model.get("html");
      for (const summary of body.querySelectorAll("details > summary")) {
        if (opened.includes(summary.textContent)) summary.parentElement.open = true;
      }
      for (const time of body.querySelectorAll("time[data-ends]")) time.dataset.until = time.textContent;
      if (had) find(had)?.focus({ preventScroll: true });
      tick();
    }

    function dim() {
      const why = model.get("outdated");
      outdated.textContent = why;
      outdated.hidden = why === "";
      body.classList.toggle("s3-old", why !== "");
    }

    function toggle(name, text) {
      const box = secret(name);
      const button = find(`reveal:${name}`);
      box.textContent = text;
      box.hidden = text === "";
      if (button) {
        button.setAttribute("aria-expanded", String(!box.hidden));
        button.textContent = button.textContent.replace(/^(Reveal|Hide)/, box.hidden ? "Reveal" : "Hide");
      }
      return box;
    }

    async function hear(message) {
      if (message.say !== undefined) say(message.say);
      if (message.view !== view) return;
      if (message.reveal !== undefined) toggle(message.name, message.reveal);
      if (message.copy !== undefined) {
        if (await toClipboard(message.copy)) {
          say("Copied.");
          const button = find(`copy:${message.name}`);
          const label = button.textContent;
          button.textContent = "✓ Copied";
          setTimeout(() => { button.textContent = label; }, 1.5 * SECOND);
        } else {
          const box = secret(message.name);
          getSelection().selectAllChildren(box ? toggle(message.name, message.copy) : body.querySelector("pre"));
          say("The browser does not let this page copy. The text is selected: press Control C.");
        }
      }
    }

    function click(event) {
      const button = event.target.closest?.("[data-ask]");
      if (!button || button.disabled) return;
      const [verb, name] = button.dataset.ask.split(":");
      const box = name && secret(name);
      if (verb === "reveal" && box && !box.hidden) {
        toggle(name, "");
        return;
      }
      const fields = [...body.querySelectorAll("[data-tell]")];
      const texts = Object.fromEntries(fields.map((field) => [field.dataset.tell, field.value]));
      model.send({ ask: button.dataset.ask, view, texts });
    }

    draw();
    dim();
    const clock = setInterval(tick, SECOND);
    body.addEventListener("click", click);
    model.on("change:html", draw);
    model.on("change:outdated", dim);
    model.on("msg:custom", hear);
    return () => {
      clearInterval(clock);
      model.off("change:html", draw);
      model.off("change:outdated", dim);
      model.off("msg:custom", hear);
    };
  },
};
