// Where an operator writes. A reply and a note have a field each, with a look, a label and a draft of
// its own: what is typed into the one can never go out as the other.

import { sizeName } from "../chat/time.js";
import { T } from "./texts.js";
import { fill, h, ibutton, newId, pick, wbutton, wicon } from "./ui.js";

const MODES = {
  message: { label: T.replyLabel, hint: T.replyPlaceholder, send: T.sendReply, tab: T.modeReply },
  note: { label: T.noteLabel, hint: T.notePlaceholder, send: T.sendNote, tab: T.modeNote },
};
const ACCEPTED = "image/jpeg,image/png,image/heic,image/heif,application/pdf";

/** A field for one kind of message, with its files. */
class Field {
  files = [];

  constructor(kind, { onInput, onSend, onSlash, onAttach, onCanned, onContent }) {
    const words = MODES[kind];
    this.kind = kind;
    this.text = h("textarea", {
      id: newId("text"),
      rows: 3,
      placeholder: words.hint,
      oninput: () => onInput(this),
      onkeydown: (event) => this.#key(event, onSend, onSlash),
      onpaste: (event) => this.#paste(event, onAttach),
    });
    this.trouble = h("p", { class: "ci-trouble", role: "alert", hidden: true });
    this.list = h("ul", { class: "ci-files", hidden: true });
    this.chooser = h("input", {
      type: "file",
      multiple: true,
      hidden: true,
      accept: ACCEPTED,
      onchange: () => {
        onAttach(this, [...this.chooser.files]);
        this.chooser.value = "";
      },
    });
    this.button = wbutton(words.send, () => onSend(this), { kind: "" });
    this.element = h(
      "div",
      { class: `ci-write ci-write--${kind}` },
      h(
        "label",
        { for: this.text.id, class: "ci-write__label" },
        wicon(kind === "note" ? "lock" : "comment"),
        words.label,
      ),
      this.text,
      this.list,
      this.trouble,
      h(
        "div",
        { class: "ci-write__tools" },
        ibutton("upload", T.attach, () => this.chooser.click()),
        kind === "message" ? ibutton("openquote", `${T.canned} (/)`, () => onCanned(this)) : null,
        ibutton("link", T.content, () => onContent(this)),
        this.chooser,
        this.button,
      ),
    );
  }

  #key(event, onSend, onSlash) {
    if (event.isComposing) {
      return;
    }
    const enter = event.key === "Enter" && !event.shiftKey && !event.altKey;
    // On a phone the key makes a new line; the button sends.
    if (enter && (event.ctrlKey || event.metaKey || !matchMedia("(pointer: coarse)").matches)) {
      event.preventDefault();
      onSend(this);
    } else if (event.key === "/" && !this.text.value && this.kind === "message") {
      event.preventDefault();
      onSlash(this);
    }
  }

  #paste(event, onAttach) {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length) {
      event.preventDefault();
      onAttach(this, files);
    }
  }

  /** Put a text where the cursor is. */
  insert(words) {
    const { text } = this;
    const before = text.value.slice(0, text.selectionStart);
    const glue = before && !/\s$/.test(before) ? " " : "";
    text.setRangeText(glue + words, text.selectionStart, text.selectionEnd, "end");
    text.focus();
    text.dispatchEvent(new Event("input", { bubbles: true }));
  }

  /** Say what is wrong, or nothing. */
  complain(words = "") {
    this.trouble.textContent = words;
    this.trouble.hidden = !words;
  }

  drawFiles() {
    const { files } = this;
    const lines = files.map((file) => {
      const words = file.error
        ? `${file.name}: ${file.error}`
        : file.id
          ? `${file.name}, ${sizeName(file.size)}`
          : T.fileLoading(file.name, Math.round(file.part * 100));
      const drop = () => {
        file.stop?.abort();
        files.splice(files.indexOf(file), 1);
        this.drawFiles();
      };
      return h(
        "li",
        { class: file.error ? "ci-files__bad" : "" },
        wicon("doc-full"),
        h("span", { dir: "auto" }, words),
        ibutton("cross", T.fileRemove(file.name), drop),
      );
    });
    fill(this.list, ...lines);
  }
}

