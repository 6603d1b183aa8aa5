// The middle pane: one conversation.

import { keepFocus } from "../chat/dom.js";
import { showText } from "../chat/text.js";
import { dayKey, dayName, sizeName, timeOf } from "../chat/time.js";
import { now, waitingClock } from "./clock.js";
import { Composer } from "./composer.js";
import { T } from "./texts.js";
import { ask, fill, h, ibutton, wbutton, wicon } from "./ui.js";

const NEAR_END = 60;

export class TalkPane {
  #desk;
  #actions;
  #onBack;
  #onInfo;
  #head;
  #log = null;
  #days;
  #shown = new Map();
  #newest;
  #people;
  #notice;
  #tail;
  #empty;
  #body;

  /** `actions` does something with the dialogue; `onBack()` leaves it, `onInfo()` shows the patient. */
  constructor(desk, actions, { onBack, onInfo }) {
    this.#desk = desk;
    this.#actions = actions;
    this.#onBack = onBack;
    this.#onInfo = onInfo;
    this.composer = new Composer(desk, { onWrite: () => this.#drawNotice() });
    this.#head = h("header", { class: "ci-talk__head" });
    this.#newest = wbutton(T.newest, () => this.toEnd(), {
      icon: "arrow-down",
      class: "button button-small button-secondary ci-newest",
    });
    this.#newest.hidden = true;
    this.#people = h("p", { class: "ci-people", role: "status" });
    this.#notice = h("div", { class: "ci-notice", role: "alert" });
    this.#tail = h("div", { class: "ci-tail" });
    this.#body = h("div", { class: "ci-talk__body" });
    this.#empty = h(
      "div",
      { class: "ci-talk__empty" },
      wicon("comment"),
      h("h2", {}, T.choose),
      h("p", {}, T.chooseHint),
    );
    this.element = h("section", { class: "ci-talk", "aria-label": T.talk }, this.#empty);
    desk.on("opened", (seq) => this.#opened(seq));
    desk.on("opening", (error) => this.#opening(error));
    desk.on("open", (fresh) => this.#changed(fresh));
    desk.on("outbox", () => desk.open && this.#drawTail());
    desk.on("people", () => desk.open && this.#drawPeople());
    desk.on("list", () => desk.open && this.#drawHead());
  }

  // --- Opening ---------------------------------------------------------------------------------

  #opening(error) {
    this.element.setAttribute("aria-busy", String(Boolean(this.#desk.opening)));
    if (error && !this.#desk.open) {
      this.element.replaceChildren(
        h("div", { class: "ci-talk__empty" }, h("p", { role: "alert" }, error.detail || T.actionFailed)),
      );
    }
  }

  #opened(seq) {
    this.element.setAttribute("aria-busy", "false");
    this.#shown.clear();
    if (!this.#desk.open) {
      this.#log = null;
      this.element.replaceChildren(this.#empty);
      return;
    }
    // A new element for each dialogue: what is in it from the start is history and not read out.
    this.#log = h("div", {
      class: "ci-log",
      role: "log",
      tabindex: 0,
      "aria-label": T.messages,
      onscroll: () => this.#scrolled(),
    });
    this.#days = h("div", { class: "ci-log__in" });
    this.#log.append(this.#days, this.#tail);
    this.#drawHead();
    this.#drawMessages();
    this.#drawTail();
    this.#drawPeople();
    this.composer.open();
    this.#drawNotice();
    fill(this.#body, this.#log, this.#newest, this.#people, this.#notice, this.composer.element);
    this.element.replaceChildren(this.#head, this.#body);
    const line = this.#days.querySelector(".ci-line--new");
    const wanted = seq && this.#days.querySelector(`[data-seq="${seq}"]`);
    if (wanted) {
      wanted.classList.add("ci-msg--wanted");
      wanted.scrollIntoView({ block: "center" });
    } else if (line) {
      line.scrollIntoView({ block: "center" });
    } else {
      this.toEnd();
    }
    this.#scrolled();
  }

  /** Put the focus on the name of the dialogue. */
  focus() {
    this.#head.querySelector("h2")?.focus();
  }

  /** Go to the newest messages. */
  toEnd() {
    if (this.#log) {
      this.#log.scrollTop = this.#log.scrollHeight;
    }
  }

  get #atEnd() {
    const { scrollTop, scrollHeight, clientHeight } = this.#log;
    return scrollHeight - scrollTop - clientHeight < NEAR_END;
  }

  #scrolled() {
    this.#newest.hidden = this.#atEnd;
    this.#desk.reading = this.#atEnd;
    this.#desk.markRead();
  }

  #changed(fresh) {
    const atEnd = this.#atEnd;
    const mine = fresh.some(({ author }) => author === this.#desk.room.user);
    const { scrollHeight, scrollTop } = this.#log;
    const first = this.#days.querySelector(".ci-msg")?.dataset.id;
    this.#drawHead();
    this.#drawMessages();
    this.#drawTail();
    this.#drawPeople();
    this.#drawNotice();
    this.composer.draw();
    if (atEnd || mine) {
      this.toEnd();
    } else if (first !== this.#days.querySelector(".ci-msg")?.dataset.id) {
      // Earlier messages have come above: what was in view stays there.
      this.#log.scrollTop = scrollTop + this.#log.scrollHeight - scrollHeight;
    }
    this.#scrolled();
  }

  // --- Head ------------------------------------------------------------------------------------

  #drawHead() {
    const { thread } = this.#desk;
    const focused = document.activeElement?.closest(".ci-talk__head")
      ? document.activeElement.dataset.act
      : null;
    const name = thread.common ? T.common : thread.name || T.nobody;
    fill(
      this.#head,
      ibutton("arrow-left", T.back, this.#onBack, { class: "ci-icon ci-back", "data-act": "back" }),
      h(
        "div",
        { class: "ci-talk__title" },
        h(
          "h2",
          { tabindex: -1, "data-act": "title" },
          h("span", { dir: "auto" }, name),
          " ",
          h("span", { class: "ci-row__number" }, T.number(thread.number)),
        ),
        h("p", { class: "ci-talk__state" }, this.#stateWords(thread)),
      ),
      h("div", { class: "ci-talk__actions" }, this.#headButtons(thread)),
    );
    if (focused) {
      this.#head.querySelector(`[data-act="${focused}"]`)?.focus();
    }
  }

  #stateWords(thread) {
    if (thread.common) {
      return T.commonHint;
    }
    const mine = thread.assignee?.id === this.#desk.room.user;
    const words = [
      thread.status === "closed"
        ? T.closed
        : thread.assignee
          ? mine
            ? T.takenByMe
            : T.takenBy(thread.assignee.name)
          : T.free,
    ];
    return [
      thread.waiting_since ? waitingClock(thread.waiting_since) : null,
      thread.waiting_since ? " · " : null,
      words.join(" · "),
      thread.topic ? ` · ${thread.topic}` : "",
    ];
  }

  #headButtons(thread) {
    const act = this.#actions;
    const mine = thread.assignee?.id === this.#desk.room.user;
    const open = thread.status === "open";
    const buttons = [];
    if (!thread.common) {
      if (open && !mine) {
        const words = thread.assignee ? T.takeOver : T.take;
        buttons.push(wbutton(words, () => act.take(), { "data-act": "take", title: `${words} (A)` }));
      }
      if (open) {
        buttons.push(
          wbutton(T.handOver, () => act.handOver(), { "data-act": "hand", title: `${T.handOver} (H)` }),
        );
      }
      const words = open ? T.close : T.reopen;
      buttons.push(
        wbutton(words, () => act.toggle(), { "data-act": "toggle", title: `${words} (E)` }),
      );
    }
    buttons.push(
      ibutton("user", T.info, this.#onInfo, {
        class: "ci-icon ci-info-button",
        "data-act": "info",
        title: `${T.info} (I)`,
      }),
    );
    return buttons;
  }

  // --- Messages --------------------------------------------------------------------------------

  #drawMessages() {
    const { messages, open, thread } = this.#desk;
    const nodes = [];
    if (open.store.more) {
      nodes.push(this.#olderButton());
    }
    if (thread.merged_from.length && !open.store.more) {
      nodes.push(
        h("p", { class: "ci-line" }, T.mergedHere(thread.merged_from.map(T.number).join(", "))),
      );
    }
    let day = "";
    let isNew = false;
    for (const message of messages) {
      if (dayKey(message.at) !== day) {
        day = dayKey(message.at);
        nodes.push(h("p", { class: "ci-line ci-line--day" }, dayName(message.at)));
      }
      const fresh = open.newFrom && message.seq > open.newFrom && message.sender === "visitor";
      if (fresh && !isNew) {
        isNew = true;
        nodes.push(h("p", { class: "ci-line ci-line--new" }, T.newLine));
      }
      nodes.push(this.#message(message));
    }
    const id = document.activeElement?.closest(".ci-msg")?.dataset.id;
    keepFocus(
      () => this.#days.querySelector(`.ci-msg[data-id="${id}"]`),
      () => this.#keepOrder(nodes),
    );
  }

  /** Put the nodes into the log; those that are there already stay, so that only news are read out. */
  #keepOrder(nodes) {
    const wanted = new Set(nodes);
    let place = this.#days.firstChild;
    for (const node of nodes) {
      while (place && !wanted.has(place)) {
        const next = place.nextSibling;
        place.remove();
        place = next;
      }
      if (place === node) {
        place = place.nextSibling;
      } else {
        this.#days.insertBefore(node, place);
      }
    }
    while (place) {
      const next = place.nextSibling;
      place.remove();
      place = next;
    }
  }

  #olderButton() {
    const button = wbutton(T.older, () => {
      button.disabled = true;
      this.#desk.loadOlder().catch(() => {
        button.disabled = false;
      });
    });
    return h("div", { class: "ci-line" }, button);
  }

  #message(message) {
    const state = this.#stateOf(message);
    const changeable = this.#changeable(message);
    const key = `${message.version}:${changeable}`;
    const known = this.#shown.get(message.id);
    if (known?.key === key) {
      const line = known.node.querySelector(".ci-msg__state");
      if (line && line.textContent !== state) {
        line.textContent = state;
      }
      return known.node;
    }
    const node = this.#build(message, state, changeable);
    this.#shown.set(message.id, { key, node });
    return node;
  }

  #stateOf(message) {
    if (message.sender !== "operator" || message.kind === "note" || message.deleted) {
      return "";
    }
    const { read, delivered, common } = this.#desk.thread;
    if (common) {
      return "";
    }
    if (message.delivery === "failed") {
      return T.delivery.failed;
    }
    if (read.visitor >= message.seq) {
      return T.states.read;
    }
    if (message.delivery) {
      return T.delivery[message.delivery];
    }
    return delivered.visitor >= message.seq ? T.states.delivered : T.states.sent;
  }

