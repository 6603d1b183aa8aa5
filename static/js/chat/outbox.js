// Messages that the server has not confirmed yet. They outlive the page: one entry of localStorage
// each (an array in one entry would lose what two tabs add at once), sent oldest first, one at a
// time, with the same `client_id` until the server has answered for it.

import { keep, uuid } from "./storage.js";

const SLOWEST = 30;

/**
 * Run a job while no other tab runs one of this name. A tab that was frozen with the lock is passed
 * over after `patience`; without Web Locks everybody runs, which costs requests and nothing else,
 * because the server knows a repeated `client_id`.
 */
export async function exclusive(name, run, patience = 20000) {
  if (!navigator.locks) {
    return run();
  }
  let job = null;
  const start = () => (job = run());
  try {
    await navigator.locks.request(name, { signal: AbortSignal.timeout(patience) }, start);
  } catch (error) {
    if (!job) {
      await navigator.locks.request(name, { steal: true }, start).catch(() => {});
    } else if (error.name !== "AbortError") {
      throw error;
    }
  }
  return job;
}

export class Outbox {
  #send;
  #onChange;
  #onReset;
  #kept = keep("localStorage");
  #prefix;
  #running = false;
  #nudge = () => {};
  #notBefore = 0;
  #onStorage;

  /**
   * `send(item)` makes one attempt: true once the server has the message, false if it never left; it
   * throws an ApiError. `onChange()` hears of every change, also
   * of those in other tabs, and `onGone(item)` when another tab has sent or dropped something.
   * `onReset()` is awaited when the server says that the state is outdated.
   */
  constructor({ prefix, send, onChange, onReset, onGone = () => {} }) {
    this.#prefix = prefix;
    this.#send = send;
    this.#onChange = onChange;
    this.#onReset = onReset;
    this.#onStorage = (event) => {
      if (event.key === null || event.key.startsWith(prefix)) {
        onChange();
        this.wake();
        if (event.newValue === null) {
          onGone(this.#parse(event.oldValue));
        }
      }
    };
    addEventListener("storage", this.#onStorage);
  }

  /** What is not confirmed, oldest first; `state` is "waiting" or "failed", with an `error`. */
  get items() {
    return this.#kept
      .keys(this.#prefix)
      .map((key) => this.#read(key))
      .filter(Boolean)
      .sort((a, b) => a.made - b.made);
  }

  /** Keep a message and send it as soon as may be; returns the item with its `client_id`. */
  add(content) {
    const last = this.items.at(-1)?.made ?? 0;
    const made = Math.max(Date.now(), last + 1);
    const item = { ...content, client_id: uuid(), made, state: "waiting", tries: 0 };
    this.#write(item);
    this.wake();
    return item;
  }

  /** Try a failed message again, perhaps changed. */
  resend(clientId, changes = {}) {
    const item = this.find(clientId);
    if (item) {
      const used = item.error?.code === "client_id_reused";
      this.remove(clientId);
      this.#write({
        ...item,
        ...changes,
        client_id: used ? uuid() : clientId,
        state: "waiting",
        error: null,
      });
      this.wake();
    }
  }

  /** Mark what waits as failed, for a reason that a person has to judge; what is taken back goes. */
  fail(clientId, error) {
    const item = this.find(clientId);
    if (item?.withdrawn) {
      this.remove(clientId);
    } else if (item) {
      this.#write({ ...item, state: "failed", error });
    }
  }

  /** The item of this id, as it is in storage now. */
  find(clientId) {
    return this.#read(this.#prefix + clientId);
  }

  /**
   * Note that the message is about to leave: from now on the server may have it, whatever is heard of
   * it. False if it was taken back meanwhile.
   */
  release(clientId) {
    const item = this.find(clientId);
    if (item?.state !== "waiting") {
      return false;
    }
    // Without a network nothing leaves.
    if (navigator.onLine && !item.released) {
      this.#write({ ...item, released: true });
    }
    return true;
  }

  /**
   * Take a message back. One that may have reached the server is sent on until the server has answered
   * for it, marked `withdrawn`: only then it can be deleted there.
   */
  withdraw(clientId) {
    const item = this.find(clientId);
    if (item?.state === "waiting" && item.released) {
      this.#write({ ...item, withdrawn: true });
      this.wake();
    } else {
      this.remove(clientId);
    }
  }

  /** Forget one message. */
  remove(clientId) {
    this.#kept.remove(this.#prefix + clientId);
    this.#onChange();
  }

  /** Send now what waits; does not shorten a pause that the server asked for. */
  wake() {
    this.#nudge();
    this.#pump();
  }

  /** Send nothing more. */
  stop() {
    removeEventListener("storage", this.#onStorage);
    this.#running = true;
    this.#nudge();
  }

  async #pump() {
    if (this.#running) {
      return;
    }
    this.#running = true;
    try {
      for (let item = this.#next(); item; item = this.#next()) {
        await this.#pause(this.#notBefore - Date.now());
        const id = item.client_id;
        const delay = await exclusive(`${this.#prefix}lock`, () => this.#attempt(id));
        await this.#pause(delay * 1000, true);
      }
    } finally {
      this.#running = false;
    }
  }

  #next() {
    return this.items.find((item) => item.state === "waiting");
  }

  /** One try; returns for how many seconds to wait before the next one. */
  async #attempt(clientId) {
    const item = this.find(clientId);
    if (item?.state !== "waiting") {
      return 0;
    }
    item.tries += 1;
    this.#write(item);
    try {
      if (await this.#send(item)) {
        this.remove(clientId);
      }
      return 0;
    } catch (error) {
      if (error.kind === "mend") {
        this.fail(clientId, { code: error.code, field: error.field, detail: error.detail });
        return 0;
      }
      if (error.kind === "reset") {
        await this.#onReset();
      } else if (error.kind !== "retry") {
        // A mistake of our own is reported, and holds up nothing of what waits.
        reportError(error);
      }
      this.#notBefore = Date.now() + (error.retryAfter ?? 0) * 1000;
      return Math.random() * Math.min(SLOWEST, 2 ** Math.min(item.tries - 1, 5)) + 0.2;
    }
  }

  #pause(milliseconds, wakeable = false) {
    if (milliseconds <= 0) {
      return undefined;
    }
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#nudge = () => {
        if (wakeable) {
          clearTimeout(timer);
          resolve();
        }
      };
    });
  }

  #read(key) {
    return this.#parse(this.#kept.get(key));
  }

  #parse(text) {
    try {
      const item = JSON.parse(text);
      return item?.client_id && item.made ? item : null;
    } catch {
      return null;
    }
  }

  #write(item) {
    this.#kept.set(this.#prefix + item.client_id, JSON.stringify(item));
    this.#onChange();
  }
}
