// What is typed and not sent. The server keeps it for the next desk; until it has it, the browser
// does. Saves of one draft go one after another, so that an old one never comes last.

import { keep } from "../chat/storage.js";

const PAUSE = 800;

export class Drafts {
  #post;
  #prefix;
  #kept = keep("localStorage");
  #open = new Map();

  /** `post(number, kind, text)` saves one and may fail; then the next change tries again. */
  constructor({ prefix, post }) {
    this.#prefix = prefix;
    this.#post = post;
    document.addEventListener("visibilitychange", () => this.flush());
  }

  /** What was typed here and the server may not have yet, undefined if it has everything. */
  local(number, kind) {
    return this.#kept.get(this.#key(number, kind)) ?? undefined;
  }

  /** Keep a draft; "" throws it away. */
  save(number, kind, text, pause = PAUSE) {
    const key = this.#key(number, kind);
    const entry = this.#open.get(key) ?? { chain: Promise.resolve() };
    this.#open.set(key, entry);
    this.#kept.set(key, text);
    entry.run = () => {
      entry.run = null;
      entry.chain = entry.chain.then(() => this.#save(key, number, kind));
    };
    clearTimeout(entry.timer);
    entry.timer = setTimeout(() => entry.run?.(), pause);
  }

  /** Save now what waits; resolves when that was tried. */
  flush() {
    const entries = [...this.#open.values()];
    for (const entry of entries) {
      clearTimeout(entry.timer);
      entry.run?.();
    }
    return Promise.all(entries.map(({ chain }) => chain));
  }

  async #save(key, number, kind) {
    const text = this.#kept.get(key);
    if (text === null) {
      return;
    }
    try {
      await this.#post(number, kind, text);
    } catch {
      return;
    }
    if (this.#kept.get(key) === text) {
      this.#kept.remove(key);
    }
  }

  #key(number, kind) {
    return `${this.#prefix}${number}:${kind}`;
  }
}