  #changeable(message) {
    const { config, room } = this.#desk;
    const age = (now() - Date.parse(message.at)) / 1000;
    return message.author === room.user && message.sender === "operator" && !message.deleted &&
      age < config.limits.change;
  }

  #build(message, state, changeable) {
    if (message.sender === "system") {
      return h(
        "p",
        { class: "ci-line ci-msg", "data-id": message.id, "data-seq": message.seq },
        message.text,
        h("time", { datetime: message.at }, ` ${timeOf(message.at)}`),
      );
    }
    const note = message.kind === "note";
    const operator = message.sender === "operator";
    const kind = note ? "note" : message.sender;
    const thread = this.#desk.thread;
    const name = operator ? message.author_name || message.name : thread.name || T.nobody;
    const text = message.deleted
      ? h("p", { class: "ci-msg__text ci-msg__text--deleted" }, T.deleted)
      : showText(h("p", { class: "ci-msg__text" }), message.text);
    return h(
      "article",
      { class: `ci-msg ci-msg--${kind}`, "data-id": message.id, "data-seq": message.seq },
      note ? h("p", { class: "ci-msg__tag" }, wicon("lock"), T.noteTag) : null,
      h(
        "p",
        { class: "ci-msg__meta" },
        h("span", { class: "ci-msg__name", dir: "auto" }, name),
        message.channel === "vk" ? " · ВК" : null,
        " ",
        h("time", { datetime: message.at }, timeOf(message.at)),
        message.edited ? ` · ${T.edited}` : null,
      ),
      message.text || message.deleted ? text : null,
      message.attachments.length ? this.#files(message.attachments) : null,
      message.delivery === "failed" && state ? this.#undelivered(message, state) : null,
      message.delivery !== "failed" && state ? h("p", { class: "ci-msg__state", "aria-live": "off" }, state) : null,
      changeable ? this.#changeButtons(message) : null,
    );
  }

  /** Why an answer did not get to VK, and the way to try it again. */
  #undelivered(message, state) {
    const again = () => this.#actions.attempt(() => this.#desk.sendAgain(message));
    return h(
      "div",
      { class: "ci-msg__failed" },
      h("p", {}, wicon("warning"), [state, message.undelivered].filter(Boolean).join(": ")),
      h("div", { class: "ci-msg__buttons" }, wbutton(T.resend, again)),
    );
  }

  #files(files) {
    return h(
      "ul",
      { class: "ci-files" },
      files.map((file) =>
        h(
          "li",
          {},
          h(
            "a",
            { href: file.url, download: "" },
            wicon("doc-full"),
            h("span", { class: "w-sr-only" }, T.download),
            h("span", { dir: "auto" }, file.name),
            ` ${sizeName(file.size)}`,
          ),
        ),
      ),
    );
  }

  #changeButtons(message) {
    const note = message.kind === "note";
    const sure = message.delivery ? T.removeSureVk : T.removeSure;
    const remove = async () => {
      if (await ask(note ? T.removeNoteSure : sure, { yes: T.remove, serious: true })) {
        this.#actions.attempt(() => this.#desk.remove(message));
      }
    };
    return h(
      "div",
      { class: "ci-msg__buttons" },
      h("button", { type: "button", class: "ci-link", onclick: () => this.#actions.edit(message) }, T.edit),
      h("button", { type: "button", class: "ci-link", onclick: remove }, T.remove),
    );
  }

  // --- What has not gone out yet ---------------------------------------------------------------

  #drawTail() {
    const atEnd = this.#log.isConnected && this.#atEnd;
    this.#tail.replaceChildren(...this.#desk.pending.map((item) => this.#pending(item)));
    if (atEnd) {
      this.toEnd();
    }
  }

  #pending(item) {
    const note = item.kind === "note";
    const failed = item.state === "failed";
    const states = this.#desk.alive ? T.states.sending : T.states.waiting;
    return h(
      "article",
      { class: `ci-msg ci-msg--${note ? "note" : "operator"} ci-msg--pending` },
      note ? h("p", { class: "ci-msg__tag" }, wicon("lock"), T.noteTag) : null,
      showText(h("p", { class: "ci-msg__text" }), item.text),
      item.files?.length ? h("p", { class: "ci-msg__meta" }, item.files.map(({ name }) => name).join(", ")) : null,
      failed
        ? this.#failed(item)
        : h("p", { class: "ci-msg__state" }, states),
    );
  }

  #failed(item) {
    const desk = this.#desk;
    const meanwhile = item.error?.code === "answered_meanwhile";
    const again = () => desk.resend(item.client_id, { anyway: meanwhile, shown: desk.open.store.upto });
    const mend = () => {
      this.composer.take(item);
      desk.takeBack(item.client_id);
    };
    return h(
      "div",
      { class: "ci-msg__failed", role: "alert" },
      h("p", {}, wicon("warning"), meanwhile ? item.error.detail : item.error?.detail || T.failed),
      h(
        "div",
        { class: "ci-msg__buttons" },
        wbutton(meanwhile ? T.sendAnyway : T.resend, again),
        wbutton(T.mend, mend),
        wbutton(T.takeBack, () => desk.takeBack(item.client_id)),
      ),
    );
  }

  // --- Others ----------------------------------------------------------------------------------

  #drawPeople() {
    const { people, open } = this.#desk;
    const typing = people
      .typingIn(open.number)
      .map(({ side, name }) => (side === "visitor" ? T.patientTypes : T.typing(name)));
    const looking = people.lookingAt(open.number);
    const words = [...typing, looking.length ? T.looking(looking.join(", ")) : ""].filter(Boolean);
    this.#people.textContent = words.join(" ");
    this.#people.hidden = !words.length;
  }

  /** A colleague's answer that has come while one writes, shown before one sends another. */
  #drawNotice() {
    const { base, mode } = this.composer;
    const other =
      base === null || mode === "note"
        ? null
        : this.#desk.messages.find(
            (message) =>
              message.seq > base &&
              message.sender === "operator" &&
              message.kind === "message" &&
              !message.deleted &&
              message.author !== this.#desk.room.user,
          );
    const key = other ? String(other.id) : "";
    if (this.#notice.dataset.key === key) {
      return;
    }
    this.#notice.dataset.key = key;
    if (!other) {
      fill(this.#notice);
      return;
    }
    fill(
      this.#notice,
      h("p", {}, wicon("warning"), h("strong", {}, T.answered(other.name))),
      showText(h("blockquote", {}), other.text),
      wbutton(T.answeredSeen, () => {
        this.composer.see();
        this.#drawNotice();
        this.composer.focus();
      }),
    );
  }
}
