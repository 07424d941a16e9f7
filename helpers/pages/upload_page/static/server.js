// The page's own server: sign-in, and the signing endpoint. It never gets a file.

// What the server says no to, in its own words.
export class Refusal extends Error {}

async function call(path, options) {
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw new Refusal("The page's own server cannot be reached. Is it still running?");
  }
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    const refusal = new Refusal(told.error ?? `The page's server answered ${answer.status}.`);
    throw Object.assign(refusal, { answered: answer.status });
  }
  return told;
}

export const session = () => call("session");

export const ask = (path, body) => call(path, {
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(body),
});

export const signIn = (user, code) => ask("sign-in", { user, code });

export const signOut = () => ask("sign-out", {});
