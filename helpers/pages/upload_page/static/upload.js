// One file: what it is doing, and what may be done with it.

import { claim, fingerprint, isElsewhere, newTicket } from "./kept.js";
import { abort, askWhatArrived, leave, sendParts } from "./parts.js";
import { limit, patience, pause } from "./patience.js";
import { Row } from "./row.js";
import { send } from "./send.js";
import { ask } from "./server.js";
import { explain } from "./trouble.js";
import { amount, duration, Rate, refusal, typeOf } from "./words.js";

const BUSY = ["waiting", "sending", "pausing", "signed-out"];

export class Upload {
  // states: ready, refused, waiting, sending, pausing, signed-out, done, failed, cancelled,
  // unfinished (begun by an earlier page; the file has to be chosen again)
  // `around` is the page: next(), changed(), update(), how(), say(text), remove(upload), limits,
  // kept. `before` is { ticket, facts } of an upload that has begun.
  constructor(file, around, before = null) {
    this.file = file;
    this.around = around;
    this.kept = around.kept; // the storage of the user who has chosen the file
    this.ticket = before?.ticket ?? newTicket();
    this.facts = before?.facts ?? null;
    this.signed = before?.facts.upload ? { ...before.facts, ends: Infinity } : null;
    this.row = new Row(file.name, file.size);
    this.item = this.row.item;
    const refused = around.limits && refusal(file, around.limits);
    if (refused) this.show("refused", refused, ["Remove", () => this.remove()]);
    else this.show("ready", "Ready.", ["Remove", () => this.remove()]);
  }

  show(state, text, ...actions) {
    this.state = state;
    this.row.show(state, text, this.isBusy || state === "unfinished", actions);
    if (!["ready", "waiting", "sending"].includes(state)) this.around.say(`${this.row.name}: ${text}`);
    this.around.update();
  }

  get isBusy() {
    return BUSY.includes(this.state);
  }

  // Begun by an earlier page: how far it got, as S3 says.
  async showUnfinished() {
    if (this.facts.how !== "parts") return this.showInterrupted();
    const discard = ["Discard", () => this.remove()];
    this.show("unfinished", "Not finished. Choose this file again to continue.", discard);
    if (!this.signed) return;
    try {
      if (await askWhatArrived(this.signed)) return this.finish();
    } catch (problem) {
      if (problem.status !== 410) return;
      this.kept.forget(this.ticket);
      const text = "Not finished, and S3 no longer has it. Choose this file again to send it.";
      return this.show("failed", text, ["Remove", () => this.around.remove(this)]);
    }
    this.showArrived();
    if (this.state === "unfinished")
      this.show("unfinished", `Not finished: ${this.arrivedText}. Choose this file again to send the rest.`, discard);
  }

  // In one request, S3 has all or nothing.
  async showInterrupted() {
    this.kept.forget(this.ticket);
    const { stored } = await ask("stored", { key: this.facts.key }).catch(() => ({}));
    if (stored) return this.showStored(this.facts.key);
    const text = "Interrupted: nothing was stored. Choose this file again to send it.";
    return this.show("failed", text, ["Remove", () => this.around.remove(this)]);
  }

  get arrivedText() {
    return `${this.percent} of it has arrived`;
  }

  showArrived() {
    const { arrived, part_size: size, count } = this.signed;
    const last = arrived.has(count) ? count * size - this.file.size : 0;
    this.row.bar.value = arrived.size * size - last;
  }

  // The same file was chosen again: what has arrived is kept.
  adopt(earlier) {
    if (earlier.signed?.arrived) {
      this.signed.arrived = earlier.signed.arrived;
      this.showArrived();
      this.show("ready", `Ready: ${this.arrivedText}.`, ["Discard", () => this.remove()]);
    }
  }

  wait(how) {
    this.how = this.file.size > this.around.limits.parts_from ? "parts" : how;
    this.attempt = 0;
    this.stop = new AbortController();
    this.queue();
  }

  queue() {
    this.show("waiting", "Waiting.", ["Cancel", () => this.cancel()]);
    this.around.next();
  }

