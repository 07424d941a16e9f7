// A browser's part in CORS, played where the page and S3 have the same origin and the browser itself
// asks nothing: in JupyterLite by the site's service worker, on a hub by the bench. It follows
// https://fetch.spec.whatwg.org/#http-cors-protocol as if S3 were another origin, which a real one is.

const SIMPLE_METHODS = ["GET", "HEAD", "POST"];
const SIMPLE_HEADERS = ["accept", "accept-language", "content-language"];
const SIMPLE_RANGE = /^bytes=\d+-\d*$/i;
const SIMPLE_TYPES = /^(application\/x-www-form-urlencoded|multipart\/form-data|text\/plain)\s*(;|$)/i;
// What a browser sets itself: no script asked for it, so no rule has to allow it. A Cache-Control is a
// script's own: the one for `cache: "no-store"` is added later than here.
const OF_THE_BROWSER =
  /^(sec-.*|proxy-.*|user-agent|referer|origin|upgrade-insecure-requests|dnt)$/;
const READABLE = [
  ...["cache-control", "content-language", "content-length", "content-type"],
  ...["expires", "last-modified", "pragma"],
];

// What a script of `origin` is given for its request: a response, or null where a browser has it
// fail. `ask(method, url, headers, body)` asks S3; null is no response.
async function asAcrossOrigins(request, origin, ask) {
  const headers = [...request.headers];
  const body = await bytes(request);
  const from = ["origin", origin];
  const withCookies = request.credentials === "include"; // then a * is not enough
  const letsIn = (answer) =>
    names(answer, "access-control-allow-origin").some(
      (value) => value === origin.toLowerCase() || (value === "*" && !withCookies),
    ) && (!withCookies || names(answer, "access-control-allow-credentials").includes("true"));
  const asked = headers.map(([name]) => name.toLowerCase()).filter((name) => !isSimple(name, request));
  if (!SIMPLE_METHODS.includes(request.method) || asked.length) {
    const sorted = asked.sort().join(",");
    const preflight = [from, ["access-control-request-method", request.method]];
    if (sorted) preflight.push(["access-control-request-headers", sorted]);
    const answer = await ask("OPTIONS", request.url, preflight, null);
    if (!allows(answer, letsIn, request.method, asked)) return null;
  }
  const answer = await ask(request.method, request.url, [...headers, from], body);
  if (!answer || !letsIn(answer)) return null;
  const exposed = names(answer, "access-control-expose-headers");
  const readable = ([name]) => [...READABLE, ...exposed].includes(name.toLowerCase());
  return { ...answer, headers: answer.headers.filter(readable) };
}

function isSimple(name, request) {
  if (SIMPLE_HEADERS.includes(name) || OF_THE_BROWSER.test(name)) return true;
  const value = request.headers.get(name);
  return name === "content-type" ? SIMPLE_TYPES.test(value) : name === "range" && SIMPLE_RANGE.test(value);
}

function allows(answer, letsIn, method, asked) {
  if (!answer || answer.status < 200 || answer.status > 299) return false;
  const headers = names(answer, "access-control-allow-headers");
  return (
    letsIn(answer) &&
    (SIMPLE_METHODS.includes(method) ||
      names(answer, "access-control-allow-methods").includes(method.toLowerCase())) &&
    asked.every((name) => headers.includes(name))
  );
}

function names(answer, header) {
  const found = answer.headers.filter(([name]) => name.toLowerCase() === header);
  return found.flatMap(([, value]) => value.toLowerCase().split(",").map((part) => part.trim()));
}

async function bytes(request) {
  return ["GET", "HEAD"].includes(request.method) ? null : new Uint8Array(await request.arrayBuffer());
}
