// The chat's launcher: <kdl-chat>, a button that floats over every page. It asks the server for nothing
// until somebody reaches for it, unless this browser has a dialogue already. Without it, and where the
// browser is too old for it, the element is what stands inside: a link to the chat as a page.

const KEPT = "kdl-chat:";
const ICON =
  "M4 12a7.5 7 0 1 1 3.4 5.9L4 19l.9-3.2A7 7 0 0 1 4 12ZM8.5 12h.01M12 12h.01M15.5 12h.01";
const plural = new Intl.PluralRules("ru");
const UNREAD = { one: "непрочитанное сообщение", few: "непрочитанных сообщения" };

const style = new CSSStyleSheet();
style.replaceSync(`
:host { position: fixed; z-index: 60; bottom: calc(1rem + env(safe-area-inset-bottom)); right: calc(1rem + env(safe-area-inset-right));
  --brand: var(--primary); --on-brand: var(--on-primary); font: 500 1rem / 1.25 var(--font) }
:host([side=left]) { right: auto; left: calc(1rem + env(safe-area-inset-left)) }
:host([hidden]) { display: none }
.launcher, .launcher * { box-sizing: border-box }
.launcher { position: relative; display: flex; align-items: center; height: 3.75rem; max-width: calc(100vw - 2rem); padding: .4375rem; border: 1px solid var(--line);
  border-radius: 10rem; background: var(--surface); color: var(--ink); box-shadow: var(--shadow-2); font: inherit; letter-spacing: inherit; text-align: start; cursor: pointer;
  transition: transform 160ms ease-out; animation: come 240ms ease-out }
.launcher:hover { transform: translateY(-2px) }
.launcher:active { transform: scale(.97) }
.launcher:focus-visible { outline: 3px solid var(--primary); outline-offset: 2px }
.launcher[hidden] { display: none }
.launcher svg { flex: none; width: 2.75rem; height: 2.75rem; padding: .5625rem; border-radius: 50%; background: var(--brand); fill: none; stroke: var(--on-brand);
  stroke-width: 1.75; stroke-linecap: round; stroke-linejoin: round; transition: background-color 160ms ease-out }
.label { padding: 0 1rem 0 .75rem; overflow: hidden; text-overflow: ellipsis }
.short .label { display: none }
.badge { position: absolute; top: -.375rem; right: -.25rem; min-width: 1.5rem; padding: 0 .375rem; border: 2px solid var(--surface); border-radius: 10rem;
  background: var(--accent); color: var(--on-accent); font: 600 .8125rem / 1.25rem var(--font); text-align: center; font-variant-numeric: tabular-nums }
.badge:empty { display: none }
@supports (backdrop-filter: blur(1px)) {
  .launcher { background: color-mix(in srgb, var(--surface) 86%, transparent); backdrop-filter: blur(18px) saturate(1.5);
    border-color: var(--edge-above) var(--edge-below) var(--edge-below); box-shadow: inset 0 1px 0 var(--edge-above), 0 0 0 1px var(--edge-below), var(--shadow-2) }
}
@keyframes come { from { opacity: 0; transform: translateY(.5rem) } }
@media (prefers-reduced-transparency: reduce), (prefers-contrast: more), (forced-colors: active) {
  .launcher { background: var(--surface); backdrop-filter: none; border-color: var(--line-strong) }
}
@media (prefers-reduced-motion: reduce) { .launcher, .launcher svg { animation: none; transition: none } }
@media print { :host { display: none } }
`);

function hasDialogue() {
  try {
    return Object.keys(localStorage).some((key) => key.startsWith(KEPT));
  } catch {
    return false;
  }
}

class KdlChat extends HTMLElement {
  #button = document.createElement("button");
  #badge = document.createElement("span");
  #name = "";
  #chat = null;

