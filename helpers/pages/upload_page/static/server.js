// The page's own server: sign-in, and the signing endpoint. It never gets a file.

// What the server says no to, in its own words. `status` is 0 if it cannot be reached; `wait` is
// how many seconds it asks to wait.
export class Refusal extends Error {
  status = 0;
  wait = 0;
}

let shown = null; // the user whom the page shows: the server signs for nobody else
let signedOut = () => {};

export const shows = (user) => { shown = user; };
export const whenSignedOut = (listener) => { signedOut = listener; };

async function call(path, options = {}) {
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw new Refusal("The page's own server cannot be reached. Is it still running?");
  }
  const told = await answer.json().catch(() => ({}));
  if (answer.ok) return told;
  const refusal = new Refusal(told.error ?? `The page's server answered ${answer.status}.`);
  refusal.status = answer.status;
  refusal.wait = Number(answer.headers.get("Retry-After"));
  if (answer.status === 401) signedOut(refusal.message);
  throw refusal;
}

const json = (body) => ({
  method: "POST",
  headers: { "Content-Type": "application/json", ...(shown && { "X-User": shown }) },
  body: JSON.stringify(body),
});

export const session = () => call("session");

export const ask = (path, body) => call(path, json(body));

// For a page that is going away: nobody is there to hear the answer.
export const tell = (path, body) => { fetch(path, { ...json(body), keepalive: true }).catch(() => {}); };

export const signIn = (user, code) => {
  shown = null;
  return ask("sign-in", { user, code });
};

export const signOut = () => ask("sign-out", {});
