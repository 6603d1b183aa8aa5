// Who else is there: colleagues who look at a dialogue or type in it, the patient who types. Nothing
// of it is stored anywhere; each sign fades by itself.

const TYPING = 6000;
const LOOKING = 30000;

export class People {
  #me;
  #onChange;
  #looking = new Map();
  #typing = new Map();

  /** `me` is the operator's id: one's own signs are not shown. */
  constructor({ me, onChange }) {
    this.#me = me;
    this.#onChange = onChange;
  }

  /** Somebody looks at a dialogue. */
  look({ thread, user, name }) {
    if (user !== this.#me) {
      this.#sign(this.#looking, `${thread}:${user}`, { thread, name }, LOOKING);
    }
  }

  /** Somebody types in a dialogue. */
  type({ thread, side, user, name }) {
    if (side !== "operator" || user !== this.#me) {
      this.#sign(this.#typing, `${thread}:${side}:${user}`, { thread, side, name }, TYPING);
    }
  }

  /** A message has come: whoever wrote it no longer types. */
  wrote(thread, side) {
    for (const [key, sign] of this.#typing) {
      if (sign.thread === thread && sign.side === side) {
        clearTimeout(sign.timer);
        this.#typing.delete(key);
      }
    }
  }

  /** The names of colleagues who look at a dialogue. */
  lookingAt(thread) {
    return [...this.#looking.values()].filter((one) => one.thread === thread).map(({ name }) => name);
  }

  /** Who types in a dialogue: [{side, name}]. */
  typingIn(thread) {
    return [...this.#typing.values()].filter((one) => one.thread === thread);
  }

  #sign(signs, key, sign, milliseconds) {
    clearTimeout(signs.get(key)?.timer);
    sign.timer = setTimeout(() => {
      signs.delete(key);
      this.#onChange();
    }, milliseconds);
    signs.set(key, sign);
    this.#onChange();
  }
}
