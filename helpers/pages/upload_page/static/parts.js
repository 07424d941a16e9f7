// A large file in parts, each by a presigned PUT of its own. What has arrived is not sent again.

import { exchange } from "./send.js";
import { ask } from "./server.js";
import { Rate } from "./words.js";

const AT_ONCE = 3; // parts on their way at the same time
const TRIES = 4;
const PAUSE = 500; // milliseconds before the second try; twice as long before each further one

// Resolves to S3's answer to the first part that it refuses, or { ok: true } when all is there.
export async function sendParts(signed, file, progress, signal) {
  const which = { key: signed.key, upload: signed.upload };
  const sizeOf = (number) => Math.min(signed.part_size, file.size - (number - 1) * signed.part_size);
  signed.arrived ??= new Set(); // numbers of the parts that S3 has
  const waiting = [];
  for (let number = 1; number <= signed.count; number += 1)
    if (!signed.arrived.has(number)) waiting.push(number);

  const rate = new Rate();
  const onTheirWay = new Map(); // number -> bytes
  const tell = () => {
    let sent = 0;
    for (const number of signed.arrived) sent += sizeOf(number);
    for (const bytes of onTheirWay.values()) sent += bytes;
    progress(sent, rate.of(sent));
  };

  // URLs come several at a time, and late enough that none expires while it waits.
  const urls = new Map();
  const urlOf = (number) => {
    if (!urls.has(number)) {
      const several = ask("parts/sign", { ...which, size: file.size, first: number });
      for (let index = 0; index < 20; index += 1)
        urls.set(number + index, several.then((told) => told.urls[index]));
      for (const url of urls.values()) url.catch(() => {}); // it is told where it is awaited
    }
    return urls.get(number);
  };

  async function sendOne(number) {
    const start = (number - 1) * signed.part_size;
    const body = file.slice(start, start + signed.part_size);
    for (let attempt = 1; ; attempt += 1) {
      const url = await urlOf(number);
      const answer = await exchange({ method: "PUT", url, headers: {}, body }, ({ loaded }) => {
        onTheirWay.set(number, loaded);
        tell();
      }, signal);
      onTheirWay.delete(number);
      // Again: no answer, S3 is busy, or the URL has expired and a new one will do.
      const again = answer.status === 0 || answer.status >= 500 || answer.status === 403;
      if (answer.ok || !again || attempt === TRIES || signal.aborted) return answer;
      urls.delete(number);
      await new Promise((resolve) => setTimeout(resolve, PAUSE * 2 ** (attempt - 1)));
    }
  }

  let refused = null;
  async function worker() {
    while (waiting.length > 0 && !refused && !signal.aborted) {
      const number = waiting.shift();
      const answer = await sendOne(number);
      if (answer.ok) signed.arrived.add(number);
      else refused ??= answer;
    }
  }
  tell();
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  } catch (problem) {
    refused ??= problem; // so that the others stop too
    throw problem;
  }
  if (refused || signal.aborted) return refused ?? { ok: false, status: 0 };
  await ask("parts/complete", { ...which, size: file.size });
  return { ok: true, status: 200 };
}

// S3 keeps the parts, and they cost, until somebody says that nothing more will come.
export const giveUp = (signed) =>
  ask("parts/abort", { key: signed.key, upload: signed.upload }).catch(() => {});
