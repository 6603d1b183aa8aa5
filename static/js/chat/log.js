// The conversation as one sees it: bubbles, days, system lines, what is still on its way.

import { button, h, icon, iconButton, keepFocus } from "./dom.js";
import { stateOf } from "./store.js";
import { T } from "./texts.js";
import { showText } from "./text.js";
import { dayKey, dayName, sizeName, timeOf } from "./time.js";

const NEAR_END = 60;
const ONE_BREATH = 300000;
const STATE_ICONS = {
  sending: "clock",
  waiting: "clock",
  sent: "check",
  delivered: "checks",
  read: "checks",
  failed: "alert",
  withdrawn: "clock",
};

/** Say what has become of a message that is not confirmed. */
function pendingState(item, alive) {
  if (item.state === "failed") {
    return "failed";
  }
  if (item.withdrawn) {
    return "withdrawn";
  }
  return alive ? "sending" : "waiting";
}

export class Log {
  #session;
  #does;
  #rows = new Map();
  #list = h("div", { class: "list", role: "log", "aria-label": T.messages, "aria-live": "off" });
  #older = h("div", { class: "older", hidden: true });
  #dots = h("div", { class: "dots", "aria-hidden": "true", hidden: true }, h("i"), h("i"), h("i"));
  #newest = iconButton("down", T.newest, () => this.toEnd(), { class: "icon-button newest", hidden: true });
  #newFrom = Infinity;
  #acting = null;
  #asking = false;
  #fetching = false;
  #stuck = true;

