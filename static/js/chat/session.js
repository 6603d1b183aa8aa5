// The dialogue of this browser, without a picture of it: what is known, what waits to be sent, how
// news come. The panel draws it; nothing here touches the page's elements.

import { createApi } from "./api.js";
import { Outbox } from "./outbox.js";
import { keep } from "./storage.js";
import {
  emptyStore,
  mergeMessages,
  mergeSnapshot,
  mergeThread,
  mergeUpdate,
  ordered,
} from "./store.js";
import { Tabs } from "./tabs.js";
import { Transport, WAIT } from "./transport.js";

const KEY = "kdl-chat:";
const EDITABLE = 15 * 60000;
const TYPING_SHOWN = 6000;
const TYPING_TOLD = 3000;
const TALKING = 120000;
// Who writes sooner than this after opening is taken for a robot by the server.
const PACE = 2100;
const AGAIN = 4000;

export class Session {
  #api;
  #kept = keep("localStorage");
  #outbox;
  #tabs;
  #transport = null;
  #loading = null;
  // Snapshots are numbered as they are asked for: one asked for before the last that counts is stale.
  #asked = 0;
  #heard = 0;
  #resets = [];
  #listeners = new Set();
  #announced = false;
  #typingTimer = 0;
  #typingTold = 0;
  #marks = { read: 0, delivered: 0 };
  #clock = 0;
  #loadedAt = 0;
  #retry = 0;
  #late = 0;
  #busyUntil = 0;

  store = emptyStore();
  /** The answer of `state`, without the messages. */
  config = null;
  /** The last attempt to load failed: an ApiError. */
  trouble = null;
  /** The server is heard of. */
  alive = navigator.onLine;
  /** Who is typing on the other side, or "". */
  typing = "";
  /** The browser did not keep the dialogue's cookie. */
  forgetful = false;
  /** The patient looks at the newest messages now. */
  reading = false;

