// The board. What strangers wrote is only ever set as text.
const code = location.hash.slice(1);
const at = (id) => document.getElementById(id);
const LEVELS = 12;
const EVERY = 2000; // milliseconds
const LARGEST = 64 * 1024; // of a file that is dropped

function element(tag, className, ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children); // what is no element is appended as text
  return made;
}

async function ask(path, body) {
  const answer = await fetch(path, {
    method: body ? "POST" : "GET",
    headers: { "X-Code": code, ...(body && { "Content-Type": "application/json" }) },
    body: body && JSON.stringify(body),
  });
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.error);
  return said;
}

const counted = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;

function show(id, rows, none) {
  at(id).replaceChildren(...(rows.length || !none ? rows : [element("li", "none", none)]));
}

function draw(picture) {
  at("people").textContent = picture.people ? counted(picture.people, "person", "people") : "";
  at("line").textContent =
    `from helpers.exercises import room\nroom.join("${picture.address}", "${picture.code}", "your name")`;
  show("stuck", picture.stuck.map((one) => element("li", "",
    element("span", "exercise", one.exercise), " ", element("span", "name", one.name), " ",
    element("span", "detail", `${counted(one.tries, "try", "tries")}, ${one.minutes} min`))),
  "Nobody.");
  // Levels are in the scoreboard; what everybody has done is a line, so that the rest fits.
  const exercises = picture.exercises.filter((row) => !row.name.includes("level"));
  const byAll = exercises.filter((row) => row.done === picture.people).map((row) => row.name);
  at("by-all").textContent = byAll.length ? `Done by everybody: ${byAll.join(", ")}` : "";
  show("exercises", exercises.filter((row) => row.done < picture.people).map((row) => {
    const bar = element("progress", "");
    bar.max = picture.people;
    bar.value = row.done;
    bar.setAttribute("aria-label", `${row.name}: done`);
    return element("tr", "", element("td", "", row.name), element("td", "", `${row.done} of ${picture.people}`),
      element("td", "", bar), element("td", "", row.trying || ""));
  }));
  at("flags-part").hidden = !picture.flags.length;
  show("flags", picture.flags.map((one) => {
    const places = [...Array(LEVELS).keys()].map((i) => (one.flags.includes(i + 1) ? "⚑" : "·")).join("");
    const line = element("span", "places", places);
    line.setAttribute("aria-hidden", "true");
    return element("li", "", element("span", "name", one.name), " ",
      element("span", "detail", counted(one.flags.length, "flag")), line);
  }));
  if (!at("names").contains(document.activeElement)) drawNames(picture.names);
}

function drawNames(names) {
  show("names", names.map((one) => {
    const remove = element("button", "", "Remove");
    remove.addEventListener("click", () => told(ask("/remove", { name: one.name, block: false })));
    const block = element("button", "", "Block");
    block.addEventListener("click", () => told(ask("/remove", { name: one.name, block: true })));
    for (const [button, what] of [[remove, "Remove"], [block, "Block the computer of"]])
      button.setAttribute("aria-label", `${what} ${one.name}`);
    return element("li", "", element("span", "name", one.name),
      element("span", "detail", one.by_file ? `${one.done} done, by file` : `${one.done} done`), remove,
      ...(one.by_file ? [] : [block]));
  }), "Nobody yet.");
}

async function told(request) {
  try {
    await request;
    document.activeElement?.blur();
    await look();
  } catch (problem) {
    at("news").textContent = problem.message;
  }
}

async function look() {
  try {
    draw(await ask("/picture"));
    if (at("news").dataset.lost) at("news").textContent = at("news").dataset.lost = "";
  } catch (problem) {
    const lost = problem instanceof TypeError;
    at("news").dataset.lost = lost ? "yes" : "";
    at("news").textContent = lost ? "The board has ended: helpers room is not running." : problem.message;
  }
}

async function handIn(file) {
  if (file.size > LARGEST) throw new Error(`${file.name} is too large for a progress file.`);
  let sent;
  try {
    sent = JSON.parse(await file.text());
  } catch {
    throw new Error(`${file.name} is not a progress file.`);
  }
  await ask("/hand-in", sent);
}

document.addEventListener("dragover", (event) => {
  event.preventDefault();
  document.body.classList.add("over");
});
document.addEventListener("dragleave", () => document.body.classList.remove("over"));
document.addEventListener("drop", async (event) => {
  event.preventDefault();
  document.body.classList.remove("over");
  at("news").textContent = "";
  for (const file of event.dataTransfer.files) await told(handIn(file));
});

at("theme").addEventListener("click", () => {
  const dark = getComputedStyle(document.documentElement).colorScheme === "dark"
    || (document.documentElement.style.colorScheme === "" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.style.colorScheme = dark ? "light" : "dark";
});
at("private").addEventListener("click", () => {
  const hidden = !at("stuck-part").hidden;
  at("stuck-part").hidden = at("names-part").hidden = hidden;
  at("private").setAttribute("aria-pressed", String(hidden));
});

await look();
setInterval(look, EVERY);
