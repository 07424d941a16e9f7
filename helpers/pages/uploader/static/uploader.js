// The browser's part: the file goes by XMLHttpRequest to S3, and only numbers go to Python.

const amount = (bytes) =>
  bytes < 1024 ? `${bytes} bytes`
    : bytes < 1024 ** 2 ? `${(bytes / 1024).toFixed(1)} KiB`
      : `${(bytes / 1024 ** 2).toFixed(1)} MiB`;

const make = (tag, more = {}) => Object.assign(document.createElement(tag), more);

const IN_VS_CODE = location.protocol === "vscode-webview:" || location.hostname.endsWith(".vscode-cdn.net");
const NO_ANSWER = "No answer: S3 cannot be reached from this browser, or a CORS rule is missing."
  + (IN_VS_CODE ? " JupyterLab may reach it: python3 -m helpers lab." : "");

function render({ model, el }) {
  el.classList.add("s3-uploader");
  const label = make("label", { textContent: "Choose a file: it goes straight to S3 " });
  const input = make("input", { type: "file", disabled: true });
  label.append(input);
  const cancel = make("button", { type: "button", textContent: "Cancel", hidden: true });
  const bar = make("progress", { value: 0, max: 1, hidden: true });
  bar.setAttribute("aria-label", "Progress of the upload");
  const news = make("p", { textContent: "Asking whether the bucket lets this page in." });
  news.setAttribute("role", "status");
  const ask = make("div", { hidden: true });
  const rule = make("pre");
  const allow = make("button", { type: "button", textContent: "Add this rule" });
  ask.append(make("p", { textContent: "The bucket has to let this page in, with this CORS rule:" }), rule, allow);
  el.append(label, cancel, bar, news, ask);
  let request = null;

  const tell = (values) => {
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    model.save_changes();
  };

  const done = (state, text) => {
    tell({ state, status: request.status });
    model.send({ answer: request.responseText });
    news.textContent = text;
    bar.hidden = cancel.hidden = true;
    input.disabled = false;
    request = null;
  };

  const answered = () => {
    if (request.status >= 200 && request.status < 300) {
      done("stored", `Stored: S3 answered ${request.status}. Not a byte went through Python.`);
    } else {
      const xml = request.responseText.startsWith("<?xml") ? request.responseXML : null;
      const text = (name) => xml?.querySelector(name)?.textContent ?? "";
      done("refused", `S3 answered ${request.status} ${text("Code")}: ${text("Message")}`);
    }
  };

  // At most five reports a second: each is a message to the kernel.
  let reported = 0;
  const progress = (file) => ({ loaded, total }) => {
    const sent = Math.max(0, Math.min(file.size, loaded - (total - file.size)));
    bar.value = sent;
    news.textContent = `${amount(sent)} of ${amount(file.size)} sent.`;
    if (Date.now() - reported > 200 || sent === file.size) {
      reported = Date.now();
      tell({ sent });
    }
  };

  function send({ method, url, headers, fields }) {
    const [file] = input.files;
    if (!file || request) return;
    let body = file;
    if (fields) {
      body = new FormData();
      for (const [name, value] of Object.entries(fields)) body.append(name, value);
      body.append("file", file); // last: S3 ignores what follows it
    }
    request = new XMLHttpRequest();
    request.open(method, url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", progress(file));
    request.addEventListener("load", answered);
    request.addEventListener("error", () => done("failed", NO_ANSWER));
    request.addEventListener("abort", () => done("cancelled", "Cancelled."));
    tell({ state: "sending", filename: file.name, size: file.size, sent: 0, status: 0 });
    bar.max = Math.max(1, file.size);
    bar.value = 0;
    bar.hidden = cancel.hidden = false;
    input.disabled = true;
    request.send(body);
  }

  const told = (message) => {
    if (message.target) send(message.target);
    if (message.problem) news.textContent = message.problem;
    if (message.ask) {
      rule.textContent = message.ask;
      ask.hidden = false;
      news.textContent = "Nothing is changed before you say so.";
    }
    if (message.stopped) {
      ask.hidden = input.disabled = true;
      news.textContent = "Stopped. To send a file, run this cell again.";
    }
    if (message.ready) {
      ask.hidden = true;
      input.disabled = false;
      news.textContent = "Ready.";
    }
  };
  model.on("msg:custom", told);
  input.addEventListener("change", () => model.send({ want: "target" }));
  cancel.addEventListener("click", () => request?.abort());
  allow.addEventListener("click", () => model.send({ want: "allow" }));
  model.send({ want: "way in", origin: location.origin });
  return () => model.off("msg:custom", told);
}

export default { render };
