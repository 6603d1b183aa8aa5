// How an operator learns of a new message without looking: a sound, a notification, the title. Browsers
// may forbid each of them, so the truth is said, and can be tried.

import { keep } from "../chat/storage.js";
import { T } from "./texts.js";
import { dialog, h, wbutton } from "./ui.js";

const QUIET = 1500;

export class Alerts {
  #desk;
  #kept = keep("localStorage");
  #sound = null;
  #rung = 0;
  #title = document.title;
  #onChange;

  /** `onChange()` hears that what the browser allows may have changed. */
  constructor(desk, onChange) {
    this.#desk = desk;
    this.#onChange = onChange;
    desk.on("fresh", (row) => this.#news(row));
    desk.on("list", () => this.#count());
    // Any touch of the page lets a browser make sounds.
    // Not as early as a press begins: what then changes would move the page under the pointer.
    for (const name of ["click", "keydown"]) {
      addEventListener(name, () => this.#wake(), { capture: true });
    }
    this.#prepare();
  }

  #key(name) {
    return `kdl-inbox:${this.#desk.room.user}:${name}`;
  }

  /** Whether the operator wants it: "sound" or "desktop". Both are wanted until switched off. */
  wants(name) {
    return this.#kept.get(this.#key(name)) !== "off";
  }

  #switch(name, on) {
    this.#kept.set(this.#key(name), on ? "on" : "off");
    this.#onChange();
  }

  // --- Sound -----------------------------------------------------------------------------------

  #prepare() {
    const Context = globalThis.AudioContext;
    if (Context && !this.#sound) {
      this.#sound = new Context();
      this.#sound.addEventListener("statechange", () => this.#onChange());
    }
  }

  async #wake() {
    if (this.#sound?.state === "suspended") {
      await this.#sound.resume().catch(() => {});
    }
  }

  /** "on", "off", "muted" (the browser will not play it yet) or "missing". */
  get soundState() {
    if (!this.#sound) {
      return "missing";
    }
    if (!this.wants("sound")) {
      return "off";
    }
    return this.#sound.state === "running" ? "on" : "muted";
  }

  /** Let the browser make sounds, and play one. */
  async allowSound() {
    this.#switch("sound", true);
    await this.#wake();
    this.play();
    this.#onChange();
  }

  /** Two soft tones; false if the browser will not play them. */
  play() {
    const sound = this.#sound;
    if (sound?.state !== "running") {
      return false;
    }
    [660, 880].forEach((pitch, place) => {
      const begin = sound.currentTime + place * 0.16;
      const tone = sound.createOscillator();
      const volume = sound.createGain();
      tone.frequency.value = pitch;
      volume.gain.setValueAtTime(0, begin);
      volume.gain.linearRampToValueAtTime(0.2, begin + 0.02);
      volume.gain.exponentialRampToValueAtTime(0.001, begin + 0.32);
      tone.connect(volume).connect(sound.destination);
      tone.start(begin);
      tone.stop(begin + 0.34);
    });
    return true;
  }

  // --- Notifications ---------------------------------------------------------------------------

  /** "granted", "default", "denied", "missing" or "off". */
  get desktopState() {
    if (!("Notification" in globalThis) || !isSecureContext) {
      return "missing";
    }
    return this.wants("desktop") ? Notification.permission : "off";
  }

  #notify(title, body, tag, number = null) {
    try {
      const note = new Notification(title, { body, tag, renotify: true });
      note.onclick = () => {
        focus();
        note.close();
        if (number) {
          this.#desk.openThread(number);
        }
      };
      return true;
    } catch {
      // Phones want a service worker for it.
      return false;
    }
  }

  // --- News ------------------------------------------------------------------------------------

  #news(row) {
    const looked = document.visibilityState === "visible" && document.hasFocus();
    if (looked && row && row.number === this.#desk.open?.number) {
      return;
    }
    if (this.wants("sound") && Date.now() - this.#rung > QUIET && this.play()) {
      this.#rung = Date.now();
    }
    if (!looked && this.desktopState === "granted") {
      // A screen may be seen by others: what was written stays inside.
      const title = row ? T.newMessage(row.number) : T.newWaiting;
      this.#notify(title, row?.topic ?? "", `kdl-chat-${row?.number ?? ""}`, row?.number);
    }
  }

  #count() {
    const { badge } = this.#desk.counts;
    document.title = badge ? `(${badge > 99 ? "99+" : badge}) ${this.#title}` : this.#title;
    document.dispatchEvent(new CustomEvent("chat:badge", { detail: { count: badge ?? 0 } }));
  }

  // --- The test --------------------------------------------------------------------------------

  /** Show what works and what does not, with a way to try it. */
  show() {
    const body = h("div", { class: "ci-alerts" });
    const draw = () => body.replaceChildren(...this.#lines(draw));
    draw();
    dialog(T.alertsTitle, body);
  }

  #lines(draw) {
    const toggle = (name, words) => {
      const box = h("input", { type: "checkbox" });
      box.checked = this.wants(name);
      box.addEventListener("change", () => {
        this.#switch(name, box.checked);
        draw();
      });
      return h("label", { class: "ci-check" }, box, words);
    };
    const line = (name, good, words, ...rest) =>
      h(
        "section",
        { class: "ci-alert" },
        h("h3", {}, name),
        h("div", { class: good ? "ci-good" : "ci-bad", role: "status" }, words),
        ...rest,
      );
    const sound = this.soundState;
    const desktop = this.desktopState;
    const { link } = this.#desk;
    const stores = this.#storesAnything();
    const hear = async () => {
      await this.allowSound();
      draw();
    };
    const askLeave = async () => {
      await Notification.requestPermission();
      draw();
      this.#onChange();
    };
    const tryDesktop = () => {
      if (!this.#notify(T.alertTestTitle, T.alertTestBody, "kdl-chat-test")) {
        draw();
      }
    };
    return [
      line(
        T.alertSound,
        sound === "on",
        { on: T.alertSoundOn, off: T.alertSoundOff, muted: T.alertSoundMuted, missing: T.alertSoundMissing }[sound],
        sound === "missing" ? null : wbutton(T.alertSoundTest, hear),
        sound === "on" ? h("p", { class: "ci-hint" }, T.alertSoundHint) : null,
        toggle("sound", T.alertSoundSwitch),
      ),
      line(
        T.alertDesktop,
        desktop === "granted",
        T.alertDesktopStates[desktop],
        desktop === "default" ? wbutton(T.alertDesktopAsk, askLeave) : null,
        desktop === "granted" ? wbutton(T.alertDesktopTest, tryDesktop) : null,
        desktop === "missing" ? null : toggle("desktop", T.alertDesktopSwitch),
      ),
      line(T.alertLink, link !== "none", T.alertLinks[link]),
      line(T.alertStorage, stores, stores ? T.alertStorageOk : T.alertStorageBad),
    ];
  }

  #storesAnything() {
    try {
      localStorage.setItem(this.#key("probe"), "1");
      localStorage.removeItem(this.#key("probe"));
      return true;
    } catch {
      return false;
    }
  }
}
