// The page: sign-in, choosing files, and the list of them.

import { session, signIn, signOut } from "./server.js";
import { Upload } from "./upload.js";
import { amount } from "./words.js";

const AT_ONCE = 3; // files on their way at the same time
const element = (id) => document.getElementById(id);
const uploads = [];

const page = {
  partsFrom: Infinity, // bytes; larger files go in parts
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
  say: (text) => { element("news").textContent = text; },
  remove(upload) {
    uploads.splice(uploads.indexOf(upload), 1);
    upload.item.remove();
    element("files").focus();
    page.update();
  },
};

function add(files) {
  for (const file of files) {
    const upload = new Upload(file, page);
    uploads.push(upload);
    element("list").append(upload.item);
  }
  page.update();
}

function showUser(user) {
  element("sign-in").hidden = Boolean(user);
  element("uploader").hidden = element("who").hidden = !user;
  element("user").textContent = user ?? "";
  if (!user) element("name").focus();
}

element("sign-in").addEventListener("submit", async (event) => {
  event.preventDefault();
  element("sign-in-error").textContent = "";
  try {
    showUser((await signIn(element("name").value, element("code").value)).user);
    element("files").focus();
  } catch (problem) {
    element("sign-in-error").textContent = problem.message;
  }
});

element("sign-out").addEventListener("click", async () => {
  for (const upload of [...uploads]) {
    if (upload.isOnItsWay) upload.cancel();
    page.remove(upload);
  }
  await signOut();
  showUser(null);
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
  if (uploads.some((upload) => upload.isOnItsWay)) event.preventDefault();
});

// A notebook hands the code over behind the #, which no server and no log gets to see.
const code = new URLSearchParams(location.hash.slice(1)).get("code");
if (code) {
  history.replaceState(null, "", location.pathname);
  element("code").value = code;
  element("name").value = "learner";
}
try {
  const found = await session();
  page.partsFrom = found.parts_from;
  element("limits").textContent =
    `Up to ${amount(found.max_bytes)} each: ${found.kinds.map((kind) => kind.name).join(", ")}.`;
  showUser(found.user ?? (code ? (await signIn("learner", code)).user : null));
} catch (problem) {
  showUser(null);
  element("sign-in-error").textContent = problem.message;
}