  constructor(base) {
    this.base = base;
    this.#api = createApi({
      base,
      token: () => this.config?.csrf ?? "",
      renew: () => this.load(),
    });
    this.#outbox = new Outbox({
      prefix: `${KEY}out:`,
      send: (item) => this.#send(item),
      onChange: () => this.#changed(),
      onReset: () => this.reset(),
      onGone: (item) => this.#onGone(item),
    });
    this.#tabs = new Tabs({
      name: "kdl-chat",
      onLead: () => this.#connect(),
      onRest: () => this.#disconnect(),
      onWord: (word) => this.#hear(word),
    });
    for (const name of ["focus", "online", "offline", "pageshow", "pagehide"]) {
      addEventListener(name, (event) => this.#onPage(event));
    }
    document.addEventListener("visibilitychange", (event) => this.#onPage(event));
    navigator.connection?.addEventListener?.("change", (event) => this.#onPage(event));
  }

  /** Call back with every change; news of the other side come along as `fresh`. */
  listen(callback) {
    this.#listeners.add(callback);
  }

  // --- What is known ---------------------------------------------------------------------------

  get messages() {
    return ordered(this.store);
  }

  /** What the server has not confirmed; a message that came back by the stream is no longer shown. */
  get pending() {
    const stored = new Set([...this.store.messages.values()].map((message) => message.client_id));
    return this.#outbox.items.filter((item) => !stored.has(item.client_id));
  }

  /** Whether this tab speaks for the browser. */
  get leads() {
    return this.#tabs.leads;
  }

  get unread() {
    return this.store.thread?.unread ?? 0;
  }

  /** How many milliseconds the writer may still change this message. */
  editableFor(message) {
    const mine = message.sender === "visitor" && !message.deleted && !this.forgetful;
    return mine ? Date.parse(message.at) + EDITABLE - (Date.now() + this.#clock) : 0;
  }

  /** Whether a message waits for an answer still: then it may say something else. */
  isOpen({ seq }) {
    const behind = this.messages.filter((message) => message.seq > seq);
    const isAnswered = behind.some(({ sender, deleted }) => sender === "operator" && !deleted);
    return !isAnswered && this.store.thread.status === "open";
  }

  // --- Snapshot --------------------------------------------------------------------------------

  /** Take the state from the server; true if it could be had. Calls at one time share one request. */
  load() {
    this.#loading ??= this.#load(() => this.#ask()).finally(() => {
      this.#loading = null;
    });
    return this.#loading;
  }

  #ask() {
    return this.#api.get("state/");
  }

  async #load(ask) {
    this.#asked += 1;
    const turn = this.#asked;
    try {
      const state = await ask();
      if (turn > this.#heard) {
        this.#heard = turn;
        this.#adopt(state);
      }
    } catch (error) {
      this.trouble = error;
      clearTimeout(this.#retry);
      this.#retry = setTimeout(() => this.load(), AGAIN * (1 + Math.random()));
    }
    this.#changed();
    return !this.trouble;
  }

  #adopt({ messages, cursor, more, ...config }) {
    const { thread } = config;
    this.config = config;
    this.#loadedAt = Date.now();
    this.#clock = Date.parse(config.now) - this.#loadedAt;
    this.trouble = null;
    this.alive = true;
    this.forgetful &&= !thread;
    if (!this.forgetful) {
      this.store = mergeSnapshot(this.store, { thread, messages, cursor, more });
      if (cursor > this.store.cursor) {
        this.#catchUp();
      }
    }
    this.#holdBackStrangers();
    this.#remember();
  }

  /** What was written for another dialogue (of whoever used this browser before) waits for a word. */
  #holdBackStrangers() {
    const ours = [this.store.thread?.number, ...(this.config.merged ?? [])];
    for (const item of this.#outbox.items) {
      if (item.thread && !ours.includes(item.thread) && item.state === "waiting") {
        this.#outbox.fail(item.client_id, { code: "other_thread" });
      }
    }
  }

  /** Another tab may have sent our first message: then the dialogue is there, and not yet here. */
  async #onGone(item) {
    if (!this.store.thread && this.config && item?.consent) {
      // Nobody is asked again for what they just gave, however long the state takes to come.
      this.config.consented = true;
    }
    // What is asked for already may have been answered before.
    await this.#loading;
    if (!this.store.thread) {
      await this.load();
    }
  }

  #remember() {
    if (this.store.thread && !this.forgetful) {
      this.#kept.set(`${KEY}known`, "1");
      this.#announce();
    } else {
      this.#kept.remove(`${KEY}known`);
    }
  }

  #announce() {
    if (!this.#announced) {
      this.#announced = true;
      this.#tabs.start();
    }
  }

  /** The server says that what we know is not so: begin anew, slower each time. */
  async reset() {
    const now = Date.now();
    this.#resets = [...this.#resets.filter((at) => now - at < 60000), now];
    this.#disconnect();
    const pause = this.#resets.length > 1 ? 2 ** Math.min(this.#resets.length, 5) * 500 : 0;
    await new Promise((resolve) => setTimeout(resolve, pause));
    this.store = emptyStore();
    if ((await this.load()) && this.#tabs.leads) {
      this.#connect();
    }
  }

  // --- News ------------------------------------------------------------------------------------

  #connect() {
    const { thread } = this.store;
    if (!thread || this.#transport || this.forgetful) {
      return;
    }
    const stream = this.config?.stream;
    this.#transport = new Transport({
      rungs: stream ? undefined : ["poll"],
      url: (rung) => {
        const where = `thread=${this.store.thread.number}&after=${this.store.cursor}`;
        return `${stream}?${where}${rung === "wait" ? `&${WAIT}` : ""}`;
      },
      poll: () => this.poll(),
      pace: () => this.#pace(),
      onEvent: (name, data) => this.#onEvent(name, data),
      onLink: (alive) => this.#setAlive(alive),
    });
    this.#transport.start();
  }

  #disconnect() {
    this.#transport?.stop();
    this.#transport = null;
  }

  #pace() {
    if (document.visibilityState === "hidden") {
      return 60000;
    }
    return Date.now() < this.#busyUntil ? 2000 : 15000;
  }

  /** Something goes on: while we ask for news, ask often. */
  busy() {
    this.#busyUntil = Date.now() + TALKING;
  }

  /** Read what is newer than our cursor. */
  async poll() {
    try {
      for (let update = { more: true }; update?.more; ) {
        const { thread, cursor } = this.store;
        if (!thread) {
          return;
        }
        update = await this.#api.get(`events/?thread=${thread.number}&after=${cursor}`);
        if (update) {
          this.#take(update, cursor);
        }
      }
    } catch (error) {
      if (error.kind !== "reset" && error.status !== 404) {
        throw error;
      }
      await this.reset();
    }
  }

  /** Read what was missed, however long it takes. */
  #catchUp() {
    clearTimeout(this.#late);
    this.poll().catch(({ retryAfter = 0 }) => {
      clearTimeout(this.#late);
      const pause = Math.max(AGAIN, retryAfter * 1000) * (1 + Math.random());
      this.#late = setTimeout(() => this.#catchUp(), pause);
    });
  }

  #onEvent(name, data) {
    if (name === "update") {
      this.#take(data, this.store.cursor);
      if (data.more) {
        this.#catchUp();
      }
    } else if (name === "typing") {
      this.#showTyping(data.name);
      this.#tabs.say({ typing: data.name });
    } else if (name === "reset") {
      this.reset();
    }
  }

  #take(update, after) {
    this.#tabs.say({ update, after });
    this.#merge(update, after);
  }

  #merge(update, after) {
    const fresh = mergeUpdate(this.store, update, after);
    for (const { client_id: id } of fresh) {
      const item = id && this.#outbox.find(id);
      if (item && !item.withdrawn) {
        this.#outbox.remove(id);
      }
    }
    const theirs = fresh.filter(({ sender }) => sender !== "visitor");
    if (theirs.some(({ sender }) => sender === "operator")) {
      this.busy();
      this.#showTyping("");
    }
    if (update.typing) {
      this.#showTyping(update.typing.name);
    }
    this.#changed(theirs);
  }

  #hear(word) {
    const number = (word.thread ?? word.update?.thread)?.number;
    if (number && this.store.thread && number !== this.store.thread.number) {
      // The other tab has another dialogue: one of us is out of date.
      this.load();
    } else if (word.update) {
      if (word.after > this.store.cursor) {
        this.#catchUp();
      }
      this.#merge(word.update, word.after);
    } else if (word.forgotten) {
      this.#clear();
      this.load();
    } else if (word.typing !== undefined) {
      this.#showTyping(word.typing);
    } else if (word.alive !== undefined) {
      this.#setAlive(word.alive, false);
    } else if (word.thread) {
      mergeThread(this.store, word.thread);
      this.#changed();
    }
  }

  #showTyping(name) {
    clearTimeout(this.#typingTimer);
    if (name) {
      this.#typingTimer = setTimeout(() => this.#showTyping(""), TYPING_SHOWN);
    }
    if (this.typing !== name) {
      this.typing = name;
      this.#changed();
    }
  }

  #setAlive(alive, tell = true) {
    if (this.alive !== alive) {
      this.alive = alive;
      this.#changed();
      if (tell) {
        this.#tabs.say({ alive });
      }
    }
    if (alive) {
      this.#outbox.wake();
    }
  }

  #onPage({ type, persisted }) {
    if (type === "pagehide") {
      // A page that holds neither lock nor line may be kept for «back».
      this.#disconnect();
      this.#tabs.stop();
    } else if (type === "pageshow") {
      if (persisted && this.#announced) {
        this.#tabs.start();
      }
      this.wake();
    } else if (type === "offline") {
      this.#setAlive(false);
    } else if (document.visibilityState === "visible" || type === "online" || type === "change") {
      this.wake(type === "online" || type === "change");
    }
  }

  /** The page or the network came back. */
  wake(network = false) {
    this.#transport?.wake({ network });
    this.#outbox.wake();
    if (this.trouble) {
      this.load();
    }
  }

  // --- What the patient does -------------------------------------------------------------------

  /** Keep a message for sending. Only after this may the composer forget the text. */
  send({ text, page, topic, files, consent }) {
    this.busy();
    return this.#outbox.add({ text, page, topic, files, consent, thread: this.store.thread?.number });
  }

  /** Send again what failed, changed or not. */
  resend(clientId, changes = {}) {
    this.#outbox.resend(clientId, { thread: this.store.thread?.number, ...changes });
  }

  /** Take back what is not confirmed. */
  takeBack(clientId) {
    this.#outbox.withdraw(clientId);
  }

  async #send(item) {
    if (!this.config && !(await this.load())) {
      throw this.trouble;
    }
    const isFirst = !this.store.thread;
    if (isFirst) {
      const early = this.#loadedAt + PACE - Date.now();
      await new Promise((resolve) => setTimeout(resolve, early));
    }
    if (!this.#outbox.release(item.client_id)) {
      return false;
    }
    const answer = await this.#api
      .post("messages/", {
        client_id: item.client_id,
        text: item.text,
        page: item.page ?? undefined,
        topic: item.topic || undefined,
        attachments: item.files?.map(({ id }) => id) ?? [],
        consent: this.config.consented ? undefined : item.consent,
        ticket: this.config.ticket,
      })
      .catch(async (error) => {
        this.#setAlive(error.kind !== "retry" || error.status === 429);
        if (error.code === "consent_required") {
          // The text may be another by now.
          await this.load();
        }
        throw error;
      });
    this.config.consented = true;
    mergeThread(this.store, answer.thread);
    mergeMessages(this.store, [answer.message]);
    this.#setAlive(true);
    if (isFirst) {
      await this.#checkMemory();
    }
    this.#tabs.say({ update: { messages: [answer.message], thread: answer.thread }, after: 0 });
    if (this.#outbox.find(item.client_id)?.withdrawn) {
      await this.#removeWithdrawn(answer.message);
    }
    return true;
  }

  /**
   * After the first answer the dialogue must be ours; if not, the browser keeps no cookies. What was
   * asked before that answer says nothing of it, and one answer alone may be a chance.
   */
  #checkMemory() {
    this.#heard = this.#asked;
    this.#loading = null;
    return this.#load(async () => {
      const state = await this.#ask();
      if (state.thread) {
        return state;
      }
      const again = await this.#ask();
      this.forgetful = !again.thread;
      return again;
    });
  }

  async #removeWithdrawn(message) {
    try {
      await this.remove(message);
    } catch (error) {
      // What the server no longer takes back stays, and is shown as sent.
      if (error.kind !== "mend") {
        throw error;
      }
    }
  }

  async edit(message, text) {
    this.#keepMessage(await this.#api.post(`messages/${message.id}/edit/`, { text }));
  }

  async remove(message) {
    this.#keepMessage(await this.#api.post(`messages/${message.id}/delete/`));
  }

  #keepMessage({ message }) {
    mergeMessages(this.store, [message]);
    this.#tabs.say({ update: { messages: [message] }, after: 0 });
    this.#changed();
  }

  /** Read the page of messages before those that are known. */
  async older() {
    const [first] = this.messages;
    const { messages, more } = await this.#api.get(`messages/?before=${first.seq}`);
    mergeMessages(this.store, messages);
    this.store.more = more;
    this.#changed();
  }

  /** Tell that one is typing, at most once in a while; what is typed stays here. */
  tellTyping() {
    this.busy();
    const now = Date.now();
    if (this.store.thread && !this.forgetful && now - this.#typingTold > TYPING_TOLD) {
      this.#typingTold = now;
      this.#api.post("typing/").catch(() => {});
    }
  }

  /** Send a file up; the first one no sooner than the server takes it. */
  async upload(file, options) {
    if (!this.store.thread) {
      const early = this.#loadedAt + PACE - Date.now();
      await new Promise((resolve) => setTimeout(resolve, early));
    }
    return this.#api.upload("attachments/", file, { ticket: this.config.ticket, ...options });
  }

  async rate(score, comment) {
    this.#thread(await this.#api.post("rating/", { score, comment }));
  }

  /** Without an e-mail the one that the laboratory has stays; an empty one is forgotten. */
  async setContact(name, email) {
    this.#thread(await this.#api.post("contact/", { name, email }));
  }

  /** This device forgets the dialogue; the laboratory keeps it. */
  async forget() {
    await this.#api.post("forget/");
    this.#clear();
    this.#tabs.say({ forgotten: true });
    await this.load();
  }

  #clear() {
    this.#disconnect();
    for (const key of this.#kept.keys(KEY)) {
      this.#kept.remove(key);
    }
    this.store = emptyStore();
    this.config = null;
    this.forgetful = false;
    this.#marks = { read: 0, delivered: 0 };
    this.#changed();
  }

  #thread({ thread }) {
    mergeThread(this.store, thread);
    this.#tabs.say({ thread });
    this.#changed();
  }

  // --- Marks -----------------------------------------------------------------------------------

  /**
   * Tell the laboratory how far its messages have come: to this browser, to the patient's eyes. An
   * answer to something that we did may know of messages that are not here yet.
   */
  mark() {
    const { thread, upto } = this.store;
    if (!thread || this.forgetful) {
      return;
    }
    if (this.reading) {
      this.#mark("read", thread.read.visitor, upto);
    } else if (this.#tabs.leads) {
      this.#mark("delivered", thread.delivered.visitor, upto);
    }
  }

  #mark(state, known, upto) {
    if (upto > Math.max(known, this.#marks[state])) {
      this.#marks[state] = upto;
      this.#api.post("read/", { upto, state }).then(
        (answer) => this.#thread(answer),
        () => {
          this.#marks[state] = 0;
        },
      );
    }
  }

  #changed(fresh = []) {
    if (this.#announced && this.#tabs.leads) {
      this.#connect();
    }
    this.mark();
    for (const listener of this.#listeners) {
      listener(fresh);
    }
  }
}