  /** `does` has edit(message), mend(item), remove(message) and moved(), told when one scrolls. */
  constructor(session, intro, tail, does) {
    this.#session = session;
    this.#does = does;
    this.scroller = h(
      "div",
      { class: "scroller", tabindex: "0", role: "group", "aria-label": T.messages },
      h("div", { class: "inside" }, intro, this.#older, this.#list, this.#dots, tail),
    );
    this.element = h("div", { class: "log" }, this.scroller, this.#newest);
    this.scroller.addEventListener("scroll", () => this.#onScroll(), { passive: true });
    const grown = new ResizeObserver(() => this.#stuck && this.toEnd());
    grown.observe(this.scroller);
    grown.observe(this.scroller.firstChild);
  }

  /** Whether the newest message is in sight. */
  get atEnd() {
    return this.#stuck;
  }

  /** The panel opens: show from where the patient has read, and let a screen reader hear only news. */
  open() {
    const { thread } = this.#session.store;
    this.#newFrom = thread?.unread ? thread.read.visitor + 1 : Infinity;
    this.render();
    const line = this.#rows.get("new")?.element;
    if (line) {
      this.#stuck = false;
      line.scrollIntoView({ block: "start" });
      this.#onScroll();
    } else {
      this.toEnd();
    }
    this.#listen(true);
  }

  /** The panel closes. */
  close() {
    this.#listen(false);
  }

  /** Whether Esc has something to end here. */
  cancel() {
    const acting = this.#acting;
    if (acting) {
      this.#act(null, acting);
    }
    return Boolean(acting);
  }

  toEnd() {
    this.#stuck = true;
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.#newest.hidden = true;
  }

  #listen(on) {
    // What stands there already must be taken for known before anything is announced.
    setTimeout(() => this.#list.setAttribute("aria-live", on ? "polite" : "off"), on ? 300 : 0);
  }

  #onScroll() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    const stuck = scrollHeight - scrollTop - clientHeight < NEAR_END;
    this.#newest.hidden = stuck;
    if (stuck !== this.#stuck) {
      this.#stuck = stuck;
      this.#does.moved();
    }
    if (scrollTop < NEAR_END && this.#session.store.more && scrollHeight > clientHeight) {
      this.#fetchOlder();
    }
  }

  async #fetchOlder() {
    if (this.#fetching) {
      return;
    }
    this.#fetching = true;
    const { scroller } = this;
    this.#list.setAttribute("aria-live", "off");
    try {
      const before = scroller.scrollHeight - scroller.scrollTop;
      await this.#session.older();
      this.render();
      scroller.scrollTop = scroller.scrollHeight - before;
      this.#fetching = false;
    } catch {
      // The button stays, and says that it can be pressed.
      this.#older.querySelector("button").textContent = T.olderFailed;
      setTimeout(() => {
        this.#fetching = false;
      }, 5000);
    }
    this.#listen(true);
  }

  /** Draw what has changed; elements of messages live as long as the messages. */
  render() {
    const { store, typing } = this.#session;
    const rows = this.#plan();
    const keys = new Set(rows.map(({ key }) => key));
    for (const [key, { element }] of this.#rows) {
      if (!keys.has(key)) {
        element.remove();
        this.#rows.delete(key);
      }
    }
    let place = this.#list.firstChild;
    for (const row of rows) {
      const signature = JSON.stringify(row);
      let drawn = this.#rows.get(row.key);
      if (!drawn) {
        drawn = { element: h("div", { class: row.kind }), signature: "" };
        this.#rows.set(row.key, drawn);
      }
      if (drawn.signature !== signature) {
        this.#draw(drawn, row);
        drawn.signature = signature;
      }
      if (place === drawn.element) {
        place = place.nextSibling;
      } else {
        this.#list.insertBefore(drawn.element, place);
      }
    }
    if (store.more !== !this.#older.hidden) {
      this.#older.hidden = !store.more;
      this.#older.replaceChildren(button(T.older, () => this.#fetchOlder()));
    }
    this.#dots.hidden = !typing;
    if (this.#stuck) {
      this.toEnd();
    }
  }

  #plan() {
    const { messages, pending, store, alive } = this.#session;
    const rows = [];
    let before = null;
    const add = (row, at, sender) => {
      if (!before || dayKey(before.at) !== dayKey(at)) {
        rows.push({ key: `day ${dayKey(at)}`, kind: "day", text: dayName(at) });
        before = null;
      }
      const goesOn = before?.sender === sender && new Date(at) - new Date(before.at) < ONE_BREATH;
      const last = rows.at(-1);
      if (goesOn && last?.state === "" && timeOf(last.at) === timeOf(at)) {
        last.timeless = true;
      }
      rows.push({ ...row, at, goesOn });
      before = { at, sender };
    };
    for (const message of messages) {
      const isOwn = message.sender === "visitor";
      if (!isOwn && message.seq >= this.#newFrom && !rows.some(({ key }) => key === "new")) {
        rows.push({ key: "new", kind: "new", text: T.unreadLine });
        before = before && { ...before, sender: "" };
      }
      const row = {
        key: isOwn ? message.client_id : `m${message.id}`,
        kind: message.sender === "system" ? "system" : `message ${isOwn ? "own" : "theirs"}`,
        message,
        state: isOwn ? stateOf(message, store.thread) : "",
        acts: isOwn && this.#session.editableFor(message) > 0,
        changes: isOwn && this.#session.isOpen(message),
        acting: this.#acting === message.id,
        asking: this.#acting === message.id && this.#asking,
      };
      add(row, message.at, message.sender + message.name);
    }
    for (const item of pending) {
      const state = pendingState(item, alive);
      const row = { key: item.client_id, kind: "message own", item: { ...item, tries: 0 }, state };
      add(row, new Date(item.made).toISOString(), "visitor");
    }
    const last = rows.findLast(({ kind }) => kind === "message own");
    if (last) {
      last.isLast = true;
    }
    return rows;
  }

  #draw(drawn, row) {
    const { element } = drawn;
    if (row.kind === "message own" || row.kind === "message theirs") {
      this.#drawMessage(drawn, row);
    } else {
      const text = h("span");
      showText(text, row.text ?? row.message.text);
      element.replaceChildren(text);
    }
  }

