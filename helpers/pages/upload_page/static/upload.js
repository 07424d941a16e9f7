// One file: what it is doing, what may be done with it, and how that is shown.

import { giveUp, sendParts } from "./parts.js";
import { ask, Refusal } from "./server.js";
import { send } from "./send.js";
import { amount, duration } from "./words.js";

const ON_ITS_WAY = ["waiting", "sending"];

export class Upload {
  // states: ready, waiting, sending, done, failed, cancelled
  // `around` is the page: next(), changed(), update(), how(), say(text), remove(upload), partsFrom.
  constructor(file, around) {
    this.file = file;
    this.around = around;
    this.signed = null; // what the server signed, kept while it may still be used
    this.item = document.createElement("li");
    const name = make("span", "name", file.name || "file");
    this.bar = make("progress");
    this.bar.max = Math.max(file.size, 1);
    this.bar.setAttribute("aria-label", `Progress of ${file.name}`);
    this.text = make("span", "state");
    this.actions = make("div", "actions");
    this.item.append(name, " ", make("span", "size", amount(file.size)), this.bar, this.text, this.actions);
    this.show("ready", "Ready.", ["Remove", () => this.around.remove(this)]);
  }

  show(state, text, ...actions) {
    const focused = this.actions.contains(document.activeElement);
    this.state = state;
    this.item.className = state;
    this.text.textContent = text;
    this.bar.hidden = !this.isOnItsWay;
    this.actions.replaceChildren(...actions.map((action) => this.action(action)));
    if (focused) this.actions.querySelector("button, a")?.focus();
    if (["done", "failed"].includes(state)) this.around.say(`${this.file.name}: ${text}`);
    this.around.update();
  }

  action(action) {
    if (action instanceof Node) return action;
    const [label, act] = action;
    const button = make("button", "", label);
    button.type = "button";
    button.setAttribute("aria-label", `${label} ${this.file.name}`);
    button.addEventListener("click", act);
    return button;
  }

  get isOnItsWay() {
    return ON_ITS_WAY.includes(this.state);
  }

  wait(how) {
    this.how = this.file.size > this.around.partsFrom ? "parts" : how;
    this.bar.value = 0;
    this.show("waiting", "Waiting.", ["Cancel", () => this.cancel()]);
    this.around.next();
  }

  cancel() {
    const allSent = this.state === "sending" && this.file.size > 0 && this.bar.value >= this.file.size;
    this.stop?.abort();
    this.giveUp();
    const stored = allSent ? "All had been sent, so S3 may have stored it." : "Nothing was stored.";
    this.show("cancelled", `Cancelled. ${stored}`, ...this.again());
    this.around.next();
  }

  again() {
    return [["Retry", () => this.wait(this.around.how())], ["Remove", () => this.remove()]];
  }

  remove() {
    this.giveUp();
    this.around.remove(this);
  }

  giveUp() {
    if (this.signed?.how !== "parts") return;
    giveUp(this.signed);
    this.signed = null;
  }

  async start() {
    const stop = (this.stop = new AbortController());
    this.show("sending", "Asking for a signature.", ["Cancel", () => this.cancel()]);
    try {
      if (this.signed?.how !== this.how || Date.now() > this.signed.ends) this.signed = null;
      const retried = this.signed !== null;
      this.signed ??= await ask("sign", {
        name: this.file.name || "file", type: this.file.type, size: this.file.size, how: this.how,
      });
      this.signed.ends ??= Date.now() + this.signed.seconds * 1000;
      if (stop.signal.aborted) {
        this.giveUp(); // cancelled while it was being signed
        return;
      }
      this.around.changed();
      const way = this.how === "parts" ? sendParts : send;
      const answer = await way(this.signed, this.file, (sent, rate) => this.progress(sent, rate), stop.signal);
      if (stop.signal.aborted) return;
      // The key is this file's own: if it is taken, an earlier try arrived, and only its answer was lost.
      if (!answer.ok && !(retried && answer.status === 412)) throw answer;
      await this.finish();
    } catch (problem) {
      if (stop.signal.aborted) return;
      await this.fail(problem);
    } finally {
      this.around.changed();
      this.around.next();
    }
  }

  progress(sent, rate) {
    if (this.state !== "sending") return;
    this.bar.value = sent;
    const left = rate > 0 ? `, ${duration((this.file.size - sent) / rate)} left` : "";
    this.text.textContent = sent >= this.file.size
      ? "Sent; waiting for S3's answer."
      : `${Math.floor((100 * sent) / this.file.size)} %, ${amount(rate)} a second${left}`;
  }

  async finish() {
    const key = this.signed.key;
    const link = make("a", "", "Download");
    link.target = "_blank";
    link.rel = "noopener noreferrer";
    link.setAttribute("aria-label", `Download ${this.file.name}`);
    let ends = 0;
    const renew = async () => {
      const { url, seconds } = await ask("link", { key });
      link.href = url;
      ends = Date.now() + seconds * 1000;
    };
    link.addEventListener("click", async (event) => {
      this.around.changed();
      if (Date.now() < ends) return;
      event.preventDefault(); // the link has expired: sign a new one
      try {
        await renew();
        window.open(link.href, "_blank", "noopener,noreferrer");
      } catch (problem) {
        this.text.textContent = `Stored as ${key}, but no link: ${problem.message}`;
      }
    });
    let note = "";
    try {
      await renew();
    } catch (problem) {
      link.href = "#"; // a click tries again
      note = ` No link yet: ${problem.message}`;
    }
    this.show("done", `Stored as ${key}.${note}`, link);
  }

  async fail(problem) {
    let text;
    if (problem instanceof Refusal) {
      text = problem.message; // our own server's
      if (problem.answered === 410) this.signed = null; // this upload has ended: begin another
    } else if (problem.status) {
      // S3 has answered, so another try needs another signature; parts are signed anew anyway.
      if (this.how !== "parts" || problem.status === 404) this.signed = null;
      text = `S3 answered ${problem.status}${problem.code ? ` ${problem.code}` : ""}: ${problem.message || "no reason given"}`;
    } else if (await isReadable(this.file)) {
      text = await whyNoAnswer(this.how);
    } else {
      text = "The file cannot be read any more. Remove it here and choose it again.";
    }
    if (this.state === "sending") this.show("failed", text, ...this.again());
  }
}

// A file that was changed or deleted after it was chosen is not.
const isReadable = (file) => file.slice(0, 1).arrayBuffer().then(() => true, () => false);

// A browser does not tell a page why there was no answer. The page's server asks S3 and does.
async function whyNoAnswer(how) {
  try {
    const told = await ask("preflight", { how: how === "parts" ? "put" : how });
    if (!told.reached) return "S3 cannot be reached. Try again when it is there.";
    if (told.allowed) return "The connection broke. Nothing was stored, unless only the answer was lost. Try again.";
    return `The browser may not send files to this bucket from here. S3 says ${told.code}: ${told.message}`;
  } catch (problem) {
    return problem.message;
  }
}

function make(tag, className = "", text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}
