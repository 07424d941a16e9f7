// Stands before JupyterLite's own service worker. Requests to the S3 and the pages of a notebook
// are answered by Python in the notebook's kernel; they never leave this browser.
//
// A browser doesn't apply CORS to what a service worker answers, and to a page these addresses are
// of its own origin. So the rules of https://fetch.spec.whatwg.org/#http-cors-protocol are played
// here, as if the S3 were another origin: that is where a real one would be.

const CHANNEL = new BroadcastChannel("s3-lessons");
const SCOPE = new URL(self.registration.scope).pathname;
const PATIENCE = 20_000; // milliseconds that a kernel has, which may be running a cell
const SIMPLE_METHODS = ["GET", "HEAD", "POST"];
const SIMPLE_HEADERS = ["accept", "accept-language", "content-language", "range"];
const SIMPLE_TYPES = /^(application\/x-www-form-urlencoded|multipart\/form-data|text\/plain)\b/i;
// What a browser sets itself: no script asked for it, so no rule has to allow it.
const OF_THE_BROWSER =
  /^(sec-.*|proxy-.*|user-agent|referer|origin|upgrade-insecure-requests|dnt|cache-control|pragma)$/;
const READABLE = [
  ...["cache-control", "content-language", "content-length", "content-type"],
  ...["expires", "last-modified", "pragma"],
];

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
  const headers = [...request.headers];
  const body = await bytes(request);
  if (request.mode !== "cors") {
    return show(await ask(request.method, request.url, headers, body));
  }
  const origin = ["origin", self.location.origin];
  const asked = headers.map(([name]) => name.toLowerCase()).filter((name) => !isSimple(name, request));
  if (!SIMPLE_METHODS.includes(request.method) || asked.length) {
    const names = asked.sort().join(",");
    const preflight = [origin, ["access-control-request-method", request.method]];
    if (names) preflight.push(["access-control-request-headers", names]);
    if (!allows(await ask("OPTIONS", request.url, preflight, null), request.method, asked)) {
      return Response.error();
    }
  }
  const answer = await ask(request.method, request.url, [...headers, origin], body);
  if (!answer || !names(answer, "access-control-allow-origin").some(isOurs)) return Response.error();
  const exposed = names(answer, "access-control-expose-headers");
  const readable = ([name]) => [...READABLE, ...exposed].includes(name.toLowerCase());
  return show({ ...answer, headers: answer.headers.filter(readable) });
}

function isSimple(name, request) {
  if (SIMPLE_HEADERS.includes(name) || OF_THE_BROWSER.test(name)) return true;
  return name === "content-type" && SIMPLE_TYPES.test(request.headers.get(name));
}

function allows(answer, method, asked) {
  if (!answer || answer.status < 200 || answer.status > 299) return false;
  const headers = names(answer, "access-control-allow-headers");
  return (
    names(answer, "access-control-allow-origin").some(isOurs) &&
    (SIMPLE_METHODS.includes(method) ||
      names(answer, "access-control-allow-methods").includes(method.toLowerCase())) &&
    asked.every((name) => headers.includes(name))
  );
}

const isOurs = (value) => value === "*" || value === self.location.origin.toLowerCase();

function names(answer, header) {
  const found = answer.headers.filter(([name]) => name.toLowerCase() === header);
  return found.flatMap(([, value]) => value.toLowerCase().split(",").map((part) => part.trim()));
}

async function bytes(request) {
  return ["GET", "HEAD"].includes(request.method) ? null : new Uint8Array(await request.arrayBuffer());
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
