// What this address lacks for the lessons to run, said before anybody tries.

const AS_A_FILE =
  "This page was opened as a file, and a browser runs Python only from a web server. In this " +
  "folder, run python3 -m http.server --bind 127.0.0.1 8080, then open http://127.0.0.1:8080/.";
const WITHOUT_WORKER =
  "The cells run here, but a presigned URL doesn't open in a tab, and the uploaders and pages of " +
  "lessons 05 to 08 can't reach S3: they need a service worker, which browsers allow only on " +
  "https:// or on this computer, and some not in a private window.";

const WITHOUT_STORAGE =
  "This browser keeps nothing for this site, and a lesson doesn't open without it. Allow cookies " +
  "for this address, then load this page again.";

function lacks() {
  if (location.protocol === "file:") return AS_A_FILE;
  try {
    void localStorage;
  } catch {
    return WITHOUT_STORAGE;
  }
  return navigator.serviceWorker ? "" : WITHOUT_WORKER;
}

const missing = lacks();
if (missing) {
  for (const place of document.querySelectorAll("p.run")) {
    const note = Object.assign(document.createElement("p"), { className: "lacks" });
    note.textContent = missing;
    place.after(note);
  }
  const state = document.getElementById("state");
  if (state && missing === AS_A_FILE) state.textContent = missing;
}
