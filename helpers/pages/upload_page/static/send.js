// From the browser straight to S3. XMLHttpRequest, because fetch tells nothing while it sends.
// Files that are too large for one request go in parts: parts.js.

const ways = {
  // The file comes last: S3 ignores what follows it.
  post(signed, file) {
    const form = new FormData();
    for (const [name, value] of Object.entries(signed.fields)) form.append(name, value);
    form.append("file", file);
    return { method: "POST", url: signed.url, headers: {}, body: form, size: file.size };
  },
  // The file itself is the body; the headers are part of what was signed.
  put(signed, file) {
    return { method: "PUT", url: signed.url, headers: signed.headers, body: file, size: file.size };
  },
};

// Resolves to S3's answer: { ok, status, code, message }; status 0 if there was none.
export function send(signed, file, progress, signal) {
  return exchange(ways[signed.how](signed, file), ({ loaded, total }) => {
    // The form's fields are sent as well; only the file is shown.
    progress(Math.max(0, Math.min(file.size, loaded - (total - file.size))));
  }, signal);
}

// One request with `size` bytes of a file; `progress` gets { loaded, total } in bytes of its body.
export function exchange({ method, url, headers, body, size }, progress, signal) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open(method, url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", progress);
    request.addEventListener("loadend", () => resolve(answerOf(request)));
    signal.addEventListener("abort", () => request.abort());
    if (signal.aborted) resolve(answerOf(request));
    else request.send(body);
    // A service worker is handed the whole body at once, and the browser tells no progress.
    if (navigator.serviceWorker?.controller) progress({ loaded: size, total: size });
  });
}

function answerOf(request) {
  const xml = request.responseText.startsWith("<?xml") ? request.responseXML : null;
  const text = (name) => xml?.querySelector(name)?.textContent ?? "";
  return {
    ok: request.status >= 200 && request.status < 300,
    status: request.status,
    code: text("Code"),
    message: text("Message"),
    location: text("Location"),
  };
}
