// The page: sign-in, choosing files, and the list of them.

import { fingerprint, isElsewhere, Kept } from "./kept.js";
import { session, shows, signIn, signOut, whenSignedOut } from "./server.js";
import { Upload } from "./upload.js";
import { amount, list } from "./words.js";

const AT_ONCE = 3; // files on their way at the same time
const SAID = 20; // sentences kept for screen readers
const ENDED = "Your sign-in has ended.";
const element = (id) => document.getElementById(id);
const tabs = new BroadcastChannel(`upload-page at ${location.pathname}`);
const uploads = [];
let user = null; // who is shown, and whom the server signs for
let owner = null; // whose files are in the list

const page = {
  limits: null, // what may be uploaded, from the server
  kept: null,
  // Starts as many of the waiting as may be on their way.
  next() {
    const sending = uploads.filter((upload) => upload.state === "sending").length;
    uploads.filter((upload) => upload.state === "waiting")
      .slice(0, Math.max(0, AT_ONCE - sending))
      .forEach((upload) => upload.start());
  },
  update() {
    const ready = uploads.filter((upload) => upload.state === "ready").length;
    element("upload").disabled = ready === 0;
    element("upload").textContent = ready > 1 ? `Upload ${ready} files` : "Upload";
  },
  // A notebook that shows this page in a frame looks at S3's decisions again when it hears this.
  changed() {
    if (window.parent !== window) window.parent.postMessage("upload-page: S3 was asked", "*");
  },
  how: () => document.querySelector("input[name=how]:checked").value,
  say(text) {
    element("news").append(Object.assign(document.createElement("p"), { textContent: text }));
    if (element("news").childElementCount > SAID) element("news").firstElementChild.remove();
  },
  remove(upload) {
    uploads.splice(uploads.indexOf(upload), 1);
    upload.item.remove();
    if (user) element("files").focus();
    page.update();
  },
};

function show(upload, earlier) {
  if (earlier) {
    uploads.splice(uploads.indexOf(earlier), 1, upload);
    earlier.item.replaceWith(upload.item);
    upload.adopt(earlier);
  } else {
    uploads.push(upload);
    element("list").append(upload.item);
  }
  page.update();
}

// A file that was chosen before, and not sent to its end, goes on where it was.
async function add(files) {
  for (const file of [...files]) {
    const same = uploads.filter(({ state, facts }) =>
      state === "unfinished" && facts?.name === file.name && facts.size === file.size);
    const print = same.length ? await fingerprint(file).catch(() => "") : "";
    const earlier = same.find(({ facts }) => facts.print === print);
    show(new Upload(file, page, earlier && { ticket: earlier.ticket, facts: earlier.facts }), earlier);
  }
}

function showUser(name) {
  user = name;
  shows(user);
  element("sign-in").hidden = Boolean(user);
  element("uploader").hidden = element("who").hidden = !user;
  element("user").textContent = user ?? "";
}

async function signedIn(name) {
  if (owner !== null && owner !== name) clear();
  const isNew = owner !== name;
  owner = name;
  page.kept = new Kept(name);
  if (!page.limits) showLimits(await session()); // it could not be asked before
  element("sign-in-error").textContent = "";
  showUser(name);
  for (const upload of uploads.filter(({ state }) => state === "signed-out")) upload.queue();
  if (isNew) await showUnfinished();
}

// Somebody else has signed in: what was on its way is kept for the next time.
function clear() {
  for (const upload of uploads.splice(0)) {
    upload.stop?.abort();
    upload.item.remove();
  }
  page.say(`${owner}'s files are no longer listed.`);
}

async function showUnfinished() {
  element("list").ariaBusy = "true";
  for (const [ticket, facts] of Object.entries(page.kept.all())) {
    if (await isElsewhere(ticket)) continue; // another tab is sending it
    const upload = new Upload(facts, page, { ticket, facts });
    show(upload);
    await upload.showUnfinished();
  }
  element("list").ariaBusy = "false";
}

