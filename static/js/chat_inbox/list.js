// The left pane: queues, search, filters, rows.

import { dayKey, dayName, timeOf } from "../chat/time.js";
import { waitingClock } from "./clock.js";
import { QUEUES } from "./queue.js";
import { T } from "./texts.js";
import { field, fill, h, ibutton, newId, wbutton, wicon } from "./ui.js";

const SEARCH_PAUSE = 300;
const COUNTED = 100;

const counted = (number) => (number >= COUNTED ? "99+" : String(number));

/** «09:12» today, «3 марта» before. */
const when = (moment) =>
  dayKey(moment) === dayKey(new Date()) ? timeOf(moment) : dayName(moment);

export class ListPane {
  #desk;
  #onOpen;
  #queues = new Map();
  #rows;
  #status;
  #filterForm;
  #filterButton;
  #timer = 0;
  #isPressed = false;

  /** `onOpen(number, seq)` is called when a row is chosen. */
  constructor(desk, onOpen) {
    this.#desk = desk;
    this.#onOpen = onOpen;
    this.search = h("input", {
      type: "search",
      id: newId("search"),
      placeholder: T.search,
      "aria-label": T.search,
      maxlength: 200,
      oninput: () => this.#typed(),
      onkeydown: (event) => this.#searchKey(event),
    });
    this.#filterButton = ibutton("sliders", T.filters, () => this.#toggleFilters(), {
      "aria-expanded": "false",
    });
    this.#status = h("p", { class: "ci-list__status", role: "status" });
    this.#rows = h("div", { class: "ci-rows" });
    this.element = h(
      "section",
      { class: "ci-list", "aria-label": T.list },
      h("div", { class: "ci-queues", role: "group", "aria-label": T.queues }, this.#queueButtons()),
      h("div", { class: "ci-search", role: "search" }, wicon("search"), this.search, this.#filterButton),
      (this.#filterForm = h("div", { class: "ci-filters", hidden: true })),
      this.#status,
      this.#rows,
    );
    desk.on("list opened opening", () => this.draw());
    this.#rows.addEventListener("keydown", (event) => this.#rowKey(event));
    this.#rows.addEventListener("pointerdown", () => this.#press());
  }

  #queueButtons() {
    const buttons = QUEUES.map((queue) => {
      const number = h("span", { class: "ci-count" });
      const button = h(
        "button",
        { type: "button", class: "ci-queue", onclick: () => this.chooseQueue(queue) },
        T.queue[queue],
        number,
      );
      this.#queues.set(queue, { button, number });
      return button;
    });
    const common = h(
      "button",
      { type: "button", class: "ci-queue", onclick: () => this.#openCommon() },
      T.common,
    );
    return [...buttons, common];
  }

  async #openCommon() {
    this.#onOpen((await this.#desk.common()).number);
  }

  /** Show another queue. */
  chooseQueue(queue) {
    this.search.value = "";
    this.#desk.choose({ queue });
  }

  // --- Search and filters ----------------------------------------------------------------------

  #typed() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#desk.search(this.search.value.trim()), SEARCH_PAUSE);
  }

  #searchKey(event) {
    if (event.key === "Escape" && this.search.value) {
      event.stopPropagation();
      this.search.value = "";
      this.#typed();
    } else if (event.key === "ArrowDown") {
      event.preventDefault();
      this.step(1);
    }
  }

  #toggleFilters() {
    const shown = this.#filterForm.hidden;
    this.#filterButton.setAttribute("aria-expanded", String(shown));
    if (!shown) {
      this.#filterForm.hidden = true;
      return;
    }
    const { config, queue } = this.#desk;
    const { filters } = queue;
    const option = (value, words, chosen) =>
      h("option", { value, selected: String(value) === String(chosen) }, words);
    const operator = h(
      "select",
      {},
      option("", T.filterAny, filters.operator),
      config.operators.map(({ id, name }) => option(id, name, filters.operator)),
    );
    const topic = h(
      "select",
      {},
      option("", T.filterAnyTopic, filters.topic),
      config.topics.map((name) => option(name, name, filters.topic)),
    );
    const page = h("input", { type: "text", value: filters.page, maxlength: 500 });
    const apply = (event) => {
      event.preventDefault();
      this.filter({ operator: operator.value, topic: topic.value, page: pathOf(page.value) });
    };
    fill(
      this.#filterForm,
      h(
        "form",
        { onsubmit: apply },
        field(T.filterOperator, operator),
        field(T.filterTopic, topic),
        field(T.filterPage, page, T.filterPageHint),
        h(
          "div",
          { class: "ci-buttons" },
          h("button", { type: "submit", class: "button button-small" }, T.filterApply),
          wbutton(T.filterReset, () => this.filter({ operator: "", topic: "", page: "" })),
        ),
      ),
    );
    operator.focus();
  }

  /** Narrow the list. */
  filter(filters, queue = this.#desk.queue.name) {
    this.#filterForm.hidden = true;
    this.#filterButton.setAttribute("aria-expanded", "false");
    this.search.value = "";
    this.#desk.choose({ filters, queue });
  }

  // --- Rows ------------------------------------------------------------------------------------

  /** Draw what the desk knows; the focus stays on the row it is on. */
  draw() {
    const desk = this.#desk;
    if (this.#isPressed) {
      return;
    }
    for (const [queue, { button, number }] of this.#queues) {
      button.setAttribute("aria-pressed", String(queue === desk.queue.name && !desk.results));
      number.textContent = desk.counts[queue] ? counted(desk.counts[queue]) : "";
    }
    this.#filterButton.classList.toggle("ci-icon--on", desk.queue.isFiltered);
    const focused = this.#rows.contains(document.activeElement)
      ? document.activeElement.dataset.key
      : null;
    const top = this.#rows.scrollTop;
    this.#rows.replaceChildren(...(desk.results ? this.#found() : this.#queue()));
    this.#rows.scrollTop = top;
    if (focused) {
      this.#rows.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
    }
    this.#status.textContent = this.#word();
    this.#status.hidden = !this.#status.textContent;
  }

  /** Until a press has ended nothing is drawn: it ends on the row on which it began. */
  #press() {
    this.#isPressed = true;
    const signs = new AbortController();
    const release = () => {
      signs.abort();
      // The click comes after this.
      setTimeout(() => {
        this.#isPressed = false;
        this.draw();
      });
    };
    for (const sign of ["pointerup", "pointercancel"]) {
      addEventListener(sign, release, { capture: true, signal: signs.signal });
    }
  }

  #word() {
    const desk = this.#desk;
    const listed = desk.results ? desk.results.threads.length + desk.results.hits.length : desk.queue.rows.size;
    if (desk.listTrouble && desk.listTrouble.detail) {
      return desk.listTrouble.detail;
    }
    if (listed) {
      return desk.queue.isFiltered && !desk.results ? T.filtered : "";
    }
    if (desk.loadingList) {
      return T.loading;
    }
    if (desk.results) {
      return T.searchNothing;
    }
    return desk.queue.isFiltered ? T.emptyFiltered : T.empty[desk.queue.name];
  }

  #queue() {
    const { listed, next } = this.#desk.queue;
    const list = h("ul", {}, listed.map((row) => h("li", {}, this.#row(row))));
    return [list, next ? this.#moreButton(() => this.#desk.loadMore()) : null].filter(Boolean);
  }

  #found() {
    const { threads, hits, next } = this.#desk.results;
    return [
      threads.length ? h("h2", {}, T.searchPeople) : null,
      threads.length ? h("ul", {}, threads.map((row) => h("li", {}, this.#row(row)))) : null,
      hits.length ? h("h2", {}, T.searchHits) : null,
      hits.length ? h("ul", {}, hits.map((hit) => h("li", {}, this.#hit(hit)))) : null,
      next ? this.#moreButton(() => this.#desk.searchMore()) : null,
    ].filter(Boolean);
  }

  #moreButton(load) {
    const button = wbutton(T.more, () => {
      button.disabled = true;
      load().catch(() => {
        button.disabled = false;
      });
    });
    return h("div", { class: "ci-rows__more" }, button);
  }

  #link(number, seq, key, inside, rest = {}) {
    const current = number === (this.#desk.opening ?? this.#desk.open?.number);
    return h(
      "a",
      {
        class: "ci-row",
        href: `?thread=${number}`,
        "data-key": key,
        "aria-current": current && seq === null ? "true" : null,
        onclick: (event) => {
          if (!event.metaKey && !event.ctrlKey && !event.shiftKey) {
            event.preventDefault();
            this.#onOpen(number, seq);
          }
        },
        ...rest,
      },
      ...inside,
    );
  }

  #row(row) {
    const { preview } = row;
    const name = row.common ? T.common : row.name || T.nobody;
    const inside = [
      h(
        "span",
        { class: "ci-row__head" },
        h("span", { class: "ci-row__name", dir: "auto" }, name),
        h("span", { class: "ci-row__number" }, T.number(row.number)),
        row.waiting_since
          ? waitingClock(row.waiting_since)
          : row.last_message_at
            ? h("time", { class: "ci-row__when", datetime: row.last_message_at }, when(row.last_message_at))
            : null,
      ),
      h(
        "span",
        { class: "ci-row__line" },
        h("span", { class: "ci-row__text", dir: "auto" }, this.#preview(preview)),
        row.unread
          ? h(
              "span",
              { class: "ci-count" },
              h("span", { "aria-hidden": "true" }, counted(row.unread)),
              h("span", { class: "w-sr-only" }, T.unread(row.unread)),
            )
          : null,
      ),
      h("span", { class: "ci-row__tags" }, this.#tags(row)),
    ];
    return this.#link(row.number, null, `t${row.number}`, inside, {
      "data-unread": row.unread ? "true" : null,
    });
  }

  #preview(preview) {
    if (!preview) {
      return "";
    }
    const text = preview.deleted ? T.deleted : preview.text;
    if (preview.kind === "note") {
      return [wicon("lock"), `${T.noteWord}: ${text}`];
    }
    if (preview.sender === "operator") {
      return `${preview.author === this.#desk.room.user ? T.you : preview.name}: ${text}`;
    }
    return text;
  }

  #tags(row) {
    const mine = row.assignee?.id === this.#desk.room.user;
    const tag = (words, kind = "") => h("span", { class: `ci-tag ${kind}`, dir: "auto" }, words);
    return [
      row.draft ? tag(T.draft, "ci-tag--draft") : null,
      row.topic ? tag(row.topic) : null,
      row.channel === "vk" ? tag("ВК") : null,
      row.status === "closed" ? tag(T.closed) : null,
      row.assignee ? tag(mine ? T.takenByMe : row.assignee.name) : null,
    ];
  }

  #hit(hit) {
    const who = hit.sender === "operator" ? hit.author : "";
    const inside = [
      h(
        "span",
        { class: "ci-row__head" },
        h("span", { class: "ci-row__name", dir: "auto" }, hit.common ? T.common : hit.name || T.nobody),
        h("span", { class: "ci-row__number" }, T.number(hit.number)),
        h("time", { class: "ci-row__when", datetime: hit.at }, when(hit.at)),
      ),
      h(
        "span",
        { class: "ci-row__line ci-row__line--hit", dir: "auto" },
        hit.kind === "note" ? wicon("lock") : null,
        who ? `${who}: ` : null,
        hit.pieces.map(([text, found]) => (found ? h("mark", {}, text) : text)),
      ),
    ];
    return this.#link(hit.number, hit.seq, `m${hit.number}-${hit.seq}`, inside);
  }

  // --- Keyboard --------------------------------------------------------------------------------

  get #links() {
    return [...this.#rows.querySelectorAll("a.ci-row")];
  }

  /** Move the focus to the next (1) or previous (-1) row. */
  step(direction) {
    const links = this.#links;
    let at = links.indexOf(document.activeElement);
    if (at < 0) {
      at = links.findIndex((link) => link.getAttribute("aria-current"));
    }
    const next = at < 0 ? (direction > 0 ? 0 : links.length - 1) : at + direction;
    links[Math.max(0, Math.min(links.length - 1, next))]?.focus();
  }

  /** Put the focus on the open row, or on the first one. */
  focus() {
    const links = this.#links;
    (links.find((link) => link.getAttribute("aria-current")) ?? links[0] ?? this.search).focus();
  }

  #rowKey(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && event.target.closest("a.ci-row")) {
      event.preventDefault();
      this.step(step);
    }
  }
}

/** The path of an address of the site, however it was pasted. */
function pathOf(text) {
  const trimmed = text.trim();
  if (!trimmed) {
    return "";
  }
  try {
    return decodeURI(new URL(trimmed, location.origin).pathname);
  } catch {
    return trimmed;
  }
}
