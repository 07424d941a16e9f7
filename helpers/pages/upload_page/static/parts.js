// A large file in parts, each by a presigned PUT of its own. What has arrived is not sent again.

import { exchange } from "./send.js";
import { ask, tell } from "./server.js";

const AT_ONCE = 3; // parts on their way at the same time
const which = ({ key, upload }) => ({ key, upload });

// Resolves to S3's answer to the first part that it refuses, or { ok: true } when all is there.
// `signed.arrived` holds the numbers of the parts that S3 has.
export async function sendParts(signed, file, progress, signal) {
  const sizeOf = (number) => Math.min(signed.part_size, file.size - (number - 1) * signed.part_size);
  const waiting = [];
  for (let number = 1; number <= signed.count; number += 1)
    if (!signed.arrived.has(number)) waiting.push(number);

  const onTheirWay = new Map(); // number -> bytes
  const tellProgress = () => {
    let sent = 0;
    for (const number of signed.arrived) sent += sizeOf(number);
    for (const bytes of onTheirWay.values()) sent += bytes;
    progress(sent);
  };

  // URLs come several at a time, and late enough that none expires while it waits.
  const urls = new Map();
  const urlOf = (number) => {
    if (!urls.has(number)) {
      const several = ask("parts/sign", { ...which(signed), size: file.size, first: number });
      for (let index = 0; index < 20; index += 1)
        urls.set(number + index, several.then((told) => told.urls[index]));
      for (const url of urls.values()) url.catch(() => {}); // it is told where it is awaited
    }
    return urls.get(number);
  };

  async function sendOne(number) {
    const start = (number - 1) * signed.part_size;
    const body = file.slice(start, start + signed.part_size);
    const url = await urlOf(number);
    const answer = await exchange({ method: "PUT", url, headers: {}, body, size: body.size }, ({ loaded }) => {
      onTheirWay.set(number, loaded);
      tellProgress();
    }, signal);
    onTheirWay.delete(number);
    if (answer.ok) signed.arrived.add(number);
    return answer;
  }

  let refused = null;
  async function worker() {
    while (waiting.length > 0 && !refused && !signal.aborted) {
      const answer = await sendOne(waiting.shift());
      if (!answer.ok) refused ??= answer;
    }
  }
  tellProgress();
  const ended = await Promise.allSettled(Array.from({ length: AT_ONCE }, () => worker().catch((problem) => {
    refused ??= problem; // so that the others stop too
    throw problem;
  })));
  for (const { reason } of ended) if (reason) throw reason;
  if (refused || signal.aborted) return refused ?? { ok: false, status: 0 };
  await ask("parts/complete", { ...which(signed), size: file.size });
  return { ok: true, status: 200 };
}

// Notes the parts that S3 has: from an earlier page, or because only a response was lost. Resolves
// to true if it has the whole file.
export async function askWhatArrived(signed) {
  const { arrived, stored } = await ask("parts/arrived", which(signed));
  signed.arrived = new Set(arrived);
  return stored;
}

// S3 keeps the parts, and they cost, until somebody says that nothing more will come.
// Resolves to false if it could not be said.
export const abort = ({ ticket, signed }) =>
  ask("parts/abort", signed ? which(signed) : { ticket }).then(() => true, () => false);

// The page is closed or reloaded. If nobody comes back, the server aborts the upload.
export const leave = (signed) => tell("parts/leave", which(signed));
