// What stands under the last message: where to answer when nobody is there, and what the patient
// thinks of a dialogue that was closed.

import { button, fill, h } from "./dom.js";
import { T } from "./texts.js";

export class Tail {
  #session;
  #onContact;
  #say;
  #changing = false;
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
      fill(this.element, this.#draw(shown.split(" ")[0], thread));
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
    const form = event.currentTarget;
    const submit = form.querySelector("[type=submit]");
    submit.disabled = true;
    try {
      await this.#session.rate(Number(new FormData(form).get("score")), comment);
      this.#changing = false;
      this.render();
      this.element.querySelector("button")?.focus();
    } catch (error) {
      this.#say(error.detail || T.actionFailed);
    }
    submit.disabled = false;
  }
}