// The form again, and why. The list stays.
function signedOut(why) {
  if (!user) return;
  showUser(null);
  element("sign-in-error").textContent = uploads.length ? `${why} The list below is ${owner}'s.` : why;
  element("name").value = owner;
  element("code").value = "";
  element("code").focus();
}

whenSignedOut((why) => signedOut(why === "Sign in first." ? ENDED : why));

function heard(other, ended) {
  if (other === user) return;
  if (user) signedOut(other ? `${other} has signed in, in another tab.` : ended);
  else if (other === owner) signedIn(other);
}
tabs.addEventListener("message", ({ data }) => heard(data, "You have signed out, in another tab."));
// Who slept through it looks.
document.addEventListener("visibilitychange", async () => {
  if (document.hidden || !user) return;
  const found = await session().catch(() => null);
  if (found) heard(found.user, ENDED);
});

element("sign-in").addEventListener("submit", async (event) => {
  event.preventDefault();
  element("sign-in-error").textContent = "";
  try {
    const { user: name } = await signIn(element("name").value, element("code").value);
    tabs.postMessage(name);
    await signedIn(name);
    element("files").focus();
  } catch (problem) {
    element("sign-in-error").textContent = problem.message;
  }
});

element("sign-out").addEventListener("click", async () => {
  await Promise.all(uploads.filter((upload) => upload.isBusy).map((upload) => upload.cancel()));
  try {
    await signOut();
    tabs.postMessage(null);
    signedOut("You have signed out.");
  } catch (problem) {
    page.say(problem.message);
    if (user) element("user").textContent = `${user} (not signed out: ${problem.message})`;
  }
});

element("files").addEventListener("change", (event) => {
  add(event.target.files);
  event.target.value = ""; // so that the same file can be chosen again
});

element("uploader").addEventListener("submit", (event) => {
  event.preventDefault();
  for (const upload of uploads) if (upload.state === "ready") upload.wait(page.how());
});

// A file dropped beside the field would otherwise be opened in place of the page.
for (const name of ["dragover", "drop"]) window.addEventListener(name, (event) => event.preventDefault());
const drop = element("drop");
drop.addEventListener("dragover", () => drop.classList.add("over"));
drop.addEventListener("dragleave", () => drop.classList.remove("over"));
drop.addEventListener("drop", (event) => {
  drop.classList.remove("over");
  add(event.dataTransfer.files);
});

window.addEventListener("beforeunload", (event) => {
  if (uploads.some((upload) => upload.isBusy)) event.preventDefault();
});
window.addEventListener("pagehide", ({ persisted }) => {
  if (user && !persisted) for (const upload of uploads) upload.leave();
});

function showLimits(limits) {
  const { max_bytes: most, kinds, stub } = limits;
  page.limits = limits;
  const names = list(kinds.map((kind) => kind.name));
  element("limits").textContent = `${names}, up to ${amount(most)} each.`;
  element("files").accept = kinds.flatMap((kind) => [kind.type, ...kind.ends]).join();
  if (stub) return;
  element("stub").hidden = element("name-rule").hidden = true;
  element("code-label").textContent = "Password";
  element("code").type = "password";
  element("code").autocomplete = "current-password";
}

// A notebook hands the code over behind the #, which no server and no log gets to see; and its theme.
const told = new URLSearchParams(location.hash.slice(1));
const code = told.get("code");
const theme = told.get("theme");
document.documentElement.style.colorScheme = theme ?? "";
if (code) {
  history.replaceState(null, "", `${location.pathname}${theme ? `#theme=${theme}` : ""}`);
  element("code").value = code;
  element("name").value = "learner";
}
try {
  const found = await session();
  showLimits(found);
  const name = found.user ?? (code ? (await signIn("learner", code)).user : null);
  if (name) await signedIn(name);
  else {
    showUser(null);
    element("name").focus();
  }
} catch (problem) {
  showUser(null);
  element("sign-in-error").textContent = problem.message;
}