export class Composer {
  #desk;
  #onWrite;
  // The dialogue that the fields are of: what stands in them goes nowhere else.
  #open = null;
  // Files by number and kind: who comes back to a dialogue finds them, until the page is left.
  #files = new Map();
  #fields = {};
  #tabs = {};
  #hint;

  /** Which of the two is being written: "message" or "note". */
  mode = "message";
  /** The last place that was seen when the reply was begun; null while there is none. */
  base = null;

  /** `onWrite()` hears that something was typed or sent. */
  constructor(desk, { onWrite }) {
    this.#desk = desk;
    this.#onWrite = onWrite;
    const calls = {
      onInput: (field) => this.#typed(field),
      onSend: (field) => this.#send(field),
      onSlash: (field) => this.#canned(field),
      onCanned: (field) => this.#canned(field),
      onContent: (field) => this.#content(field),
      onAttach: (field, files) => this.#attach(field, files),
    };
    for (const kind of Object.keys(MODES)) {
      this.#fields[kind] = new Field(kind, calls);
      this.#tabs[kind] = h(
        "button",
        { type: "button", class: `ci-mode ci-mode--${kind}`, onclick: () => this.write(kind) },
        kind === "note" ? wicon("lock") : null,
        MODES[kind].tab,
      );
    }
    this.#hint = h("p", { class: "ci-hint", role: "status" });
    this.element = h(
      "div",
      { class: "ci-composer" },
      h(
        "div",
        { class: "ci-modes", role: "group", "aria-label": T.compose },
        Object.values(this.#tabs),
        this.#hint,
      ),
      Object.values(this.#fields).map((one) => one.element),
    );
  }

  /** Begin with the drafts of the dialogue that was opened. */
  open() {
    this.#open = this.#desk.open;
    const { drafts } = this.#open;
    for (const [kind, one] of Object.entries(this.#fields)) {
      one.text.value = drafts[kind];
      one.files = this.#filesOf(kind);
      one.drawFiles();
      one.complain();
    }
    this.base = null;
    this.#setMode(drafts.note && !drafts.message ? "note" : "message");
    this.#setBase();
    this.draw();
  }

  #filesOf(kind) {
    const key = `${this.#open.number}:${kind}`;
    if (!this.#files.has(key)) {
      this.#files.set(key, []);
    }
    return this.#files.get(key);
  }

  /** Say what the state of the dialogue means for writing. */
  draw() {
    const { thread } = this.#desk;
    let words = "";
    if (thread.block) {
      words = T.blockedHint(new Date(thread.block.until).toLocaleString("ru"));
    } else if (thread.status === "closed") {
      words = T.closedHint;
    }
    this.#hint.textContent = words;
  }

  /** Write a reply or a note. */
  write(kind) {
    this.#setMode(kind);
    this.#onWrite();
    this.focus();
  }

  focus() {
    this.#fields[this.mode].text.focus();
  }

  /** What has come while one wrote was seen. */
  see() {
    this.base = this.#open.store.upto;
  }

  /** Take a message that did not go out back into its field. */
  take(item) {
    const one = this.#fields[item.kind];
    this.#setMode(item.kind);
    one.text.value = [item.text, one.text.value].filter(Boolean).join("\n");
    one.files.unshift(...(item.files ?? []));
    one.drawFiles();
    this.#typed(one);
    one.text.focus();
  }

  #setMode(kind) {
    this.mode = kind;
    this.element.dataset.mode = kind;
    for (const [name, one] of Object.entries(this.#fields)) {
      one.element.hidden = name !== kind;
      this.#tabs[name].setAttribute("aria-pressed", String(name === kind));
    }
  }

  #setBase() {
    const reply = this.#fields.message.text.value;
    if (!reply) {
      this.base = null;
    } else if (this.base === null) {
      this.see();
    }
  }

