// Numbers as people read them, and what a file is told that cannot be uploaded.

const UNITS = ["bytes", "KiB", "MiB", "GiB", "TiB"];

export function amount(bytes) {
  let power = 0;
  while (bytes >= 1024 && power < UNITS.length - 1) {
    bytes /= 1024;
    power += 1;
  }
  if (power === 0 && bytes === 1) return "1 byte";
  const digits = power && bytes < 100 ? bytes.toFixed(1).replace(/\.0$/, "") : Math.round(bytes);
  return `${digits} ${UNITS[power]}`;
}

export function duration(seconds) {
  const whole = Math.max(1, Math.ceil(seconds));
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

export function list(words) {
  return words.length > 1 ? `${words.slice(0, -1).join(", ")} and ${words.at(-1)}` : words.join();
}

const ending = (name) => /\.[^.]+$/.exec(name.toLowerCase())?.[0] ?? "";

// The type of a file. Where the browser names one that is not in the list (Windows calls a CSV
// file one of Excel's), the name's ending decides.
export function typeOf(file, kinds) {
  const found = kinds.find((kind) => kind.type === file.type)
    ?? kinds.find((kind) => kind.ends.includes(ending(file.name)));
  return found?.type ?? file.type;
}

// Why a file cannot be uploaded, as far as the page can know; "" if it can be. The server and S3
// decide by themselves.
export function refusal(file, { kinds, max_bytes: most }) {
  if (!kinds.some((kind) => kind.type === typeOf(file, kinds))) {
    const kind = ending(file.name) ? `of this kind (${ending(file.name)})` : "of an unknown kind";
    return `Files ${kind} are not accepted; ${list(kinds.map((each) => each.name))} are.`;
  }
  if (file.size <= most) return "";
  const over = amount(file.size) === amount(most)
    ? `is larger by ${amount(file.size - most)}` : `has ${amount(file.size)}`;
  return `This file ${over}; up to ${amount(most)} are accepted here.`;
}

// Bytes a second over the last few seconds, and the time left where that means something: once it
// has been measured for a while, and as long as bytes move.
export class Rate {
  seen = [];

  note(sent, now = performance.now()) {
    this.seen.push([now, sent]);
    while (this.seen.length > 2 && now - this.seen[0][0] > 5000) this.seen.shift();
  }

  of(now = performance.now()) {
    if (this.seen.length < 2) return 0;
    const [then, before] = this.seen[0];
    return now > then ? ((this.seen.at(-1)[1] - before) / (now - then)) * 1000 : 0;
  }

  left(bytes, now = performance.now()) {
    const measured = this.seen.length > 1 && this.seen.at(-1)[0] - this.seen[0][0] >= 2000;
    const moves = measured && now - this.seen.at(-1)[0] < 2000;
    return moves && this.of(now) > 0 ? bytes / this.of(now) : null;
  }
}
