// The page's side of "Why does it fail?": the text goes to a worker, the verdict comes back.

const form = document.getElementById("why");
const state = document.getElementById("state");
const verdict = document.getElementById("verdict");
const button = form.querySelector("button");
// A worker from a file would have a policy of its own, or none. One from a blob has this page's,
// which lets it connect to this site alone (https://w3c.github.io/webappsec-csp/#security-inherit-csp).
const source = `import ${JSON.stringify(new URL("why-worker.js", import.meta.url))};`;
const blob = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
const worker = new Worker(blob, { type: "module" });

worker.onmessage = ({ data }) => {
  button.disabled = false;
  state.textContent = data.ready ? "Ready." : "";
  if (data.failed) state.textContent = data.failed;
  if (data.verdict !== undefined) {
    verdict.hidden = false;
    const [first, ...rest] = data.verdict.split("\n");
    const said = Object.assign(document.createElement("strong"), { textContent: first });
    verdict.replaceChildren(said, rest.join("\n"));
  }
};
worker.onerror = () => {
  state.textContent = "Python can't start in this browser. Try a current Chrome, Firefox or Safari.";
};
form.addEventListener("submit", (event) => {
  event.preventDefault();
  button.disabled = true;
  state.textContent = "Reading…";
  worker.postMessage(document.getElementById("pasted").value);
});
