// Where the patient writes: text, files, topic and page, consent. What stands here outlives the page
// (in this tab alone) and goes away only when it is safe in the outbox.

import { button, fill, h, icon, iconButton } from "./dom.js";
import { sensitiveKind } from "./sensitive.js";
import { keep, uuid } from "./storage.js";
import { T } from "./texts.js";
import { sizeName } from "./time.js";

const DRAFT = "kdl-chat:draft";
const TYPES = /\.(jpe?g|png|heic|heif|pdf)$/i;
const ACCEPT = ".jpg,.jpeg,.png,.heic,.heif,.pdf";
const LONG = 300;

const lengthOf = (text) => [...text.trim()].length;

export class Composer {
  #session;
  #say;
  #kept = keep("sessionStorage");
  #page;
  #topic = "";
  #files = [];
  /** The stored message that is being changed, or the unsent one that is being mended. */
  #editing = null;
  #mending = null;
  /** What was begun before that. */
  #begun = null;

  #above = h("div", { class: "above", hidden: true });
  #topics = h("div", { class: "topics", role: "group", "aria-label": T.topics, hidden: true });
  #about = h("div", { class: "about", hidden: true });
  #list = h("ul", { class: "files", "aria-label": T.files, hidden: true });
  #warning = h("p", { class: "warning", role: "status", hidden: true });
  #problem = h("p", { class: "problem", id: "kdl-problem", hidden: true });
  #consent = h("div", { class: "consent", hidden: true });
  #text = h("textarea", {
    rows: "1",
    "aria-label": T.placeholder,
    placeholder: T.placeholder,
    enterkeyhint: "enter",
    autocomplete: "off",
  });
  #grow = h("div", { class: "grow" }, this.#text);
  #picker = h("input", { type: "file", accept: ACCEPT, multiple: true, hidden: true, tabindex: "-1" });
  #clip = iconButton("clip", T.attach, () => this.#pick(), { title: `${T.attach}: ${T.attachHint}` });
  #button = iconButton("send", T.send, () => this.submit(), { class: "icon-button send" });

  /** `page` is where the patient is: `{url, title}`, or null. `say(text)` tells of a failure. */
  constructor(session, page, say) {
    this.#session = session;
    this.#page = page;
    this.#say = say;
    this.element = h(
      "form",
      { class: "composer", novalidate: true },
      h(
        "div",
        { class: "extras" },
        this.#above,
        this.#topics,
        this.#about,
        this.#list,
        this.#warning,
        this.#problem,
        this.#consent,
      ),
      h("div", { class: "field" }, this.#clip, this.#grow, this.#button, this.#picker),
    );
    this.element.addEventListener("submit", (event) => event.preventDefault());
    this.#text.addEventListener("input", () => this.#onInput());
    this.#text.addEventListener("keydown", (event) => this.#onKey(event));
    this.#text.addEventListener("paste", (event) => {
      if (event.clipboardData?.files.length) {
        event.preventDefault();
        this.#attach([...event.clipboardData.files]);
      }
    });
    this.#picker.addEventListener("change", () => {
      this.#attach([...this.#picker.files]);
      this.#picker.value = "";
    });
    this.#restore();
  }

  focus() {
    this.#text.focus();
  }

  /** Begin a text for the patient, unless one is begun already. */
  suggest({ text = "", topic = "" }) {
    this.#topic = topic || this.#topic;
    if (text && !this.#text.value.trim()) {
      this.#setText(text);
    }
    this.render();
  }

  /** Whether Esc has something to end here before it ends the panel. */
  cancel() {
    const busy = Boolean(this.#editing || this.#mending);
    if (busy) {
      this.#leave();
    }
    return busy;
  }

  edit(message) {
    this.#enter(message.text);
    this.#editing = message;
    this.#refocus();
  }

  mend(item) {
    this.#enter(item.text);
    this.#mending = item;
    this.#files = [...(item.files ?? []).map((file) => ({ ...file, key: file.id, done: 1 }))];
    this.#topic = item.topic ?? "";
    this.#refocus();
  }

  #refocus() {
    this.#setText(this.#text.value);
    this.render();
    this.focus();
    this.#text.setSelectionRange(this.#text.value.length, this.#text.value.length);
  }

  #enter(text) {
    this.#begun ??= { text: this.#text.value, files: this.#files, topic: this.#topic };
    this.#editing = null;
    this.#mending = null;
    this.#text.value = text;
  }

  /** Go back to what was begun before, or to an empty field. */
  #leave() {
    const { text = "", files = [], topic = "" } = this.#begun ?? {};
    this.#begun = null;
    this.#editing = null;
    this.#mending = null;
    this.#files = files;
    this.#topic = topic;
    this.#setText(text);
    this.#clearProblem();
    this.render();
    this.focus();
  }

  // --- Sending -----------------------------------------------------------------------------------

  /** Send what stands here, or say what is missing. */
  async submit() {
    if (!this.#session.config) {
      await this.#session.load();
    }
    const text = this.#text.value.trim();
    const { config } = this.#session;
    if (!config?.widget) {
      // Without the text of the consent nothing may go; what is written stays.
      return this.#refuse(T.notYet, this.#text);
    }
    const excess = lengthOf(text) - config.limits.text;
    if (excess > 0) {
      return this.#refuse(T.tooLong(excess), this.#text);
    }
    if (this.#editing) {
      return this.#saveEdit(text);
    }
    if (this.#files.some(({ id, error }) => !id && !error)) {
      return this.#refuse(T.fileWait, this.#text);
    }
    const files = this.#files.filter(({ id }) => id);
    if (!text && !files.length) {
      return this.focus();
    }
    const consent = this.#agreed();
    if (consent === null) {
      return this.#refuse(T.consentMissing, this.#consent.querySelector("input"));
    }
    this.#session.send({
      text,
      topic: this.#topic,
      page: this.#page,
      files: files.map(({ id, name, type, size }) => ({ id, name, type, size })),
      consent,
    });
    if (this.#mending) {
      this.#session.takeBack(this.#mending.client_id);
    }
    // The page is told once; another page is another context.
    this.#page = null;
    this.#leave();
    return undefined;
  }

  async #saveEdit(text) {
    const message = this.#editing;
    if (!text || text === message.text) {
      return this.#leave();
    }
    try {
      await this.#session.edit(message, text);
      this.#leave();
    } catch (error) {
      this.#say(error.detail || T.actionFailed);
    }
    return undefined;
  }

  /** The version agreed to, "" where it was agreed to before, null where it is missing. */
  #agreed() {
    const box = this.#consent.querySelector("input");
    if (this.#consent.hidden || !box) {
      return "";
    }
    return box.checked ? this.#session.config.widget.consent.version : null;
  }

  #refuse(reason, field) {
    this.#problem.textContent = reason;
    this.#problem.hidden = false;
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", this.#problem.id);
    field.focus();
  }

  #clearProblem() {
    this.#problem.hidden = true;
    for (const field of this.element.querySelectorAll("[aria-invalid]")) {
      field.removeAttribute("aria-invalid");
      field.removeAttribute("aria-describedby");
    }
  }

  // --- Typing ------------------------------------------------------------------------------------

  #onInput() {
    this.#clearProblem();
    this.#grow.dataset.text = this.#text.value;
    this.#keep();
    this.#warn();
    if (this.#text.value.trim() && !this.#editing) {
      this.#session.tellTyping();
    }
    this.render();
  }

  #onKey(event) {
    const touch = matchMedia("(pointer: coarse) and (hover: none)").matches;
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing && !touch) {
      event.preventDefault();
      this.submit();
    }
  }

  #setText(text) {
    this.#text.value = text;
    this.#grow.dataset.text = text;
    this.#keep();
    this.#warn();
    this.#markReady();
  }

  #warn() {
    const kind = sensitiveKind(this.#text.value);
    const left = (this.#session.config?.limits.text ?? Infinity) - lengthOf(this.#text.value);
    const text = left < 0 ? T.tooLong(-left) : T.sensitive[kind];
    if (text !== this.#warning.textContent || this.#warning.hidden === Boolean(text)) {
      fill(this.#warning, text ? [icon("alert"), h("span", {}, text)] : []);
    }
    this.element.classList.toggle("long", left < LONG);
  }

  #markReady() {
    const ready = this.#text.value.trim() || this.#files.some(({ id }) => id);
    this.#button.classList.toggle("ready", Boolean(ready));
  }

  #keep() {
    if (this.#editing || this.#mending) {
      return;
    }
    const files = this.#files.filter(({ id }) => id);
    const draft = { text: this.#text.value, topic: this.#topic, files };
    if (draft.text || files.length) {
      this.#kept.set(DRAFT, JSON.stringify(draft));
    } else {
      this.#kept.remove(DRAFT);
    }
  }

  #restore() {
    try {
      const { text = "", topic = "", files = [] } = JSON.parse(this.#kept.get(DRAFT)) ?? {};
      this.#topic = topic;
      this.#files = files;
      this.#setText(text);
    } catch {
      // Nothing that could be read was kept.
    }
  }

  /** The device forgets: what was begun goes too. */
  clear() {
    this.#files.forEach(({ abort }) => abort?.abort());
    this.#files = [];
    this.#topic = "";
    this.#setText("");
  }

  // --- Files -------------------------------------------------------------------------------------

  #pick() {
    if (this.#agreed() === null) {
      this.#refuse(T.consentMissing, this.#consent.querySelector("input"));
    } else {
      this.#picker.click();
    }
  }

  #attach(files) {
    if (!this.#session.config) {
      this.#refuse(T.notYet, this.#text);
      return;
    }
    if (this.#agreed() === null) {
      this.#refuse(T.consentMissing, this.#consent.querySelector("input"));
      return;
    }
    const { limits } = this.#session.config;
    this.#clearProblem();
    for (const file of files) {
      if (this.#files.length >= limits.files) {
        this.#refuse(T.fileMany(limits.files), this.#text);
        break;
      }
      const entry = { key: uuid(), file, name: file.name, type: file.type, size: file.size, done: 0 };
      this.#files.push(entry);
      if (!TYPES.test(file.name)) {
        entry.error = T.fileType;
      } else if (file.size > limits.file) {
        entry.error = T.fileLarge;
      } else if (!file.size) {
        entry.error = T.fileEmpty;
      } else {
        this.#upload(entry);
      }
    }
    this.render();
  }

  async #upload(entry) {
    entry.error = "";
    entry.canRetry = false;
    entry.done = 0;
    entry.abort = new AbortController();
    try {
      const stored = await this.#session.upload(entry.file, {
        signal: entry.abort.signal,
        onProgress: (done) => {
          entry.done = done;
          this.#showProgress(entry);
        },
      });
      Object.assign(entry, { id: stored.id, name: stored.name, type: stored.type, size: stored.size });
      entry.done = 1;
      this.#keep();
    } catch (error) {
      if (error.code === "cancelled") {
        return;
      }
      entry.error = error.detail || T.fileFailed;
      entry.canRetry = error.kind === "retry";
      this.#say(`${entry.name}: ${entry.error}`);
    }
    this.render();
  }

  #showProgress(entry) {
    const bar = entry.row?.querySelector("progress");
    if (bar) {
      bar.value = entry.done;
      bar.setAttribute("aria-label", T.fileLoading(entry.name, Math.round(entry.done * 100)));
    }
  }

  #remove(entry) {
    entry.abort?.abort();
    this.#files = this.#files.filter((one) => one !== entry);
    this.#keep();
    this.render();
    this.focus();
  }

  #fileRow(entry) {
    const done = Boolean(entry.id);
    const label = done || entry.error ? T.fileRemove(entry.name) : T.fileCancel(entry.name);
    entry.row = h(
      "li",
      { class: entry.error ? "bad" : "" },
      icon(entry.error ? "alert" : "file"),
      h(
        "span",
        { class: "file-name" },
        h("bdi", {}, entry.name),
        h("small", {}, entry.error || sizeName(entry.size)),
        done || entry.error ? null : h("progress", { max: "1" }),
      ),
      entry.canRetry ? iconButton("retry", T.fileRetry(entry.name), () => this.#again(entry)) : null,
      iconButton("close", label, () => this.#remove(entry)),
    );
    this.#showProgress(entry);
    return entry.row;
  }

  #again(entry) {
    this.#upload(entry);
    this.render();
  }

  // --- Drawing -----------------------------------------------------------------------------------

  /** Draw what has changed around the text. */
  render() {
    const { config, forgetful } = this.#session;
    this.element.hidden = forgetful || Boolean(config && !config.widget);
    this.#clip.disabled = !config;
    if (!config?.widget) {
      return;
    }
    this.#once(this.#above, this.#editing?.id ?? this.#mending?.client_id ?? "", () => this.#drawAbove());
    this.#once(this.#topics, this.#topicsShown(), (shown) => (shown ? this.#drawTopics() : []));
    this.#once(this.#about, this.#aboutShown(), (shown) => (shown ? this.#drawAbout() : []));
    const files = this.#files.map(({ key, id, error }) => [key, id, error]);
    this.#once(this.#list, files, () =>
      this.#editing ? [] : this.#files.map((file) => this.#fileRow(file)),
    );
    this.#once(this.#consent, this.#consentShown(), (shown) => (shown ? this.#drawConsent() : []));
    const editing = Boolean(this.#editing);
    this.#clip.hidden = editing;
    this.#button.setAttribute("aria-label", editing ? T.save : T.send);
    this.#button.title = editing ? T.save : T.send;
    this.#markReady();
  }

  /** Fill an element again only if what it shows is another. */
  #once(element, state, draw) {
    const signature = JSON.stringify(state);
    if (element.shown !== signature) {
      element.shown = signature;
      fill(element, draw(state));
    }
  }

  #drawAbove() {
    if (!this.#editing && !this.#mending) {
      return [];
    }
    return [icon("edit"), h("span", {}, T.editing), iconButton("close", T.cancel, () => this.#leave())];
  }

  #topicsShown() {
    const { store, pending, config } = this.#session;
    const begins = !store.messages.size && !pending.length;
    return begins && !this.#topic && !this.#text.value.trim() && config.widget.topics;
  }

  #drawTopics() {
    return this.#session.config.widget.topics.map(({ title, text }) =>
      button(
        title,
        () => {
          this.#topic = title;
          this.#setText(text);
          this.#refocus();
        },
        { class: "quiet chip" },
      ),
    );
  }

  #aboutShown() {
    return !this.#editing && !this.#mending && this.#page?.title;
  }

  #drawAbout() {
    return [
      icon("page"),
      h("span", {}, `${T.about} `, h("bdi", {}, `«${this.#page.title}»`)),
      iconButton("close", T.aboutRemove, () => {
        this.#page = null;
        this.render();
        this.focus();
      }),
    ];
  }

  #consentShown() {
    const { config, pending } = this.#session;
    const given = config.consented || pending.some((item) => item.consent && item.state === "waiting");
    return !given && config.widget.consent;
  }

  #drawConsent() {
    const { text, url } = this.#session.config.widget.consent;
    const box = h("input", { type: "checkbox", onchange: () => this.#onConsent(box) });
    const label = h("label", {}, box, h("span", {}, text));
    return url
      ? [
          label,
          h("a", { href: url, target: "_blank", rel: "noopener" }, T.consentMore, h("span", { class: "sr" }, ` (${T.newTab})`)),
        ]
      : [label];
  }

  /** What was refused for want of consent goes on its way once it is given. */
  #onConsent(box) {
    this.#clearProblem();
    const consent = this.#agreed();
    for (const item of box.checked ? this.#session.pending : []) {
      if (item.error?.code === "consent_required") {
        this.focus();
        this.#session.resend(item.client_id, { consent });
      }
    }
  }
}
