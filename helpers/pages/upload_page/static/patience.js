// How long to wait: for bytes to move, for an answer, and before the next try.

export const patience = {
  silence: 10_000, // milliseconds without a byte, after which it is said
  answer: 60_000, // for S3's response once all is sent
  pause: 1000, // before the second try; twice as long before each further one
  longest: 30_000,
  tries: 7, // without any progress in between
};

// Milliseconds without progress after which try number `attempt` is ended. A slow line may only
// have large buffers: each try waits longer than the one before.
export const limit = (attempt) => patience.silence * 2 ** attempt;

// Resolves after the pause before try number `attempt`, or as soon as the connection is back or
// `signal` is aborted. `tick` gets the seconds that are left.
export function pause(attempt, atLeast, tick, signal) {
  const length = Math.max(
    atLeast * 1000, Math.min(patience.longest, patience.pause * 2 ** (attempt - 1)));
  return new Promise((resolve) => {
    const ends = Date.now() + length;
    const show = () => tick(Math.max(1, Math.ceil((ends - Date.now()) / 1000)));
    const ticking = setInterval(show, 1000);
    const end = () => {
      clearInterval(ticking);
      clearTimeout(waiting);
      window.removeEventListener("online", end);
      resolve();
    };
    const waiting = setTimeout(end, length);
    window.addEventListener("online", end);
    signal.addEventListener("abort", end);
    show();
  });
}
