// The right pane: who writes, from where, what they agreed to, how it went before.

import { dayName, timeOf } from "../chat/time.js";
import { longTime, T } from "./texts.js";
import { fill, h, ibutton, wbutton } from "./ui.js";

const at = (moment) => `${dayName(moment)}, ${timeOf(moment)}`;

/** Say whether a path, as a browser reads it, stays on this site: «/\host» does not. */
function isOwn(url) {
  return (
    url.startsWith("/") &&
    URL.canParse(url, location.href) &&
    new URL(url, location.href).origin === location.origin
  );
}

export class PatientPane {
  #desk;
  #actions;
  #onFilter;
  #onHide;
  #shownFace = null;

  /** `onFilter(filters, queue)` narrows the list, `onHide()` closes the pane. */
  constructor(desk, actions, { onFilter, onHide }) {
    this.#desk = desk;
    this.#actions = actions;
    this.#onFilter = onFilter;
    this.#onHide = onHide;
    this.element = h("aside", { class: "ci-info", "aria-label": T.info });
    desk.on("opened open", () => this.draw());
  }

  focus() {
    this.element.querySelector("h2")?.focus();
  }

  draw() {
    const { thread } = this.#desk;
    if (!thread) {
      this.element.replaceChildren();
      return;
    }
    fill(
      this.element,
      h(
        "header",
        { class: "ci-info__head" },
        h("h2", { tabindex: -1 }, T.info),
        ibutton("cross", T.infoHide, this.#onHide),
      ),
      thread.picture ? this.#face(thread.number) : null,
      thread.common ? h("p", { class: "ci-hint" }, T.commonHint) : this.#facts(thread),
      thread.common ? null : this.#history(thread),
      thread.common ? null : this.#managing(thread),
    );
  }

  /** The same element while a dialogue is open: its picture is fetched once. */
  #face(number) {
    const src = `${this.#desk.room.api}threads/${number}/picture/`;
    if (this.#shownFace?.getAttribute("src") !== src) {
      this.#shownFace = h("img", { class: "ci-face", src, alt: "", width: 72, height: 72 });
    }
    return this.#shownFace;
  }

  #facts(thread) {
    const lines = [
      [T.contact, thread.name || T.none],
      [T.email, thread.email || T.none],
      [T.account, thread.account ? `${thread.account.name} ${thread.account.email ?? ""}`.trim() : null],
      [T.topic, thread.topic || null],
      [T.page, thread.page ? this.#page(thread.page) : null],
      [T.channel, T.channels[thread.channel]],
      [T.begun, at(thread.begun)],
      [T.seen, thread.seen ? at(thread.seen) : null],
      [
        T.consent,
        thread.consents.length
          ? thread.consents.map((one) => h("p", {}, T.consentLine(one.version, at(one.at))))
          : null,
      ],
    ];
    return h(
      "dl",
      { class: "ci-facts" },
      lines
        .filter(([, value]) => value)
        .map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", { dir: "auto" }, value))),
    );
  }

  #page(page) {
    const words = page.title || page.url;
    const show = () => this.#onFilter({ operator: "", topic: "", page: page.url }, "open");
    return [
      isOwn(page.url) ? h("a", { href: page.url, target: "_blank", rel: "noopener" }, words) : words,
      h("p", {}, h("button", { type: "button", class: "ci-link", onclick: show }, T.samePage)),
    ];
  }

  #history(thread) {
    const { ratings, waits } = thread;
    return [
      ratings.length
        ? h(
            "section",
            {},
            h("h3", {}, T.ratings),
            ratings.map((rating) =>
              h(
                "div",
                { class: "ci-fact" },
                h("p", {}, `${T.ratingLine(rating.score)} · ${at(rating.at)}`),
                rating.comment ? h("p", { dir: "auto" }, rating.comment) : null,
              ),
            ),
          )
        : null,
      waits.length
        ? h(
            "section",
            {},
            h("h3", {}, T.waitsTitle),
            h(
              "ul",
              { class: "ci-waits" },
              waits.map((wait) => {
                const seconds = (Date.parse(wait.to) - Date.parse(wait.from)) / 1000;
                const who = wait.answered ? wait.operator : T.waitMissed;
                const words = [at(wait.from), T.waitLine(longTime(seconds)), who];
                return h("li", {}, words.filter(Boolean).join(" · "));
              }),
            ),
          )
        : null,
    ].filter(Boolean);
  }

  #managing(thread) {
    if (!this.#desk.config.manager) {
      return thread.block ? this.#block(thread.block) : null;
    }
    const act = this.#actions;
    return h(
      "section",
      { class: "ci-manage" },
      thread.block ? this.#block(thread.block) : null,
      thread.block
        ? wbutton(T.unblock, () => act.unblock())
        : wbutton(T.block, () => act.block(), { icon: "no-view" }),
      wbutton(T.merge, () => act.merge(), { icon: "arrow-right-full" }),
    );
  }

  #block(block) {
    return h(
      "p",
      { class: "ci-blocked", dir: "auto" },
      [`${T.blocked}: ${at(block.until)}`, block.reason, block.by].filter(Boolean).join(" · "),
    );
  }
}
