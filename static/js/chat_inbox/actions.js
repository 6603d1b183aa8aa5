// What an operator does with a dialogue as a whole, each with the question that belongs to it.

import { T } from "./texts.js";
import { ask, dialog, field, h, pick, wbutton } from "./ui.js";

export class Actions {
  #desk;
  #say;

  /** `say(words)` tells the operator why something did not work. */
  constructor(desk, say) {
    this.#desk = desk;
    this.#say = say;
  }

  /** Do it; say why if it cannot be done. */
  async attempt(act) {
    try {
      await act();
      return true;
    } catch (error) {
      this.#say(error.detail || T.actionFailed);
      await this.#desk.catchUp();
      return false;
    }
  }

  /** Take the dialogue: a free one at once, a colleague's after a question. */
  async take() {
    const { open, thread, room } = this.#desk;
    const owner = thread.assignee;
    if (thread.common || thread.status === "closed" || owner?.id === room.user) {
      return;
    }
    if (!owner || (await ask(T.takeOverSure(owner.name), { yes: T.takeOver, title: T.takeOver }))) {
      this.attempt(() => this.#desk.act(open, "assign", { operator: room.user, only_free: !owner }));
    }
  }

  /** Give the dialogue to a colleague, or to nobody. */
  async handOver() {
    const { open, thread, config } = this.#desk;
    if (thread.common || thread.status === "closed") {
      return;
    }
    const people = config.operators
      .filter(({ id }) => id !== thread.assignee?.id)
      .map(({ id, name }) => ({ id, title: name }));
    const nobody = thread.assignee ? [{ id: null, title: T.giveBack }] : [];
    const picked = await pick({
      title: T.handOverTitle,
      label: T.filterOperator,
      nothing: T.searchNothing,
      find: (query) => {
        const words = query.toLocaleLowerCase("ru");
        return [...people, ...nobody].filter(({ title }) =>
          title.toLocaleLowerCase("ru").includes(words),
        );
      },
    });
    if (picked) {
      this.attempt(() => this.#desk.act(open, "assign", { operator: picked.id }));
    }
  }

  /** Close an open dialogue, open a closed one. */
  async toggle() {
    const { open, thread } = this.#desk;
    if (thread.common) {
      return;
    }
    if (thread.status === "closed") {
      this.attempt(() => this.#desk.act(open, "reopen"));
    } else if (!thread.waiting_since || (await ask(T.closeSure, { yes: T.closeYes, title: T.close }))) {
      this.attempt(() => this.#desk.act(open, "close", { shown_seq: open.store.upto }));
    }
  }

  /** Change an own message. */
  edit(message) {
    const text = h("textarea", { rows: 5, maxlength: this.#desk.config.limits.text });
    text.value = message.text;
    const save = async (event) => {
      event.preventDefault();
      if (await this.attempt(() => this.#desk.edit(message, text.value))) {
        element.close();
      }
    };
    const note = message.kind === "note";
    const element = dialog(
      T.edit,
      h(
        "form",
        { onsubmit: save },
        field(note ? T.noteLabel : T.replyLabel, text),
        h(
          "div",
          { class: "ci-buttons" },
          h("button", { type: "submit", class: "button button-small" }, T.save),
          wbutton(T.cancel, () => element.close()),
        ),
      ),
    );
    text.focus();
  }

  /** Let the patient write nothing for a while. */
  block() {
    const { open } = this.#desk;
    const kind = h(
      "select",
      {},
      h("option", { value: "thread" }, T.blockThread),
      h("option", { value: "network" }, T.blockNetwork),
    );
    const hours = h(
      "select",
      {},
      Object.entries(T.blockTimes).map(([value, words]) => h("option", { value }, words)),
    );
    hours.value = "24";
    const reason = h("input", { type: "text", maxlength: 200 });
    const save = async (event) => {
      event.preventDefault();
      const data = { kind: kind.value, hours: Number(hours.value), reason: reason.value };
      if (await this.attempt(() => this.#desk.act(open, "block", data))) {
        element.close();
      }
    };
    const element = dialog(
      T.blockTitle,
      h(
        "form",
        { onsubmit: save },
        field(T.blockWho, kind),
        field(T.blockFor, hours),
        field(T.blockReason, reason),
        h(
          "div",
          { class: "ci-buttons" },
          h("button", { type: "submit", class: "button button-small serious" }, T.block),
          wbutton(T.cancel, () => element.close()),
        ),
      ),
    );
  }

  /** Let the patient write again. */
  unblock() {
    const { open, thread } = this.#desk;
    this.attempt(() => this.#desk.act(open, "unblock", { block: thread.block.id }));
  }

  /** Move all messages to another dialogue: asked for, looked at, confirmed. */
  merge() {
    const { open } = this.#desk;
    const into = h("input", { type: "text", inputmode: "numeric", maxlength: 10, required: true });
    const look = async (event) => {
      event.preventDefault();
      const heir = Number(into.value.replaceAll(/\D/g, ""));
      let other = null;
      const found = await this.attempt(async () => {
        other = await this.#desk.peek(heir);
      });
      if (!found) {
        return;
      }
      element.close();
      const words = T.mergeSure(open.number, other.number, other.name || T.nobody);
      if (await ask(words, { yes: T.mergeYes, title: T.mergeTitle, serious: true })) {
        this.attempt(() => this.#desk.act(open, "merge", { into: other.number }));
      }
    };
    const element = dialog(
      T.mergeTitle,
      h(
        "form",
        { onsubmit: look },
        field(T.mergeInto, into),
        h(
          "div",
          { class: "ci-buttons" },
          h("button", { type: "submit", class: "button button-small" }, T.mergeLook),
          wbutton(T.cancel, () => element.close()),
        ),
      ),
    );
    into.focus();
  }
}
