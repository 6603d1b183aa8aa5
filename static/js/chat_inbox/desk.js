// An operator's desk, without a picture of it: the list, the open dialogue, what waits to be sent, how
// news come. The panes draw it; nothing here touches the page's elements.

import { createApi } from "../chat/api.js";
import { Outbox } from "../chat/outbox.js";
import { keep } from "../chat/storage.js";
import { fromSnapshot, mergeMessages, mergeThread, mergeUpdate, ordered } from "../chat/store.js";
import { Tabs } from "../chat/tabs.js";
import { Transport } from "../chat/transport.js";
import { setClock } from "./clock.js";
import { Drafts } from "./drafts.js";
import { People } from "./people.js";
import { Queue } from "./queue.js";

const KEY = "kdl-inbox:";
const GATHER = 150;
const POLL = 5000;
const POLL_HIDDEN = 20000;
const LOOK_EVERY = 20000;
const TYPING_TOLD = 3000;
const MOST_NUMBERS = 100;
const RETRY_FIRST = 1000;
const RETRY_SLOWEST = 30000;

/** Throw away what another operator has left in this browser. */
function clearStrangers(user) {
  const kept = keep("localStorage");
  for (const key of kept.keys(KEY)) {
    if (!key.startsWith(`${KEY}${user}:`)) {
      kept.remove(key);
    }
  }
}

export class Desk {
  #api;
  #outbox;
  #tabs;
  #transport = null;
  #listeners = new Map();
  #hinted = new Set();
  #gathering = 0;
  #asked = 0;
  #known = new Map();
  #begun = false;
  #catching = null;
  #catchAgain = false;
  #typingTold = 0;
  #marking = 0;
  #delivered = new Set();
  #visit = 0;
  #retry = 0;
  #retries = 0;

  /** The answer of `state`. */
  config = null;
  counts = {};
  queue = new Queue();
  query = "";
  /** What a search has found: {threads, hits, next}. */
  results = null;
  loadingList = false;
  listTrouble = null;
  /** The open dialogue: {number, store, drafts, newFrom}. */
  open = null;
  opening = null;
  alive = true;
  signedOut = false;

