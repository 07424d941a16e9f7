// Stands before JupyterLite's own service worker. Requests to the S3 and the pages of a notebook
// are answered by Python in the notebook's kernel; they never leave this browser. The rules of CORS
// are played by cors.js, which the site puts before this file.

const CHANNEL = new BroadcastChannel("s3-lessons");
const SCOPE = new URL(self.registration.scope).pathname;
const PATIENCE = 20_000; // milliseconds that a kernel has, which may be running a cell

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (url.origin !== self.location.origin || !url.pathname.startsWith(SCOPE)) return;
  const room = url.pathname.slice(SCOPE.length).split("/")[0];
  if (room !== "s3" && room !== "page") return;
  event.stopImmediatePropagation();
  event.respondWith(room === "s3" ? fromS3(event.request) : fromPage(event.request));
});

async function fromPage(request) {
  const own = request.mode === "navigate" ? [] : [["origin", self.location.origin]];
  return show(await ask(request.method, request.url, [...request.headers, ...own], await bytes(request)));
}

async function fromS3(request) {
  if (request.mode !== "cors") {
    const answer = await ask(request.method, request.url, [...request.headers], await bytes(request));
    // A script that asks for no CORS sends its request, and can read nothing of the answer.
    return request.mode === "no-cors" && !request.destination ? new Response() : show(answer);
  }
  const answer = await asAcrossOrigins(request, self.location.origin, ask);
  return answer ? show(answer) : Response.error();
}

// The kernel's answer; null if none listens at this address.
function ask(method, url, headers, body) {
  const id = crypto.randomUUID();
  return new Promise((resolve) => {
    const end = (answer) => {
      CHANNEL.removeEventListener("message", received);
      clearTimeout(timer);
      resolve(answer);
    };
    const received = ({ data }) => data.kind === "response" && data.id === id && end(data);
    const timer = setTimeout(() => end(null), PATIENCE);
    CHANNEL.addEventListener("message", received);
    CHANNEL.postMessage({ kind: "request", id, method, url, headers, body });
  });
}

function show(answer) {
  if (!answer) {
    const text = "No notebook answers here. Its kernel has ended, or is running a cell.";
    return new Response(text, { status: 504, headers: { "content-type": "text/plain" } });
  }
  const empty = [101, 204, 205, 304].includes(answer.status);
  const kept = answer.headers.filter(([name]) => name.toLowerCase() !== "set-cookie");
  return new Response(empty ? null : answer.body, { status: answer.status, headers: kept });
}
