// How one file is shown: its name and size, a bar, a sentence, and what can be done with it.

import { amount } from "./words.js";

export class Row {
  constructor(name, size) {
    this.name = name || "file";
    this.item = make("li");
    this.bar = make("progress");
    this.bar.max = Math.max(size, 1);
    this.bar.value = 0;
    this.bar.setAttribute("aria-label", `Progress of ${this.name}`);
    this.text = make("span", "state");
    this.actions = make("div", "actions");
    this.item.append(
      make("span", "name", this.name), " ", make("span", "size", amount(size)),
      this.bar, this.text, this.actions);
  }

  // `actions` are [label, function], or an element such as a link.
  show(state, text, showsBar, actions) {
    const focused = this.actions.contains(document.activeElement);
    this.item.className = state;
    this.text.textContent = text;
    this.bar.hidden = !showsBar;
    this.actions.replaceChildren(...actions.map((action) => this.#action(action)));
    if (focused) this.actions.querySelector("button, a")?.focus();
  }

  link(label, follow) {
    const link = make("a", "", label);
    link.target = "_blank";
    link.rel = "noopener noreferrer";
    link.setAttribute("aria-label", `${label} ${this.name}`);
    link.addEventListener("click", follow);
    return link;
  }

  #action(action) {
    if (action instanceof Node) return action;
    const [label, act] = action;
    const button = make("button", "", label);
    button.type = "button";
    button.setAttribute("aria-label", `${label} ${this.name}`);
    button.addEventListener("click", act);
    return button;
  }
}

function make(tag, className = "", text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}
