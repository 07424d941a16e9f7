// Numbers as people read them.

const UNITS = ["bytes", "KiB", "MiB", "GiB", "TiB"];

export function amount(bytes) {
  let power = 0;
  while (bytes >= 1024 && power < UNITS.length - 1) {
    bytes /= 1024;
    power += 1;
  }
  if (power === 0 && bytes === 1) return "1 byte";
  return `${power && bytes < 100 ? bytes.toFixed(1) : Math.round(bytes)} ${UNITS[power]}`;
}

export function duration(seconds) {
  const whole = Math.max(1, Math.ceil(seconds));
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

// Bytes a second over the last few seconds.
export class Rate {
  seen = [];

  of(sent, now = performance.now()) {
    this.seen.push([now, sent]);
    while (this.seen.length > 2 && now - this.seen[0][0] > 3000) this.seen.shift();
    const [then, before] = this.seen[0];
    return now > then ? ((sent - before) / (now - then)) * 1000 : 0;
  }
}