  #drawMessage(drawn, row) {
    const { element } = drawn;
    const { message, item, state } = row;
    const said = message ?? item;
    const isOwn = row.kind === "message own";
    const name = isOwn ? T.you : message.name || T.laboratory;
    const body = JSON.stringify([said.text, said.deleted, said.attachments?.length, name]);
    if (!drawn.parts) {
      drawn.parts = { bubble: h("div", { class: "bubble" }), meta: h("div", { class: "meta" }) };
      // States change again and again; only the message itself is worth announcing.
      drawn.parts.meta.setAttribute("aria-live", "off");
      element.append(drawn.parts.bubble, drawn.parts.meta);
    }
    const { bubble, meta } = drawn.parts;
    element.classList.toggle("goes-on", row.goesOn);
    element.classList.toggle("failed", state === "failed");
    if (drawn.body !== body) {
      drawn.body = body;
      bubble.replaceChildren(
        h("span", { class: isOwn || row.goesOn ? "sr" : "name" }, h("bdi", {}, name)),
        h("span", { class: "sr" }, `, ${timeOf(row.at)}: `),
        ...this.#content(said),
      );
    }
    const words = [h("time", { datetime: row.at }, timeOf(row.at))];
    if (said.edited && !said.deleted) {
      words.push(h("span", {}, T.edited));
    }
    if (isOwn && !said.deleted) {
      const shown = row.isLast || ["failed", "waiting", "withdrawn"].includes(state);
      words.push(
        h(
          "span",
          { class: `state ${state}` },
          icon(STATE_ICONS[state]),
          h("span", { class: shown ? "" : "sr" }, T.states[state]),
        ),
      );
    }
    meta.hidden = Boolean(row.timeless);
    keepFocus(
      () => meta,
      () => meta.replaceChildren(...words, ...this.#actions(row)),
    );
  }

  #content(said) {
    if (said.deleted) {
      return [h("p", { class: "gone" }, T.deleted)];
    }
    const files = (said.attachments ?? said.files ?? []).map((file) => {
      const size = sizeName(file.size);
      const label = [icon("file"), h("span", { class: "file-name" }, h("bdi", {}, file.name)), size];
      return file.url
        ? h("a", { class: "file", href: file.url, download: "" }, h("span", { class: "sr" }, T.download), label)
        : h("span", { class: "file" }, label);
    });
    return [said.text ? showText(h("p"), said.text) : null, ...files].filter(Boolean);
  }

  #actions({ message, item, state, acts, changes, acting, asking }) {
    if (state === "failed") {
      const { code, detail } = item.error ?? {};
      return [
        h("p", { class: "why" }, T.failures[code] ?? detail ?? ""),
        h(
          "div",
          { class: "acts" },
          button(T.resend, () => this.#settle("resend", item)),
          button(T.mend, () => this.#does.mend(item)),
          button(T.takeBack, () => this.#settle("takeBack", item)),
        ),
      ];
    }
    if (state === "waiting") {
      return [button(T.takeBack, () => this.#settle("takeBack", item))];
    }
    if (!acts) {
      return [];
    }
    const toggle = iconButton("more", T.actions, () => this.#act(acting ? null : message.id), {
      class: "icon-button small",
      "aria-expanded": String(acting),
    });
    if (!acting) {
      return [toggle];
    }
    const choices = asking
      ? [
          h("span", {}, T.removeSure),
          button(T.remove, () => this.#do("remove", message), { class: "quiet bad" }),
          button(T.keep, () => this.#act(null, message.id)),
        ]
      : [
          message.text && changes ? button(T.edit, () => this.#do("edit", message)) : null,
          button(T.remove, () => this.#act(message.id, message.id, true)),
        ].filter(Boolean);
    return [toggle, h("div", { class: "acts" }, ...choices)];
  }

  /** The button goes away with what it does; the focus must not go with it. */
  #settle(what, item) {
    this.scroller.focus();
    this.#session[what](item.client_id);
  }

  #do(what, message) {
    this.#act(null);
    this.#does[what](message);
  }

  /** Open or shut the actions of a message; the focus stays with them. */
  #act(id, focusOn = id, asking = false) {
    this.#acting = id;
    this.#asking = asking;
    this.render();
    const message = this.#session.store.messages.get(focusOn);
    const element = message && this.#rows.get(message.client_id)?.element;
    const first = element?.querySelector(asking ? ".acts .bad" : ".acts button");
    (first ?? element?.querySelector(".icon-button"))?.focus();
  }
}
