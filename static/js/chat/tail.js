// What stands under the last message: where to answer when nobody is there, and what the patient
// thinks of a dialogue that was closed.

import { button, fill, h } from "./dom.js";
import { T } from "./texts.js";

export class Tail {
  #session;
  #onContact;
  #say;
  #changing = false;
  #sending = false;
  element = h("div", { class: "tail", hidden: true });

  constructor(session, onContact, say) {
    this.#session = session;
    this.#onContact = onContact;
    this.#say = say;
  }

  /** Draw what fits the dialogue now; a form that is being filled in is left alone. */
  render() {
    const { store, config, forgetful } = this.#session;
    const { thread } = store;
    let shown = "";
    if (thread && config?.widget && !forgetful) {
      if (thread.status === "closed") {
        shown = thread.rating && !this.#changing ? `rated ${thread.rating.score}` : "rate";
      } else if (config.hours?.open === false && this.#waits()) {
        shown = thread.contact.email ? "reachable" : "contact";
      }
    }
    if (this.element.dataset.shown !== shown) {
      this.element.dataset.shown = shown;
      const held = this.element.contains(this.element.getRootNode().activeElement);
      fill(this.element, this.#draw(shown.split(" ")[0], thread));
      if (held) {
        // The news may come before the answer to what was sent: the focus is not to be lost between.
        this.element.querySelector("button, input")?.focus();
      }
    }
  }

  /** Whether the patient has the last word. */
  #waits() {
    const last = this.#session.messages.findLast(({ sender }) => sender !== "system");
    return last?.sender === "visitor";
  }

  #draw(shown, thread) {
    switch (shown) {
      case "rate":
        return [this.#rating(thread)];
      case "rated":
        return [
          h("p", { class: "small" }, T.rated(thread.rating.score), " ", button(T.rateChange, () => this.#change())),
        ];
      case "contact":
        return [
          h("div", { class: "card" }, h("p", {}, T.contactLead), button(T.contactOffer, this.#onContact, { class: "solid" })),
        ];
      case "reachable":
        return [h("p", { class: "small" }, T.contactDone)];
      default:
        return [];
    }
  }

  #change() {
    this.#changing = true;
    this.render();
    this.element.querySelector("input")?.focus();
  }

  #rating(thread) {
    const marks = T.rateScale.map((name, place) => {
      const score = place + 1;
      return h(
        "label",
        { class: "mark" },
        h("input", {
          type: "radio",
          name: "score",
          value: score,
          checked: thread.rating?.score === score,
          "aria-label": `${score}: ${name}`,
          onchange: () => (more.hidden = false),
        }),
        h("span", { "aria-hidden": "true" }, String(score)),
      );
    });
    const comment = h("textarea", { class: "input", rows: "2", maxlength: "1000" });
    comment.value = thread.rating?.comment ?? "";
    const more = h(
      "div",
      { class: "comment", hidden: !thread.rating },
      h("label", { class: "labelled" }, h("span", {}, T.rateComment), comment),
      h("button", { type: "submit", class: "solid" }, T.rateSend),
    );
    return h(
      "form",
      { class: "card rating", onsubmit: (event) => this.#send(event, comment.value.trim()) },
      h(
        "fieldset",
        {},
        h("legend", {}, T.rate),
        h("div", { class: "marks" }, marks),
        h("div", { class: "ends", "aria-hidden": "true" }, h("span", {}, T.rateScale[0]), h("span", {}, T.rateScale.at(-1))),
      ),
      more,
    );
  }

  async #send(event, comment) {
    event.preventDefault();
    // The button is not disabled meanwhile: it would lose the focus.
    if (this.#sending) {
      return;
    }
    this.#sending = true;
    try {
      await this.#session.rate(Number(new FormData(event.currentTarget).get("score")), comment);
      this.#changing = false;
      this.render();
    } catch (error) {
      this.#say(error.detail || T.actionFailed);
    }
    this.#sending = false;
  }
}
