// The page's side of "Why does it fail?": the text goes to a worker, the verdict comes back.

const form = document.getElementById("why");
const state = document.getElementById("state");
const verdict = document.getElementById("verdict");
const button = form.querySelector("button");
// A worker from a file would have a policy of its own, or none. One from a blob has this page's,
// which lets it connect to this site alone (https://w3c.github.io/webappsec-csp/#security-inherit-csp).
const source = `import ${JSON.stringify(new URL("why-worker.js", import.meta.url))};`;
const blob = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
let worker = start();

function start() {
  const started = new Worker(blob, { type: "module" });
  started.onmessage = ({ data }) => {
    if (data.ended) return again();
    button.disabled = Boolean(data.failed);
    state.textContent = data.failed ?? (data.ready ? "Ready." : "");
    if (data.verdict !== undefined) show(data.verdict);
  };
  started.onerror = () => {
    state.textContent = "Python can't start in this browser. Try a current Chrome, Firefox or Safari.";
  };
  return started;
}

function again() {
  show("This text can't be read: it is nested too deeply for Python in a browser.");
  state.textContent = "Loading Python again…";
  worker.terminate();
  worker = start();
}

function show(text) {
  verdict.hidden = false;
  const [first, ...rest] = text.split("\n");
  const said = Object.assign(document.createElement("strong"), { textContent: first });
  verdict.replaceChildren(said, rest.join("\n"));
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  button.disabled = true;
  state.textContent = "Reading…";
  worker.postMessage(document.getElementById("pasted").value);
});
