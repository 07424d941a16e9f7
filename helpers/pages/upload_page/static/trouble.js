// What went wrong, in a sentence, and what helps: to wait and try again by itself, a person who
// tries again, or neither.

import { ask, Refusal } from "./server.js";

// Codes of S3 after which the same request may succeed.
const PASSING = ["SlowDown", "RequestTimeout", "IncompleteBody", "InternalError", "ServiceUnavailable"];

// { text, again: "soon" | "by hand" | "never", wait, ended, signIn }
export async function explain(problem, upload) {
  if (problem instanceof Refusal) return fromServer(problem);
  if (problem.status) return fromS3(problem, upload);
  if (!(await isReadable(upload.file)))
    return { text: "The file cannot be read any more. Remove it here and choose it again.", again: "never" };
  if (problem instanceof Error) return { text: problem.message, again: "by hand" };
  if (!navigator.onLine && !upload.stalled) return { text: "You are offline.", again: "soon" };
  return whyNoAnswer(upload);
}

function fromServer({ status, message: text, wait }) {
  if (status === 401) return { text: "Waits until you sign in again.", signIn: true };
  if (status === 410) return { text, again: "by hand", ended: true };
  const passes = status === 0 || status === 429 || status === 502 || status === 503;
  if (passes) return { text: text.replace(/ Try again in \d+ s\.$/, ""), again: "soon", wait };
  return { text, again: status === 409 || status >= 500 ? "by hand" : "never" };
}

function fromS3({ status, code, message }, { how }) {
  const text = `S3 answered ${status}${code ? ` ${code}` : ""}: ${message || "no reason given"}`;
  if (status >= 500 || PASSING.includes(code)) return { text, again: "soon" };
  if (status === 404) return { text, again: "by hand", ended: true };
  // A signature may have expired: the next try has a new one. What S3 finds too large stays so.
  if (status === 403 && how === "parts") return { text, again: "soon" };
  return { text, again: status === 403 || status === 412 ? "by hand" : "never", unsigned: true };
}

// A file that was changed or deleted after it was chosen is not.
const isReadable = (file) => file.slice(0, 1).arrayBuffer().then(() => true, () => false);

// A browser does not tell a page why there was no answer. The page's server asks S3 and does.
async function whyNoAnswer({ how, stalled }) {
  if (stalled) return { text: "The connection has stalled.", again: "soon" };
  try {
    const told = await ask("preflight", { how: how === "parts" ? "put" : how });
    if (!told.reached) return { text: "S3 cannot be reached.", again: "soon" };
    if (told.allowed) return { text: "The connection broke.", again: "soon" };
    return {
      text: `The browser isn't allowed to send files to this bucket from here. S3 says ${told.code}: ${told.message}`,
      again: "by hand",
    };
  } catch (refusal) {
    return fromServer(refusal);
  }
}