  constructor(room) {
    this.room = room;
    clearStrangers(room.user);
    const mine = `${KEY}${room.user}:`;
    this.#api = createApi({
      base: room.api,
      token: () => this.config?.csrf ?? "",
      renew: () => this.loadState(),
    });
    this.#outbox = new Outbox({
      prefix: `${mine}out:`,
      send: (item) => this.#send(item),
      onChange: () => this.#tell("outbox"),
      onReset: () => this.refresh(),
    });
    this.drafts = new Drafts({
      prefix: `${mine}draft:`,
      post: (number, kind, text) => this.#api.post(`threads/${number}/draft/`, { kind, text }),
    });
    this.people = new People({ me: room.user, onChange: () => this.#tell("people") });
    this.#tabs = new Tabs({
      name: `kdl-inbox-${room.user}`,
      onLead: () => this.#connect(),
      onRest: () => this.#disconnect(),
      onWord: (word) => this.#hear(word),
    });
    for (const name of ["online", "offline", "pageshow", "pagehide"]) {
      addEventListener(name, (event) => this.#onPage(event));
    }
    document.addEventListener("visibilitychange", (event) => this.#onPage(event));
    setInterval(() => this.#look(), LOOK_EVERY);
  }

  /** Call back when something of this kind changes: list, open, outbox, people, link, fresh. */
  on(kinds, callback) {
    for (const kind of kinds.split(" ")) {
      this.#listeners.set(kind, [...(this.#listeners.get(kind) ?? []), callback]);
    }
  }

  #tell(kind, ...details) {
    for (const callback of this.#listeners.get(kind) ?? []) {
      callback(...details);
    }
  }

  // --- Beginning -------------------------------------------------------------------------------

  /** Take the state, then the list, then listen. Tries again until the server answers. */
  async begin() {
    for (let tries = 0; !(await this.loadState()); tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, Math.min(30000, 1000 * 2 ** tries)));
    }
    this.#tabs.start();
    await this.refresh();
    this.#outbox.wake();
  }

  /** Take the state from the server; true if it could be had. */
  async loadState() {
    let isKnown = false;
    try {
      this.config = await this.#api.get("state/");
      setClock(this.config.now);
      this.#setAlive(true);
      this.signedOut = false;
      isKnown = true;
    } catch (error) {
      this.#notice(error);
    }
    this.#tell("link");
    return isKnown;
  }

  /** Go on after the session has ended, if there is another one: perhaps from another tab. */
  async #goOn() {
    if (await this.loadState()) {
      if (this.leads) {
        this.#connect();
      }
      await this.refresh();
      this.#outbox.wake();
    }
  }

  get me() {
    return this.config.me;
  }

  // --- News ------------------------------------------------------------------------------------

  #connect() {
    this.#transport ??= new Transport({
      rungs: ["sse", "ws", "poll"],
      url: () => `${this.config.stream}?inbox=1`,
      poll: () => this.#poll(),
      pace: () => (document.visibilityState === "hidden" ? POLL_HIDDEN : POLL),
      onEvent: (name, data) => this.#onEvent(name, data),
      onLink: (alive) => this.#setAlive(alive),
    });
    this.#transport.start();
    this.#tell("link");
  }

  #disconnect() {
    this.#transport?.stop();
    this.#transport = null;
    this.#tell("link");
  }

  /** How news come to this tab now. */
  get link() {
    if (!this.alive) {
      return "none";
    }
    return this.#transport?.rung ?? "other";
  }

  async #poll() {
    this.#tabs.say({ refresh: true });
    await this.refresh();
    if (this.listTrouble) {
      throw this.listTrouble;
    }
  }

  #onEvent(name, data) {
    if (name === "reset") {
      // The session has ended, or the right was taken away.
      this.#disconnect();
      setTimeout(() => this.#goOn(), RETRY_FIRST);
      return;
    }
    this.#tabs.say({ name, data });
    this.#hear({ name, data });
  }

  #hear({ name, data, refresh, alive }) {
    if (name === "threads") {
      data.ids.forEach((number) => this.#hinted.add(number));
      clearTimeout(this.#gathering);
      this.#gathering = setTimeout(() => this.#readHinted(), GATHER);
      if (data.ids.includes(this.open?.number)) {
        this.catchUp();
      }
    } else if (name === "refresh" || refresh) {
      this.refresh();
    } else if (name === "typing") {
      this.people.type(data);
    } else if (name === "presence") {
      this.people.look(data);
    } else if (alive !== undefined) {
      this.#setAlive(alive, { tell: false });
    }
  }

  /** Note whether the server answers; `listed` says that it did so with the list. */
  #setAlive(alive, { tell = true, listed = false } = {}) {
    if (alive !== this.alive) {
      this.alive = alive;
      this.#tell("link");
      if (tell) {
        this.#tabs.say({ alive });
      }
      // What was said while the line was dead has reached nobody here.
      if (alive && this.#begun) {
        listed ? this.catchUp() : this.refresh();
      }
    }
    if (alive) {
      this.#outbox.wake();
    }
  }

  /** Learn from an error what it says of the line and the session. */
  #notice(error) {
    if (["signed_out", "forbidden"].includes(error.code) && error.status !== 409) {
      this.signedOut = error.code === "signed_out" || !this.config;
      this.#tell("link");
    } else if (error.status === 0 || error.status >= 500) {
      this.#setAlive(false);
    }
  }

  /** Read again, after a pause that grows, what could not be read; a refusal is final. */
  #readLater(error) {
    if (this.#retry || error.kind === "mend") {
      return;
    }
    const pause = Math.min(RETRY_SLOWEST, RETRY_FIRST * 2 ** this.#retries);
    this.#retries += 1;
    this.#retry = setTimeout(
      async () => {
        this.#retry = 0;
        await this.#readHinted();
        await this.refresh();
        if (!this.#retry) {
          this.#retries = 0;
        }
      },
      pause * (0.5 + Math.random()),
    );
  }

  #onPage({ type, persisted }) {
    if (type === "pagehide") {
      this.#disconnect();
      this.#tabs.stop();
    } else if (type === "offline") {
      this.#setAlive(false);
    } else if (type === "pageshow") {
      if (persisted) {
        this.#tabs.start();
        this.refresh();
      }
    } else if (document.visibilityState === "visible") {
      this.#transport?.wake({ network: type === "online" });
      this.#outbox.wake();
      this.#look();
      this.markRead();
      if (this.signedOut) {
        this.#goOn();
      }
    }
  }

  // --- The list --------------------------------------------------------------------------------

  /** Show another queue, or other filters. */
  async choose(which) {
    this.queue.turnTo(which);
    this.results = null;
    this.query = "";
    await this.#loadFirst();
  }

  /** Read the first rows and the open dialogue anew, and who wrote last, whatever queue is shown. */
  async refresh() {
    await Promise.all([this.#readNewest().then(() => this.#loadFirst()), this.catchUp()]);
  }

  /** Hear of those who have written meanwhile and do not stand in the rows that are shown. */
  async #readNewest() {
    if (this.queue.name === "open" && !this.queue.isFiltered) {
      return;
    }
    try {
      const { threads, counts } = await this.#api.get("threads/?queue=open");
      this.#takeCounts(counts, this.#meet(threads));
    } catch (error) {
      this.#notice(error);
      this.#readLater(error);
    }
  }

  async #loadFirst() {
    this.#asked += 1;
    const asked = this.#asked;
    this.loadingList = true;
    this.#tell("list");
    try {
      const answer = await this.#api.get(`threads/?${this.queue.where}`);
      this.#setAlive(true, { listed: true });
      if (asked !== this.#asked) {
        return;
      }
      this.listTrouble = null;
      this.#takeFirst(answer);
    } catch (error) {
      this.listTrouble = error;
      this.#notice(error);
      this.#readLater(error);
    }
    this.loadingList = false;
    this.#tell("list");
  }

  #takeFirst(answer) {
    this.queue.takeFirst(answer);
    this.#takeCounts(answer.counts, this.#meet(answer.threads));
    // From now on what comes is new.
    this.#begun = true;
  }

  /** Read on where the list ends. */
  async loadMore() {
    if (!this.queue.next) {
      return;
    }
    const { where } = this.queue;
    where.set("after", this.queue.next);
    const asked = this.#asked;
    const answer = await this.#api.get(`threads/?${where}`);
    if (asked === this.#asked) {
      this.queue.takeMore(answer);
      this.#meet(answer.threads, false);
      this.#tell("list");
    }
  }

  async #readHinted() {
    const numbers = [...this.#hinted].slice(0, MOST_NUMBERS);
    numbers.forEach((number) => this.#hinted.delete(number));
    if (!numbers.length) {
      return;
    }
    const { where } = this.queue;
    where.set("numbers", numbers.join(","));
    const asked = this.#asked;
    try {
      const { threads, inside, counts } = await this.#api.get(`threads/?${where}`);
      const fresh = this.#meet(threads);
      if (asked === this.#asked) {
        this.queue.takeNews(numbers, threads, inside);
      }
      this.#takeCounts(counts, fresh);
      this.#tell("list");
    } catch (error) {
      numbers.forEach((number) => this.#hinted.add(number));
      this.#notice(error);
      this.#readLater(error);
      return;
    }
    await this.#readHinted();
  }

  /** Note what has come in rows; true if a patient has written to us since. */
  #meet(rows, speak = this.#begun) {
    let fresh = false;
    for (const row of rows) {
      const before = this.#known.get(row.number) ?? 0;
      this.#known.set(row.number, row.unread);
      // An orphan is a colleague's who may not answer any more, or lets the patient wait too long.
      const ours = !row.assignee || row.assignee.id === this.room.user || row.orphan;
      if (speak && row.unread > before && ours && this.leads) {
        fresh = true;
        this.#tell("fresh", row);
      }
      this.#markDelivered(row);
    }
    return fresh;
  }

  #takeCounts(counts, told) {
    const before = this.counts.badge ?? 0;
    this.counts = counts;
    if (this.#begun && !told && counts.badge > before && this.leads) {
      this.#tell("fresh", null);
    }
  }

  get leads() {
    return this.#tabs.leads;
  }

  /** A message that stands in the list of somebody who looks has been delivered. */
  #markDelivered({ number, unread, last_seq: upto, delivered }) {
    const key = `${number}:${upto}`;
    const seen = document.visibilityState === "visible" && this.leads;
    if (seen && unread && upto > delivered.operator && !this.#delivered.has(key)) {
      this.#delivered.add(key);
      this.#api
        .post(`threads/${number}/read/`, { upto, state: "delivered" })
        .catch(() => this.#delivered.delete(key));
    }
  }

  // --- Search ----------------------------------------------------------------------------------

  /** Look for words; "" shows the queue again. */
  async search(query) {
    this.query = query;
    if (!query) {
      this.results = null;
      await this.#loadFirst();
      return;
    }
    this.loadingList = true;
    this.#tell("list");
    try {
      const found = await this.#api.get(`search/?q=${encodeURIComponent(query)}`);
      if (query === this.query) {
        this.results = found;
        this.listTrouble = null;
      }
    } catch (error) {
      this.listTrouble = error;
      this.#notice(error);
    }
    this.loadingList = false;
    this.#tell("list");
  }

  /** Read on where what was found ends. */
  async searchMore() {
    const { results } = this;
    const where = new URLSearchParams({ q: this.query, after: results.next });
    const found = await this.#api.get(`search/?${where}`);
    if (this.results === results) {
      results.hits.push(...found.hits);
      results.next = found.next;
      this.#tell("list");
    }
  }

  // --- The open dialogue -----------------------------------------------------------------------

  /**
   * Open a dialogue; `seq` is a message to go to. Resolves to whether it could be opened. Until all
   * of it is there, the one before stays open, so that nobody writes into what they do not see.
   */
  async openThread(number, seq = null) {
    const saved = this.drafts.flush();
    this.#visit += 1;
    const visit = this.#visit;
    this.opening = number;
    this.#tell("opening");
    let open;
    let drafts;
    try {
      if (this.open?.number === number) {
        // If it was merged, what was typed is to be among the drafts of the heir.
        await saved;
      }
      const answer = await this.#api.get(`threads/${number}/`);
      const { thread } = answer;
      drafts = answer.drafts;
      open = {
        number: thread.number,
        store: fromSnapshot(answer),
        newFrom: thread.unread ? thread.read.operator : 0,
      };
      while (visit === this.#visit && seq && open.store.more && ordered(open.store)[0].seq > seq) {
        await this.loadOlder(open);
      }
    } catch (error) {
      if (visit === this.#visit) {
        this.opening = null;
        this.#notice(error);
        this.#tell("opening", error);
      }
      return false;
    }
    if (visit !== this.#visit) {
      return false;
    }
    open.drafts = this.#draftsOf(number, open.number, drafts);
    this.open = open;
    this.opening = null;
    this.#tell("opened", seq);
    this.#look();
    return true;
  }

  /**
   * The drafts of a dialogue: what was typed here goes before what the server has. `asked` is the number
   * it was asked for by, another one if it has been merged.
   */
  #draftsOf(asked, number, kept) {
    if (this.open?.number === number) {
      return this.open.drafts;
    }
    return Object.fromEntries(
      ["message", "note"].map((kind) => {
        const known = this.drafts.local(number, kind) ?? kept[kind] ?? "";
        const typed = this.drafts.local(asked, kind) ?? "";
        return [kind, known.includes(typed) ? known : typed];
      }),
    );
  }

  /** Read the open dialogue as a whole, unless one goes to another. */
  async #reopen(number) {
    if (this.open?.number === number && !this.opening) {
      await this.openThread(number);
    }
  }

  /** Leave the open dialogue. */
  leave() {
    this.drafts.flush();
    this.#visit += 1;
    this.open = null;
    this.opening = null;
    this.#tell("opened", null);
  }

  get messages() {
    return ordered(this.open.store);
  }

  get thread() {
    return this.open?.store.thread ?? null;
  }

  /** What the server has not confirmed of the open dialogue. */
  get pending() {
    const stored = new Set(this.messages.map((message) => message.client_id));
    return this.#outbox.items.filter(
      (item) => item.number === this.open.number && !stored.has(item.client_id),
    );
  }

  /** What has not gone out and needs a decision, of all dialogues. */
  get failed() {
    return this.#outbox.items.filter((item) => item.state === "failed");
  }

  /** Read what is newer than our cursor; calls at one time share one reading. */
  async catchUp() {
    if (this.#catching) {
      this.#catchAgain = true;
      return this.#catching;
    }
    this.#catching = this.#catchUp().finally(() => {
      this.#catching = null;
      if (this.#catchAgain) {
        this.#catchAgain = false;
        this.catchUp();
      }
    });
    return this.#catching;
  }

  async #catchUp() {
    const { open } = this;
    try {
      for (let update = { more: true }; open && update?.more && this.open === open; ) {
        const { cursor } = open.store;
        update = await this.#api.get(`threads/${open.number}/changes/?after=${cursor}`);
        if (update && this.open === open) {
          this.#take(update, cursor);
        }
      }
    } catch (error) {
      if (error.kind === "reset" || error.status === 404) {
        await this.#reopen(open.number);
      } else {
        this.#notice(error);
        this.#readLater(error);
      }
    }
  }

  #take(update, after) {
    const { store, number } = this.open;
    if (update.thread.merged_into) {
      this.#reopen(number);
      return;
    }
    const fresh = mergeUpdate(store, update, after);
    for (const { client_id: id, sender } of fresh) {
      this.people.wrote(number, sender);
      if (id && this.#outbox.find(id)) {
        this.#outbox.remove(id);
      }
    }
    this.#tell("open", fresh);
  }

  /** Read the messages before the oldest one. */
  async loadOlder(open = this.open) {
    const before = ordered(open.store)[0].seq;
    const { messages, more } = await this.#api.get(
      `threads/${open.number}/messages/?before=${before}`,
    );
    mergeMessages(open.store, messages);
    open.store.more = more;
    if (this.open === open) {
      this.#tell("open", []);
    }
  }

  /** The newest messages are before the operator's eyes. */
  markRead() {
    const { thread } = this;
    const upto = this.open?.store.upto ?? 0;
    const seen = document.visibilityState === "visible" && document.hasFocus() && this.reading;
    if (!thread || !seen || thread.read.operator >= upto) {
      return;
    }
    clearTimeout(this.#marking);
    this.#marking = setTimeout(() => {
      this.#api
        .post(`threads/${thread.number}/read/`, { upto })
        .then(() => this.#afterAction(thread.number))
        .catch((error) => this.#notice(error));
    }, 400);
  }

  /** The end of the conversation is in view. Set by the pane. */
  reading = false;

  /** Tell colleagues what is open here. */
  #look() {
    if (this.open && document.visibilityState === "visible") {
      this.#api.post(`threads/${this.open.number}/looking/`).catch(() => {});
    }
  }

  /** Tell a patient that an answer is being written; a note is nobody's business. */
  type(number) {
    if (Date.now() - this.#typingTold > TYPING_TOLD) {
      this.#typingTold = Date.now();
      this.#api.post(`threads/${number}/typing/`).catch(() => {});
    }
  }

  // --- Writing ---------------------------------------------------------------------------------

  /**
   * Keep a message for sending. Only after this may the composer forget the text. False if it was
   * written for another dialogue than the one that is open: then it stays a draft of that one.
   */
  send({ number, kind, text, files, seen, shown }) {
    if (number !== this.open?.number) {
      return false;
    }
    this.#outbox.add({ number, kind, text, files, seen, shown });
    this.open.drafts[kind] = "";
    this.drafts.save(number, kind, "", 0);
    return true;
  }

  /** Send again what failed, changed or not. */
  resend(clientId, changes = {}) {
    this.#outbox.resend(clientId, changes);
  }

  /** Forget what was not sent. */
  takeBack(clientId) {
    this.#outbox.remove(clientId);
  }

  async #send(item) {
    try {
      const { message, number } = await this.#api.post(`threads/${item.number}/messages/`, {
        client_id: item.client_id,
        kind: item.kind,
        text: item.text,
        attachments: item.files?.map(({ id }) => id) ?? [],
        seen_seq: item.seen,
        shown_seq: item.shown,
        anyway: item.anyway ?? false,
      });
      this.#setAlive(true);
      if (this.open?.number === number) {
        const fresh = mergeMessages(this.open.store, [message]);
        this.#tell("open", fresh);
      }
      this.#afterAction(number);
      return true;
    } catch (error) {
      this.#notice(error);
      if (error.code === "signed_out" || error.code === "csrf") {
        // It goes out by itself once the operator has signed in again.
        error.kind = "retry";
      }
      if (error.code === "answered_meanwhile") {
        await this.catchUp();
      }
      throw error;
    }
  }

  /** Change an own message. */
  async edit(message, text) {
    await this.#change(`messages/${message.id}/edit/`, { text });
  }

  /** Take an own message back. */
  async remove(message) {
    await this.#change(`messages/${message.id}/delete/`);
  }

  /** Send an answer again that did not get to VK. */
  async sendAgain(message) {
    await this.#change(`messages/${message.id}/resend/`);
  }

  async #change(path, data) {
    const { open } = this;
    const { message } = await this.#api.post(path, data);
    if (open && open === this.open && open.store.messages.has(message.id)) {
      mergeMessages(open.store, [message]);
      this.#tell("open", []);
      this.#afterAction(open.number);
    }
  }

  /**
   * Do something with a dialogue that is or was open: assign, close, reopen, merge, block, unblock.
   * After a question it is the one that the question was about.
   */
  async act(open, action, data = {}) {
    const { number, store } = open;
    const { thread } = await this.#api.post(`threads/${number}/${action}/`, data);
    // Who is blocked is not written into the dialogue: no update would tell it.
    mergeThread(store, thread.number === number ? thread : null);
    if (open === this.open) {
      this.#tell("open", []);
    }
    await this.#afterAction(number);
  }

  /** What we have just done shows at once, whatever the stream is like. */
  async #afterAction(number) {
    this.#hinted.add(number);
    await Promise.all([this.#readHinted(), this.open?.number === number ? this.catchUp() : null]);
  }

  // --- At hand ---------------------------------------------------------------------------------

  /** The canned replies that may be used today. */
  async replies() {
    return (await this.#api.get("replies/")).replies;
  }

  /** What the site has under some words. */
  async content(query) {
    return (await this.#api.get(`content/?q=${encodeURIComponent(query)}`)).found;
  }

  /** The row of the common dialogue. */
  async common() {
    return (await this.#api.get("common/")).thread;
  }

  /** Another dialogue, to look at before it is merged with. */
  async peek(number) {
    return (await this.#api.get(`threads/${number}/`)).thread;
  }

  /** Send a file up. */
  upload(file, options) {
    return this.#api.upload("attachments/", file, options);
  }
}