  connectedCallback() {
    if (this.shadowRoot) {
      return;
    }
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [style, this.#colours()];
    this.#drawButton();
    root.append(this.#button);
    this.#button.addEventListener("click", () => this.open({ opener: this.#button }));
    for (const sign of ["pointerenter", "focus"]) {
      this.#button.addEventListener(sign, () => this.#load().catch(() => {}), { once: true });
    }
    document.addEventListener("click", (event) => this.#onPageClick(event));
    if (hasDialogue()) {
      const idle = globalThis.requestIdleCallback ?? ((run) => setTimeout(run, 1500));
      idle(() => this.#load().catch(() => {}));
    }
  }

  /** Open the chat, perhaps with a begun text; where the panel cannot be had, go to the page. */
  async open(options = {}) {
    let chat;
    try {
      chat = await this.#load();
    } catch {
      location.assign(this.#href);
      return;
    }
    chat.open(options);
  }

  get #href() {
    return this.getAttribute("href") || "/chat/";
  }

  #load() {
    this.#chat ??= import(this.getAttribute("src-panel"))
      .then(({ start }) => start(this.#options()))
      .catch((error) => {
        this.#chat = null;
        throw error;
      });
    return this.#chat;
  }

  #options() {
    const title = this.getAttribute("page-title");
    return {
      root: this.shadowRoot,
      launcher: this.#button,
      href: this.#href,
      page: title ? { url: location.pathname, title } : null,
      title: this.#name,
      phone: this.getAttribute("phone"),
      side: this.getAttribute("side") === "left" ? "left" : "right",
      onUnread: (number, hasFailed) => this.#showUnread(number, hasFailed),
      onOpen: (isOpen) => {
        this.#button.hidden = isOpen;
        this.#button.classList.add("short");
      },
    };
  }

  /** The accent is the name of a colour of the site's. */
  #colours() {
    const accent = this.getAttribute("accent") ?? "";
    const sheet = new CSSStyleSheet();
    if (/^[a-z][a-z-]*$/.test(accent)) {
      sheet.replaceSync(
        `:host { --brand: var(--${accent}, var(--primary)); --on-brand: var(--on-${accent}, var(--on-primary)) }`,
      );
    }
    return sheet;
  }

  #drawButton() {
    const label = document.createElement("span");
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    path.setAttribute("d", ICON);
    svg.append(path);
    this.#name = this.getAttribute("title") || "Чат";
    // As an attribute it would be a tooltip over everything inside.
    this.removeAttribute("title");
    label.className = "label";
    label.textContent = this.getAttribute("label") || this.#name;
    this.#badge.className = "badge";
    this.#badge.setAttribute("aria-hidden", "true");
    this.#button.type = "button";
    this.#button.className = "launcher";
    this.#button.setAttribute("aria-haspopup", "dialog");
    this.#button.append(svg, label, this.#badge);
    this.#showUnread(0);
    this.#shorten();
  }

  /** Whoever came from another page of ours has seen the label; whoever reads on needs the room. */
  #shorten() {
    const { classList } = this.#button;
    if (hasDialogue() || document.referrer.startsWith(`${location.origin}/`)) {
      classList.add("short");
    } else {
      addEventListener("scroll", () => classList.add("short"), { once: true, passive: true });
    }
  }

  #showUnread(number, hasFailed = false) {
    const label = this.#button.querySelector(".label").textContent;
    const noun = UNREAD[plural.select(number)] ?? "непрочитанных сообщений";
    const words = [label, number ? `${number} ${noun}` : "", hasFailed ? "сообщение не отправлено" : ""];
    this.#button.setAttribute("aria-label", words.filter(Boolean).join(", "));
    this.#badge.textContent = hasFailed ? "!" : number ? (number > 99 ? "99+" : number) : "";
  }

  /** Links of the page that lead to the chat open it here, unless another tab is wanted. */
  #onPageClick(event) {
    const link = event.target.closest?.("[data-chat-open]");
    const plain = !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.button;
    if (link && plain && !event.defaultPrevented) {
      event.preventDefault();
      const { chatText: text = "", chatTopic: topic = "" } = link.dataset;
      this.open({ opener: link, text, topic });
    }
  }
}

if ("adoptedStyleSheets" in Document.prototype && globalThis.HTMLDialogElement) {
  customElements.define("kdl-chat", KdlChat);
}
