// Shortcuts, by the key's place on the keyboard: the same with Russian and Latin letters. Those of one
// letter work only while the focus is in no field, and can be switched off (WCAG 2.1.4).

import { keep } from "../chat/storage.js";
import { QUEUES } from "./queue.js";
import { T } from "./texts.js";
import { dialog, h } from "./ui.js";

const isField = (element) =>
  element?.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(element?.tagName ?? "");

export class Keys {
  #kept = keep("localStorage");
  #key;
  #acts;

  /** `acts` has a function for each shortcut; those of a dialogue are called only while one is open. */
  constructor(user, acts, isOpen) {
    this.#key = `kdl-inbox:${user}:keys`;
    this.#acts = acts;
    // Before Wagtail's own, which would answer «?» with its own list.
    addEventListener("keydown", (event) => this.#pressed(event, isOpen), { capture: true });
  }

  get #on() {
    return this.#kept.get(this.#key) !== "off";
  }

  #pressed(event, isOpen) {
    const inside = document.activeElement;
    if (document.querySelector("dialog[open]") || event.isComposing) {
      return;
    }
    if (event.key === "Escape" && inside?.closest(".ci-composer")) {
      event.preventDefault();
      this.#acts.leaveField();
      return;
    }
    const elsewhere = inside !== document.body && !inside?.closest("#chat-inbox");
    if (
      !this.#on || elsewhere || isField(inside) ||
      event.ctrlKey || event.metaKey || event.altKey
    ) {
      return;
    }
    const act = this.#find(event, isOpen());
    if (act) {
      event.preventDefault();
      event.stopImmediatePropagation();
      act();
    }
  }

  #find({ code, shiftKey }, open) {
    const acts = this.#acts;
    if (shiftKey) {
      // «?» on a Latin keyboard, «,» on a Russian one.
      return code === "Slash" ? () => this.help() : null;
    }
    const digit = code.match(/^(?:Digit|Numpad)([1-9])$/)?.[1];
    if (digit) {
      const queue = QUEUES[digit - 1];
      return queue ? () => acts.queue(queue) : null;
    }
    const always = {
      KeyJ: () => acts.step(1),
      KeyK: () => acts.step(-1),
      Slash: acts.search,
    };
    const inDialogue = {
      KeyR: acts.reply,
      KeyN: acts.note,
      KeyE: acts.toggle,
      KeyA: acts.take,
      KeyH: acts.handOver,
      KeyI: acts.info,
      KeyU: acts.back,
    };
    return always[code] ?? (open ? inDialogue[code] : null);
  }

  /** Show the list of shortcuts, with the switch. */
  help() {
    const box = h("input", { type: "checkbox" });
    box.checked = this.#on;
    box.addEventListener("change", () => this.#kept.set(this.#key, box.checked ? "on" : "off"));
    dialog(
      T.helpTitle,
      h(
        "dl",
        { class: "ci-keys" },
        T.keys.map(([key, words]) => h("div", {}, h("dt", {}, h("kbd", {}, key)), h("dd", {}, words))),
      ),
      h("label", { class: "ci-check" }, box, T.helpSwitch),
      h("p", { class: "ci-hint" }, T.helpNote),
    );
  }
}
