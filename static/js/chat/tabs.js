// The tabs of one browser: one of them leads (holds the connection), all hear each other.
//
// The leader holds a Web Lock, so the browser itself names the next one when a tab is closed or
// crashes. A lock says nothing of a tab that is frozen or in the background, though: a tab in view asks
// the leader now and then, and takes the lead if no tab in view answers.

const ANSWER_WITHIN = 1500;
const ASK_EVERY = 20000;

export class Tabs {
  #name;
  #onLead;
  #onRest;
  #onWord;
  #channel = null;
  #leads = false;
  #release = () => {};
  #waiting = null;
  #asking = 0;
  #rounds = 0;
  #onView = () => this.#checkLeader();

  /**
   * `onLead()` and `onRest()` are told when this tab takes the lead and when it loses it;
   * `onWord(word)` gets what another tab has said.
   */
  constructor({ name, onLead, onRest, onWord }) {
    this.#name = name;
    this.#onLead = onLead;
    this.#onRest = onRest;
    this.#onWord = onWord;
  }

  /** Whether this tab leads. */
  get leads() {
    return this.#leads;
  }

  /** Take part. */
  start() {
    document.addEventListener("visibilitychange", this.#onView);
    if (!navigator.locks || !globalThis.BroadcastChannel) {
      // Each tab for itself, while it is looked at.
      this.#checkLeader();
      return;
    }
    this.#channel = new BroadcastChannel(this.#name);
    this.#channel.onmessage = ({ data }) => this.#hear(data);
    this.#queue();
    this.#checkLeader();
    this.#rounds = setInterval(this.#onView, ASK_EVERY);
  }

  /** Leave: another tab may lead. */
  stop() {
    document.removeEventListener("visibilitychange", this.#onView);
    clearTimeout(this.#asking);
    clearInterval(this.#rounds);
    this.#waiting?.abort();
    this.#rest();
    this.#channel?.close();
    this.#channel = null;
  }

  /** Tell all other tabs. */
  say(word) {
    this.#channel?.postMessage({ word });
  }

  #queue() {
    this.#waiting = new AbortController();
    this.#hold({ signal: this.#waiting.signal });
  }

  #hold(options) {
    const hold = () =>
      new Promise((release) => {
        this.#release = release;
        this.#lead();
      });
    navigator.locks.request(`${this.#name}:lead`, options, hold).catch(() => {
      // Stolen by a tab in view, or no longer waited for.
      if (this.#leads) {
        this.#rest();
        this.#queue();
      }
    });
  }

  #lead() {
    if (!this.#leads) {
      this.#leads = true;
      this.#onLead();
    }
  }

  #rest() {
    this.#release();
    if (this.#leads) {
      this.#leads = false;
      this.#onRest();
    }
  }

  #checkLeader() {
    const seen = document.visibilityState === "visible";
    if (!this.#channel) {
      seen ? this.#lead() : this.#rest();
    } else if (seen && !this.#leads) {
      this.#channel.postMessage({ ask: true });
      clearTimeout(this.#asking);
      this.#asking = setTimeout(() => {
        if (this.#channel && !this.#leads) {
          this.#waiting?.abort();
          this.#hold({ steal: true });
        }
      }, ANSWER_WITHIN);
    }
  }

  #hear({ word, ask, here }) {
    if (word) {
      this.#onWord(word);
    } else if (ask && this.#leads && document.visibilityState === "visible") {
      this.#channel.postMessage({ here: true });
    } else if (here) {
      clearTimeout(this.#asking);
    }
  }
}
