// Turns the pages. Everything is in this file, so that it works without a network.
const slides = [...document.querySelectorAll(".slide")];
let now = Math.min(Math.max((Number(location.hash.slice(1)) || 1) - 1, 0), slides.length - 1);
let speaker = null;

function fits(slide) {
  return slide.scrollHeight <= slide.clientHeight && slide.scrollWidth <= slide.clientWidth;
}

function show(place) {
  now = Math.min(Math.max(place, 0), slides.length - 1);
  const slide = slides[now];
  for (const other of slides) other.classList.toggle("now", other === slide);
  slide.style.fontSize = "";
  const size = parseFloat(getComputedStyle(slide).fontSize);
  for (let part = 1; part > 0.4 && !fits(slide); part -= 0.04) slide.style.fontSize = `${size * part}px`;
  slide.querySelector("footer").dataset.place = `${now + 1} / ${slides.length}`;
  history.replaceState(null, "", `#${now + 1}`);
  tell();
}

function tell() {
  if (!speaker || speaker.closed) return;
  const page = speaker.document;
  const heading = page.createElement("h1");
  const due = slides[now].querySelector(".due")?.textContent;
  heading.textContent = [due, slides[now].querySelector("h2").textContent].filter(Boolean).join(" · ");
  const notes = page.createElement("div");
  notes.append(...[...slides[now].querySelectorAll("aside > :not(.due)")].map((e) => page.importNode(e, true)));
  const next = page.createElement("p");
  next.textContent = now + 1 < slides.length ? `Next: ${slides[now + 1].querySelector("h2").textContent}` : "The last.";
  page.body.className = "speaker";
  page.body.replaceChildren(heading, notes, next);
}

function theme() {
  const root = document.documentElement;
  const dark = root.style.colorScheme
    ? root.style.colorScheme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  root.style.colorScheme = dark ? "light" : "dark";
}

function openSpeaker() {
  speaker = window.open("", "notes", "width=900,height=700");
  if (!speaker) return;
  speaker.document.title = "Speaker's notes";
  speaker.document.head.replaceChildren(speaker.document.importNode(document.querySelector("style"), true));
  speaker.document.addEventListener("keydown", turn);
  tell();
}

const KEYS = {
  ArrowRight: () => show(now + 1), " ": () => show(now + 1), PageDown: () => show(now + 1), ArrowDown: () => show(now + 1),
  ArrowLeft: () => show(now - 1), PageUp: () => show(now - 1), ArrowUp: () => show(now - 1),
  Home: () => show(0), End: () => show(slides.length - 1),
  t: theme, s: openSpeaker, f: () => document.documentElement.requestFullscreen?.(),
};

function turn(event) {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const action = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!action) return;
  event.preventDefault();
  action();
}

document.addEventListener("keydown", turn);
document.addEventListener("click", (event) => show(event.clientX < innerWidth / 3 ? now - 1 : now + 1));
addEventListener("resize", () => show(now));
addEventListener("hashchange", () => show(Number(location.hash.slice(1)) - 1));
document.body.classList.add("ready");
show(now);