  #typed(one) {
    const { config } = this.#desk;
    const { drafts, number, store } = this.#open;
    const text = one.text.value;
    const over = text.length - config.limits.text;
    one.complain(over > 0 ? T.tooLong(over) : "");
    drafts[one.kind] = text;
    this.#desk.drafts.save(number, one.kind, text);
    if (one.kind === "message") {
      if (text && !store.thread.common) {
        this.#desk.type(number);
      }
      this.#setBase();
    }
    this.#onWrite();
  }

  #send(one) {
    const text = one.text.value.trim();
    const { limits } = this.#desk.config;
    const { number, store } = this.#open;
    const files = one.files.filter((file) => !file.error);
    if (files.some((file) => !file.id)) {
      one.complain(T.fileWait);
      return;
    }
    if ((!text && !files.length) || text.length > limits.text) {
      one.text.focus();
      return;
    }
    const seen = one.kind === "message" ? (this.base ?? store.upto) : undefined;
    const kept = this.#desk.send({
      number,
      kind: one.kind,
      text,
      files: files.map(({ id, name, size }) => ({ id, name, size })),
      seen,
      shown: one.kind === "message" ? store.upto : undefined,
    });
    if (!kept) {
      return;
    }
    one.text.value = "";
    one.files.length = 0;
    one.drawFiles();
    one.complain();
    if (one.kind === "message") {
      this.base = null;
    }
    this.#onWrite();
    one.text.focus();
  }

  // --- What can be put in ----------------------------------------------------------------------

  /** Let one choose; nothing is chosen if another dialogue was opened meanwhile. */
  async #pick(one, options) {
    const { number } = this.#open;
    const picked = await pick(options);
    one.text.focus();
    return number === this.#desk.open?.number ? picked : null;
  }

  async #canned(one) {
    // The dialog is there at once: what is typed on goes into it.
    let replies = null;
    const found = async (query) => {
      replies ??= await this.#desk.replies();
      const words = query.replace(/^\//, "").toLocaleLowerCase("ru");
      return replies
        .filter(
          ({ title, shortcut, text }) =>
            shortcut.startsWith(words) ||
            title.toLocaleLowerCase("ru").includes(words) ||
            text.toLocaleLowerCase("ru").includes(words),
        )
        .map(({ title, shortcut, text }) => ({
          title,
          lead: `/${shortcut}`,
          text: this.#address(text),
        }));
    };
    const { replies: address } = this.#desk.room.links;
    const picked = await this.#pick(one, {
      title: T.canned,
      label: T.cannedSearch,
      find: found,
      nothing: T.cannedNothing,
      foot: address ? h("p", {}, h("a", { href: address }, T.cannedEdit)) : null,
    });
    if (picked) {
      one.insert(picked.text);
    }
  }

  /** Put the names into a canned reply; without a patient's name the comma before it goes too. */
  #address(text) {
    const { name } = this.#open.store.thread;
    return text
      .replaceAll(/,?[ \u00a0]*\{name\}/g, (match) =>
        name ? match.replace("{name}", () => name) : "",
      )
      .replaceAll("{operator}", () => this.#desk.me.public);
  }

  async #content(one) {
    const picked = await this.#pick(one, {
      title: T.content,
      label: T.contentSearch,
      nothing: T.contentNothing,
      hint: T.contentHint,
      wait: 200,
      find: async (query) => {
        const found = query ? await this.#desk.content(query) : [];
        return found.map((page) => ({
          title: page.title,
          lead: [page.price, page.term].filter(Boolean).join(", ") || page.kind,
          words: page.text,
        }));
      },
    });
    if (picked) {
      one.insert(picked.words);
    }
  }

  #attach(one, files) {
    const { limits } = this.#desk.config;
    one.complain();
    for (const file of files) {
      if (one.files.length >= limits.files) {
        one.complain(T.fileMany(limits.files));
        break;
      }
      this.#upload(one, file, limits.file);
    }
    one.drawFiles();
  }

  async #upload(one, file, largest) {
    const entry = { name: file.name, size: file.size, part: 0, stop: new AbortController() };
    one.files.push(entry);
    if (file.size > largest) {
      entry.error = T.fileLarge;
      return;
    }
    try {
      const onProgress = (part) => {
        entry.part = part;
        one.drawFiles();
      };
      const stored = await this.#desk.upload(file, { onProgress, signal: entry.stop.signal });
      Object.assign(entry, { id: stored.id, name: stored.name, size: stored.size });
    } catch (error) {
      entry.error = error.detail || T.actionFailed;
    }
    one.drawFiles();
  }
}
