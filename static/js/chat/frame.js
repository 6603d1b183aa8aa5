// The chat's panel: the frame around conversation and composer, and what the launcher talks to.

import { ask, field, tick } from "./ask.js";
import { Composer } from "./composer.js";
import { button, fill, h, icon, iconButton } from "./dom.js";
import { Log } from "./log.js";
import { Session } from "./session.js";
import { chime, setSound, wantsSound } from "./sound.js";
import { STYLE } from "./style.js";
import { Tail } from "./tail.js";
import { T } from "./texts.js";
import { showText } from "./text.js";

const PHONE = "(max-width: 599.98px), (max-height: 439.98px)";
const BAR_AFTER = 1500;
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

/** Whether somebody can see an element; older Safari cannot tell, and has it shown. */
const isShown = (element) => element.checkVisibility?.() ?? true;

class Panel {
  #root;
  #session;
  #options;
  #opener = null;
  #isOpen = false;
  #phone = matchMedia(PHONE);
  #sized = new CSSStyleSheet();
  #still = new CSSStyleSheet();
  #due = false;
  #sayTimer = 0;
  #barTimer = 0;
  #barShown = false;
  /** Messages whose failure was told already. */
  #failed = new Set();

  #status = h("p", { class: "status" });
  #title = h("h2", { id: "kdl-title" });
  #bar = h("div", { class: "bar", role: "status" });
  #whoTypes = h("div", { class: "sr", role: "status" });
  #alert = h("div", { class: "alert", role: "alert" });
  #intro = h("div", { class: "intro" });
  #notice = h("p", { class: "notice", hidden: true });
  #trouble = h("div", { class: "trouble", hidden: true });
  #menu = h("div", { class: "menu", id: "kdl-menu", hidden: true });
  #menuButton = iconButton("more", T.menu, () => this.#toggleMenu(), {
    "aria-expanded": "false",
    "aria-controls": "kdl-menu",
  });

  constructor(options) {
    this.#options = options;
    this.#root = options.root;
    this.#still.replaceSync("html { overflow: hidden }");
    this.#session = new Session(`${options.href}api/`);
    this.tail = new Tail(this.#session, () => this.#askContact(), (text) => this.#say(text));
    this.composer = new Composer(this.#session, options.page, (text) => this.#say(text));
    this.log = new Log(this.#session, this.#intro, this.tail.element, {
      edit: (message) => this.composer.edit(message),
      mend: (item) => this.composer.mend(item),
      remove: (message) => this.#remove(message),
      moved: () => this.#schedule(),
    });
    this.#build();
    this.#session.listen((fresh) => this.#onChange(fresh));
    this.#session.load();
  }

  #build() {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    this.#root.adoptedStyleSheets = [...this.#root.adoptedStyleSheets, sheet, this.#sized];
    this.dialog = h(
      "dialog",
      {
        class: `panel ${this.#options.side}`,
        "aria-labelledby": this.#title.id,
        onkeydown: (event) => this.#onKey(event),
        oncancel: (event) => {
          // Of a modal window Esc is the browser's; what it ends is ours to say.
          event.preventDefault();
          if (event.target === this.dialog) {
            this.#escape();
          }
        },
        onclick: (event) => this.#closeMenu(event),
        onfocusout: (event) => this.#closeMenu(event),
      },
      h(
        "div",
        { class: "head" },
        h("span", { class: "mark-of-lab" }, icon("drop")),
        h("div", { class: "names" }, this.#title, this.#status),
        this.#menuButton,
        iconButton("close", T.close, () => this.close()),
        this.#menu,
      ),
      this.#bar,
      this.#whoTypes,
      this.log.element,
      this.#trouble,
      this.#alert,
      this.composer.element,
      this.#notice,
    );
    this.#root.append(this.dialog);
    this.#phone.addEventListener("change", () => this.#isOpen && this.#show());
    visualViewport?.addEventListener("resize", () => this.#fit());
    visualViewport?.addEventListener("scroll", () => this.#fit());
    document.addEventListener("visibilitychange", () => this.#schedule());
  }

  // --- Open and shut -----------------------------------------------------------------------------

  /** Show the panel, perhaps with a text begun for the patient. */
  open({ opener = null, text = "", topic = "" } = {}) {
    this.composer.suggest({ text, topic });
    if (!this.#isOpen) {
      this.#isOpen = true;
      this.#opener = opener;
      this.#render();
      this.#show();
      this.log.open();
      this.#options.onOpen(true);
      this.#session.busy();
      this.#session.wake();
    }
    this.composer.focus();
    this.#render();
    this.#tellFailures();
  }

  close() {
    if (!this.#isOpen) {
      return;
    }
    this.#isOpen = false;
    this.log.close();
    this.dialog.close();
    this.#lock(false);
    this.#options.onOpen(false);
    this.#render();
    const back = this.#opener?.isConnected && isShown(this.#opener) ? this.#opener : null;
    (back ?? this.#options.launcher).focus();
  }

  /** Beside the page at a desk, over all of it on a phone; again when the window changes. */
  #show() {
    const focused = this.#root.activeElement;
    const modal = this.#phone.matches;
    if (this.dialog.open) {
      this.dialog.close();
    }
    this.dialog.classList.toggle("full", modal);
    modal ? this.dialog.showModal() : this.dialog.show();
    this.#lock(modal);
    this.#fit();
    focused?.focus();
  }

  #lock(on) {
    const others = document.adoptedStyleSheets.filter((sheet) => sheet !== this.#still);
    document.adoptedStyleSheets = on ? [...others, this.#still] : others;
  }

  /** A phone's keyboard takes its part of the screen; the panel is what is left. */
  #fit() {
    const { height = innerHeight, offsetTop = 0, scale = 1 } = visualViewport ?? {};
    const rule = `.panel.full { height: ${height}px; top: ${offsetTop}px }`;
    this.#sized.replaceSync(this.#isOpen && this.#phone.matches && scale === 1 ? rule : "");
  }

  #onKey(event) {
    if (event.key === "Escape" && !this.#phone.matches) {
      event.stopPropagation();
      this.#escape();
    }
  }

  #escape() {
    if (!this.#menu.hidden) {
      this.#toggleMenu(false);
      this.#menuButton.focus();
    } else if (!this.log.cancel() && !this.composer.cancel()) {
      this.close();
    }
  }

  // --- Menu ----------------------------------------------------------------------------------------

  #toggleMenu(open = this.#menu.hidden) {
    this.#menuButton.setAttribute("aria-expanded", String(open));
    fill(this.#menu, open ? this.#choices() : []);
    this.#menu.querySelector("button, a")?.focus();
  }

  #closeMenu({ type, target, relatedTarget }) {
    const to = type === "click" ? target : relatedTarget;
    const away = to && !this.#menu.contains(to) && !this.#menuButton.contains(to);
    if (away && !this.#menu.hidden) {
      this.#toggleMenu(false);
    }
  }

  #choices() {
    const { store, forgetful } = this.#session;
    const choice = (name, label, act) =>
      h("button", { type: "button", onclick: () => this.#choose(act) }, icon(name), label);
    const sound = wantsSound();
    const choices = [choice("sound", sound ? T.soundOff : T.soundOn, () => setSound(!sound))];
    if (store.thread && !forgetful) {
      choices.push(
        choice("person", T.contactChange, () => this.#askContact()),
        h("a", { href: `${this.#options.href}api/transcript/`, download: "" }, icon("download"), T.transcript),
        choice("forget", T.forget, () => this.#askForget()),
      );
    }
    return choices;
  }

  #choose(act) {
    this.#toggleMenu(false);
    this.#menuButton.focus();
    act();
  }

  async #askContact() {
    const { contact } = this.#session.store.thread;
    const name = field(T.name, { autocomplete: "name", maxlength: "80", value: contact.name });
    const email = field(T.email, { type: "email", autocomplete: "email", maxlength: "254" });
    const drop = tick(T.emailDrop);
    await ask(this.dialog, {
      title: T.contactTitle,
      lead: contact.email ? T.emailKept : T.contactLead,
      fields: [name.element, email.element, ...(contact.email ? [drop.element] : [])],
      yes: T.save,
      act: async () => {
        const address = email.input.value.trim();
        if (address && !EMAIL.test(address)) {
          email.input.focus();
          throw { detail: T.emailWrong };
        }
        const chosen = drop.input.checked ? "" : address || undefined;
        await this.#session.setContact(name.input.value.trim(), chosen);
      },
      wrong: (error) => error.detail || T.actionFailed,
    });
    this.#render();
  }

  async #askForget() {
    const done = await ask(this.dialog, {
      title: T.forgetTitle,
      lead: T.forgetLead,
      yes: T.forgetYes,
      danger: true,
      act: () => this.#session.forget(),
      wrong: (error) => error.detail || T.forgetFailed,
    });
    if (done) {
      this.composer.clear();
      this.composer.focus();
      this.#say(T.forgotten);
    }
  }

  async #remove(message) {
    try {
      await this.#session.remove(message);
    } catch (error) {
      this.#say(error.detail || T.actionFailed);
    }
    this.composer.focus();
  }

  // --- Drawing -------------------------------------------------------------------------------------

  #onChange(fresh) {
    const answers = fresh.filter(({ sender }) => sender === "operator");
    const seen = this.#isOpen && document.visibilityState === "visible";
    if (answers.length && !seen && wantsSound() && this.#session.leads) {
      chime();
    }
    this.#tellFailures();
    this.#schedule();
  }

  /** Say why something was not sent, once, and not to a panel that nobody sees. */
  #tellFailures() {
    for (const item of this.#isOpen ? this.#session.pending : []) {
      if (item.state === "failed" && !this.#failed.has(item.client_id)) {
        this.#failed.add(item.client_id);
        this.#say(`${T.failed} ${T.failures[item.error?.code] ?? item.error?.detail ?? ""}`);
      } else if (item.state !== "failed") {
        this.#failed.delete(item.client_id);
      }
    }
  }

  #schedule() {
    if (!this.#due) {
      this.#due = true;
      queueMicrotask(() => {
        this.#due = false;
        this.#render();
      });
    }
  }

  #render() {
    const { config, trouble, unread } = this.#session;
    this.#options.onUnread(unread, this.#session.pending.some(({ state }) => state === "failed"));
    this.#countInTitle(unread);
    if (!this.#isOpen) {
      this.#session.reading = false;
      return;
    }
    this.#title.textContent = config?.widget?.title ?? this.#options.title;
    this.#drawStatus(config?.hours);
    this.#drawIntro();
    this.#drawTrouble(config, trouble);
    fill(this.#notice, config?.widget?.notice || null);
    this.#drawBar();
    this.composer.render();
    this.tail.render();
    this.log.render();
    this.#whoTypes.textContent = this.#session.typing ? T.typing(this.#session.typing) : "";
    const reading = document.visibilityState === "visible" && this.log.atEnd;
    if (reading !== this.#session.reading) {
      this.#session.reading = reading;
      this.#session.mark();
    }
  }

  #countInTitle(unread) {
    const plain = document.title.replace(/^\(\d+\) /, "");
    const title = unread ? `(${unread}) ${plain}` : plain;
    if (document.title !== title) {
      document.title = title;
    }
  }

  #drawStatus(hours) {
    const { typing } = this.#session;
    let words = "";
    if (hours?.open) {
      words = [`${T.open} ${hours.text}`.trim(), hours.reply].filter(Boolean).join(", ");
    } else if (hours) {
      words = [T.away, hours.text].filter(Boolean).join(", ");
    }
    this.#status.textContent = typing ? T.typing(typing) : words;
    this.#status.classList.toggle("is-open", Boolean(hours?.open));
    this.#status.hidden = !words;
  }

  #drawIntro() {
    const { widget, hours } = this.#session.config ?? {};
    const parts = widget
      ? [hours?.open === false && widget.away ? widget.away : widget.greeting, widget.emergency]
      : [];
    const signature = JSON.stringify(parts);
    if (this.#intro.dataset.shown !== signature) {
      this.#intro.dataset.shown = signature;
      const shown = parts.map((text, place) =>
        text ? showText(h("p", { class: place ? "emergency" : "greeting" }), text) : null,
      );
      fill(this.#intro, shown);
    }
  }

  /** What stands in the way of the conversation, in place of the composer or above it. */
  #drawTrouble(config, trouble) {
    const { forgetful } = this.#session;
    const off = config && !config.widget;
    let text = "";
    if (!config) {
      text = trouble ? T.unreachable : T.loading;
    } else if (off) {
      text = T.off;
    } else if (forgetful) {
      text = T.cookieless;
    }
    const signature = `${text} ${Boolean(trouble)}`;
    if (this.#trouble.dataset.shown !== signature) {
      this.#trouble.dataset.shown = signature;
      const wants = text && text !== T.loading;
      fill(
        this.#trouble,
        text ? h("p", {}, text) : null,
        wants ? this.#phoneLink() : null,
        !config && trouble ? button(T.again, () => this.#session.wake(true), { class: "solid" }) : null,
      );
    }
  }

  #phoneLink() {
    const phone = this.#session.config?.widget?.phone ?? this.#options.phone;
    const href = `tel:${phone?.replace(/[^\d+]/g, "")}`;
    return phone && h("a", { class: "solid", href }, T.call(phone));
  }

  /** A short break is nobody's worry; only one that lasts is told. */
  #drawBar() {
    const { alive } = this.#session;
    if (alive) {
      clearTimeout(this.#barTimer);
      this.#barTimer = 0;
      this.#barShown = false;
    } else if (!this.#barTimer) {
      const wait = navigator.onLine ? BAR_AFTER : 0;
      this.#barTimer = setTimeout(() => {
        this.#barShown = true;
        this.#render();
      }, wait);
    }
    const text = this.#barShown && !alive ? (navigator.onLine ? T.lost : T.offline) : "";
    if (this.#bar.textContent !== text) {
      this.#bar.textContent = text;
    }
  }

  /** Say what went wrong, aloud to a screen reader, for a while to everybody. */
  #say(text) {
    clearTimeout(this.#sayTimer);
    this.#alert.textContent = text;
    this.#sayTimer = setTimeout(() => {
      this.#alert.textContent = "";
    }, 8000);
  }
}

/**
 * Start the chat in a shadow root. `options`: `root`, `launcher` (gets the focus back), `href` (the
 * chat's address), `page` (`{url, title}`), `title`, `side`, `phone` (to call where the chat cannot
 * be reached), `onUnread(number, hasFailed)` and `onOpen(is)`.
 */
export function start(options) {
  return new Panel(options);
}