  cancel() {
    const allSent = this.state === "sending" && this.file.size > 0 && this.row.bar.value >= this.file.size;
    this.stop.abort();
    const aborted = this.giveUp();
    const stored = allSent ? "All had been sent, so S3 may have stored it." : "Nothing was stored.";
    this.show("cancelled", `Cancelled. ${stored}`, ...this.again());
    this.around.next();
    return aborted;
  }

  again() {
    return [["Retry", () => this.wait(this.around.how())], ["Remove", () => this.remove()]];
  }

  remove() {
    this.giveUp();
    this.around.remove(this);
  }

  // Nothing more will come: S3 need not keep the parts, nor the browser how far they got. If S3
  // cannot be told now, the browser keeps it, and the page shows it when it is opened again.
  async giveUp() {
    const { ticket, signed, facts } = this;
    this.forget();
    if (facts?.how !== "parts") return this.kept.forget(ticket);
    if (!this.letGo && await isElsewhere(ticket)) return; // another tab's
    if (await abort({ ticket, signed })) this.kept.forget(ticket);
  }

  forget() {
    this.signed = this.facts = null;
    this.ticket = newTicket();
  }

  // The page goes away.
  leave() {
    if (this.signed?.how === "parts" && this.state !== "done") leave(this.signed);
  }

  async start() {
    const stop = this.stop;
    const sending = new AbortController();
    stop.signal.addEventListener("abort", () => sending.abort());
    this.attempt += 1;
    this.stalled = this.allSent = false;
    this.sent = this.arrived = 0;
    if (!this.signed?.arrived?.size) this.row.bar.value = 0;
    this.rate = new Rate();
    this.show("sending", "Asking for a signature.", ["Cancel", () => this.cancel()]);
    const watch = this.watch(sending);
    let problem = null;
    try {
      await this.attemptToSend(stop.signal, sending.signal);
    } catch (caught) {
      problem = caught;
    } finally {
      clearInterval(watch);
      this.letGo?.();
      this.letGo = null;
    }
    if (problem && !stop.signal.aborted) await this.fail(await explain(problem, this), stop.signal);
    this.around.changed();
    this.around.next();
  }

  async attemptToSend(stop, sending) {
    this.letGo = await claim(this.ticket);
    if (!this.letGo) {
      this.forget(); // it is the other tab's now
      throw new Error("Another tab is sending this file.");
    }
    const resent = await this.sign(stop);
    if (stop.aborted) return;
    if (resent && this.how === "parts" && await askWhatArrived(this.signed)) return this.finish();
    this.around.changed();
    this.moved = performance.now();
    this.arrived = this.signed.arrived.size;
    const way = this.how === "parts" ? sendParts : send;
    const answer = await way(this.signed, this.file, (sent) => this.progress(sent), sending);
    if (stop.aborted) return;
    // The key is this file's own: if it is taken, an earlier try arrived, and only its answer was lost.
    if (!answer.ok && !(resent && answer.status === 412)) throw answer;
    this.finish();
  }

  finish() {
    const { key } = this.signed;
    this.kept.forget(this.ticket);
    this.forget();
    this.showStored(key);
  }

  // A signature, or the one that is still good. True if the file may have been sent with it before.
  async sign(signal) {
    if (this.signed && (this.signed.how !== this.how || Date.now() > this.signed.ends)) this.giveUp();
    const resent = this.signed !== null;
    const { file, how, ticket } = this;
    const type = typeOf(file, this.around.limits.kinds);
    const facts = { name: file.name, size: file.size, type, how };
    if (how === "parts") facts.print = this.facts?.print ?? await fingerprint(file);
    if (!resent) {
      if (how === "parts") this.note(facts); // before it has begun: nothing may begin unnoticed
      const name = (file.name || "file").toWellFormed?.() ?? file.name;
      const signed = await ask("sign", { name, type, size: file.size, how, ...(how === "parts" && { ticket }) });
      if (signal.aborted) { // cancelled while it was being signed
        if (how === "parts") abort({ ticket, signed });
        return false;
      }
      this.signed = { ...signed, arrived: new Set(), ends: Date.now() + signed.seconds * 1000 };
      this.note({ ...facts, ...picked(signed) });
    }
    return resent;
  }

