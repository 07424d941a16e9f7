// Five requests from this page to S3, as its browser lets it send them.

const element = (id) => document.getElementById(id);
const told = new URLSearchParams(location.hash.slice(1));
const code = told.get("code") ?? "";
document.documentElement.style.colorScheme = told.get("theme") ?? ""; // the notebook's
history.replaceState(null, "", location.pathname);
const FILE = new File(["bench"], "bench.txt");

async function ask(path, body) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Code": code },
    body: JSON.stringify(body),
  });
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.error);
  return told;
}

const formData = (fields) => {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append("file", FILE);
  return form;
};

// A plain HTML form, sent into a frame. The frame loads S3's answer, which the page cannot read.
function submit({ url, fields }) {
  return new Promise((resolve) => {
    const frame = document.createElement("iframe");
    frame.name = `answer${Math.random()}`; // crypto.randomUUID is there with https alone
    const form = document.createElement("form");
    Object.assign(form, { method: "post", enctype: "multipart/form-data", action: url, target: frame.name, hidden: true });
    for (const [name, value] of Object.entries(fields)) {
      form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
    }
    const file = Object.assign(document.createElement("input"), { type: "file", name: "file" });
    const chosen = new DataTransfer();
    chosen.items.add(FILE);
    file.files = chosen.files;
    form.append(file);
    document.body.append(frame, form);
    frame.addEventListener("load", () => {
      frame.remove();
      form.remove();
      resolve("sent");
    });
    form.submit();
  });
}

// S3's answer to the notebook, which sends what this page says a browser would send.
async function passOn(method, url, headers, body) {
  const text = btoa(String.fromCharCode(...(body ?? [])));
  return ask("send", { method, url, headers, body: text });
}

// fetch, where the browser would not ask for CORS: cors.js plays its part.
async function played(url, options) {
  const answer = await asAcrossOrigins(new Request(url, options), location.origin, passOn);
  if (!answer) throw new TypeError("Failed to fetch");
  return new Response(atob(answer.body), { status: answer.status });
}

// "read" if the page gets an answer, else what the browser says in its place.
const fetched = (url, options) => (plays ? played : fetch)(url, options).then(
  (answer) => answer.text().then(() => "read"),
  (error) => error.message,
);

const ways = {
  "get": ({ url }) => fetched(url),
  "put": ({ url }) => fetched(url, { method: "PUT", body: new Blob(["bench"]) }),
  "put-type": ({ url, headers }) => fetched(url, { method: "PUT", headers, body: FILE }),
  "form": submit,
  "post": ({ url, fields }) => fetched(url, { method: "POST", body: formData(fields) }),
};

async function attempt(rule) {
  const signed = await ask("start", { rule });
  const told = {};
  for (const [row, way] of Object.entries(ways)) told[row] = await way(signed[row]);
  for (const [row, outcome] of Object.entries(await ask("finish", told))) {
    const cell = element(`${row}/${rule}`);
    cell.textContent = outcome;
    cell.className = ["readable", "stored"].includes(outcome) ? "good" : "bad";
  }
  if (window.parent !== window) window.parent.postMessage("cors-bench: S3 was asked", "*");
}

async function run(rules) {
  const buttons = document.querySelectorAll("button");
  for (const button of buttons) button.disabled = true;
  element("news").textContent = "Trying.";
  try {
    for (const rule of rules) await attempt(rule);
    element("news").textContent = "Done. The bucket's own rules are back.";
  } catch (problem) {
    element("news").textContent = problem.message;
  }
  for (const button of buttons) button.disabled = false;
}

const { rules, rows, same, plays } = await (await fetch("table")).json();
element("same").textContent = same;
element("same").hidden = !same;
element("origin").textContent = location.origin;
for (const [rule, title] of rules) {
  const head = document.createElement("th");
  head.scope = "col";
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: "Try" });
  button.setAttribute("aria-label", `Try: ${title}`);
  button.addEventListener("click", () => run([rule]));
  head.append(title, button);
  element("head").append(head);
}
for (const [row, title] of rows) {
  const line = document.createElement("tr");
  const head = Object.assign(document.createElement("th"), { scope: "row", textContent: title });
  line.append(head, ...rules.map(([rule]) =>
    Object.assign(document.createElement("td"), { id: `${row}/${rule}`, textContent: " " })));
  element("body").append(line);
}
element("all").addEventListener("click", () => run(rules.map(([rule]) => rule)));
element("all").disabled = false; // until here there was nothing to try
