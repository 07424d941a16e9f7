// Uploads that have begun, in the browser's own storage and for each user: what a page that was
// reloaded, or a browser that crashed, needs to go on with them. No file and no signature is kept.

const SAMPLE = 64 * 1024; // bytes, at three places of the file

export class Kept {
  constructor(user) {
    this.name = `uploads of ${user} at ${location.pathname}`;
  }

  all() {
    try {
      const found = Object.entries(JSON.parse(localStorage.getItem(this.name)) ?? {});
      return Object.fromEntries(found.filter(([, facts]) =>
        typeof facts?.name === "string" && typeof facts.type === "string" && facts.size >= 0));
    } catch {
      return {}; // storage is switched off, or holds something else
    }
  }

  // `facts`: name, size, print, how; once signed also key, upload, part_size, count.
  note(ticket, facts) {
    this.write({ ...this.all(), [ticket]: facts });
  }

  forget(ticket) {
    const { [ticket]: _, ...others } = this.all();
    this.write(others);
  }

  write(all) {
    try {
      if (Object.keys(all).length) localStorage.setItem(this.name, JSON.stringify(all));
      else localStorage.removeItem(this.name);
    } catch {
      // Full, or switched off: this upload cannot be resumed, and is aborted by the server.
    }
  }
}

export const newTicket = () => Array.from(
  crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

// By which a file is recognised when it is chosen again: name, size, time of its last change, and
// a hash of its beginning, middle and end (not on a page without TLS that is not this computer's).
export async function fingerprint(file) {
  const places = [0, Math.floor(file.size / 2), Math.max(0, file.size - SAMPLE)];
  const samples = new Blob(places.map((start) => file.slice(start, start + SAMPLE)));
  const digest = await crypto.subtle?.digest("SHA-256", await samples.arrayBuffer());
  const hash = Array.from(new Uint8Array(digest ?? []), (byte) => byte.toString(16)).join();
  return [file.name, file.size, file.lastModified, hash].join("|");
}

// One tab sends a file at a time. Resolves to a function that lets go, null if another tab has it.
// The browser lets go by itself when a tab ends.
export function claim(ticket) {
  if (!navigator.locks) return Promise.resolve(() => {});
  return new Promise((resolve) => {
    navigator.locks.request(ticket, { ifAvailable: true }, (lock) => {
      if (!lock) return resolve(null);
      return new Promise((letGo) => resolve(letGo));
    });
  });
}

export async function isElsewhere(ticket) {
  const { held } = await navigator.locks?.query() ?? { held: [] };
  return held.some((lock) => lock.name === ticket);
}