  note(facts) {
    this.facts = facts;
    this.kept.note(this.ticket, facts);
  }

  progress(sent) {
    if (this.state !== "sending") return;
    if (sent !== this.sent) {
      this.moved = performance.now();
      this.rate.note(sent);
    }
    this.sent = this.row.bar.value = sent;
    this.allSent = sent >= this.file.size;
    this.tellProgress();
    if (this.moved - this.spoken < 10_000) return;
    this.spoken = this.moved; // to those who do not see the bar
    this.around.say(`${this.row.name}: ${this.percent}`);
  }

  get percent() {
    return `${Math.floor((100 * this.row.bar.value) / Math.max(1, this.file.size))} %`;
  }

  tellProgress() {
    const still = performance.now() - this.moved;
    const silent = `for ${Math.floor(still / 1000)} s`;
    let text;
    if (this.allSent) {
      text = still < patience.silence
        ? "Sent; waiting for S3's answer." : `Sent. S3 has not answered ${silent}.`;
    } else if (still >= patience.silence) {
      text = `${this.percent}. ${navigator.onLine ? "Stalled" : "You are offline"}: nothing has moved ${silent}.`;
    } else {
      const rate = this.rate.of();
      const left = this.rate.left(this.file.size - this.sent);
      text = `${this.percent}${rate > 0 ? `, ${amount(rate)} a second` : ""}`
        + (left === null ? "" : `, about ${duration(left)} left`);
    }
    this.row.text.textContent = text;
    return still;
  }

  // Looks every second whether anything moves; ends a try that stands still.
  watch(sending) {
    this.moved = this.spoken = performance.now();
    let said = false;
    return setInterval(() => {
      if (!this.signed || this.state !== "sending") return;
      const still = this.tellProgress();
      if (still >= patience.silence && !said) this.around.say(`${this.row.name}: ${this.row.text.textContent}`);
      said = still >= patience.silence;
      if (still < (this.allSent ? patience.answer : limit(this.attempt))) return;
      this.stalled = true;
      sending.abort();
    }, 1000);
  }

  async showStored(key) {
    let ends = 0;
    const renew = async () => {
      const { url, seconds } = await ask("link", { key });
      link.href = url;
      ends = Date.now() + seconds * 1000;
    };
    const link = this.row.link("Download", async (event) => {
      this.around.changed();
      if (Date.now() < ends) return;
      event.preventDefault(); // the link has expired: sign a new one
      try {
        await renew();
        window.open(link.href, "_blank", "noopener,noreferrer");
      } catch (problem) {
        this.row.text.textContent = `Stored as ${key}, but no link: ${problem.message}`;
      }
    });
    link.href = "#"; // until there is a link, a click asks for one
    this.show("done", `Stored as ${key}.`, link);
    await renew().catch(() => {});
  }

  async fail(told, signal) {
    if (signal.aborted) return;
    if (told.ended || told.unsigned || told.again === "never") this.giveUp();
    // A part that has arrived is there for good: the next try begins further on.
    if (this.signed?.arrived?.size > this.arrived) this.attempt = 1;
    if (told.signIn) {
      this.show("signed-out", told.text, ["Cancel", () => this.cancel()]);
    } else if (told.again === "soon" && (this.attempt < patience.tries || !navigator.onLine)) {
      this.pause(told, signal);
    } else {
      const remove = ["Remove", () => this.remove()];
      this.show("failed", told.text, ...(told.again === "never" ? [remove] : this.again()));
    }
  }

  async pause({ text, wait = 0 }, signal) {
    const over = new AbortController();
    const end = () => over.abort();
    signal.addEventListener("abort", end);
    this.show("pausing", text, ["Try now", end], ["Cancel", () => this.cancel()]);
    await pause(this.attempt, wait, (seconds) => {
      this.row.text.textContent = `${text} Trying again in ${duration(seconds)}.`;
    }, over.signal);
    if (!signal.aborted) this.queue();
  }
}

const picked = ({ key, upload, part_size, count }) => ({ key, upload, part_size, count });
