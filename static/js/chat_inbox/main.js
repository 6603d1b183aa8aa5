// The inbox: three panes over one desk. On a phone one pane is shown at a time.

import { keep } from "../chat/storage.js";
import { Actions } from "./actions.js";
import { Alerts } from "./alerts.js";
import { runClocks } from "./clock.js";
import { Desk } from "./desk.js";
import { Keys } from "./keys.js";
import { ListPane } from "./list.js";
import { PatientPane } from "./patient.js";
import { TalkPane } from "./talk.js";
import { T } from "./texts.js";
import { fill, h, wbutton, wicon } from "./ui.js";

const root = document.getElementById("chat-inbox");
const room = JSON.parse(document.getElementById("chat-inbox-room").textContent);
const kept = keep("localStorage");
const INFO = `kdl-inbox:${room.user}:info`;

const desk = new Desk(room);
const bars = h("div", { class: "ci-bars", role: "status" });
const said = h("div", { class: "ci-said", role: "alert", hidden: true });
const actions = new Actions(desk, say);
const list = new ListPane(desk, open);
const talk = new TalkPane(desk, actions, { onBack: back, onInfo: toggleInfo });
const patient = new PatientPane(desk, actions, {
  onFilter: (filters, queue) => {
    list.filter(filters, queue);
    show("list");
  },
  onHide: toggleInfo,
});
const alerts = new Alerts(desk, drawBars);

// --- Panes ---------------------------------------------------------------------------------------

const isNarrow = () => matchMedia("(width < 50em)").matches;
const isWide = () => matchMedia("(width >= 80em)").matches;

/** Show a pane on a phone: list, talk or info. */
function show(pane) {
  root.dataset.pane = pane;
}

let sayTimer = 0;

/** Tell the operator something for a while. */
function say(words) {
  clearTimeout(sayTimer);
  fill(said, wicon("warning"), h("p", {}, words), wbutton(T.ok, () => fill(said)));
  sayTimer = setTimeout(() => fill(said), 12000);
}

function address(number) {
  return number ? `?thread=${number}` : location.pathname;
}

async function open(number, seq = null) {
  const before = new URLSearchParams(location.search).get("thread");
  if (before !== String(number)) {
    history.pushState({ number }, "", address(number));
  }
  await enter(number, seq);
}

async function enter(number, seq = null) {
  show("talk");
  if (await desk.openThread(number, seq)) {
    talk.focus();
  }
}

function back() {
  history.pushState({}, "", address(null));
  leave();
}

function leave() {
  desk.leave();
  show("list");
  list.focus();
}

/** Show or hide the patient: beside the conversation, over it, or instead of it. */
function toggleInfo() {
  if (isNarrow()) {
    const shown = root.dataset.pane === "info";
    show(shown ? "talk" : "info");
    (shown ? talk : patient).focus();
    return;
  }
  const shown = root.dataset.info === (isWide() ? "shown" : "open");
  root.dataset.info = shown ? "hidden" : isWide() ? "shown" : "open";
  if (isWide()) {
    kept.set(INFO, root.dataset.info);
  }
  (shown ? talk : patient).focus();
}

// The heir of a merged dialogue has another number.
desk.on("opened", () => {
  const { open: opened } = desk;
  if (opened && new URLSearchParams(location.search).get("thread") !== String(opened.number)) {
    history.replaceState({ number: opened.number }, "", address(opened.number));
  }
});

// What could not be opened leaves the one before where it was, and its address.
desk.on("opening", (error) => {
  if (error && desk.open) {
    say(error.detail || T.actionFailed);
    history.replaceState({ number: desk.open.number }, "", address(desk.open.number));
  }
});

addEventListener("popstate", () => {
  const number = Number(new URLSearchParams(location.search).get("thread"));
  if (number) {
    enter(number);
  } else if (desk.open) {
    leave();
  }
});

// --- Bars ----------------------------------------------------------------------------------------

function bar(kind, icon, words, button = null) {
  return h("div", { class: `ci-bar ci-bar--${kind}` }, wicon(icon), h("p", {}, words), button);
}

function drawBars() {
  const shown = [];
  if (desk.signedOut) {
    const link = h("a", { class: "button button-small", href: room.links.signin }, T.signIn);
    shown.push(bar("bad", "logout", T.signedOut, link));
  } else if (!desk.alive) {
    shown.push(bar("bad", "warning", T.lost));
  }
  const elsewhere = desk.failed.filter(({ number }) => number !== desk.open?.number);
  if (elsewhere.length) {
    const button = wbutton(T.unsentShow, () => open(elsewhere[0].number));
    shown.push(bar("bad", "warning", T.unsent(elsewhere.length), button));
  }
  if (alerts.soundState === "muted") {
    const button = wbutton(T.muteButton, () => alerts.allowSound(), { icon: "media" });
    shown.push(bar("warn", "no-view", T.mute, button));
  }
  const key = shown.map((one) => one.textContent).join("|");
  // Drawn anew only when something else is to be said: a screen reader reads each change out.
  if (bars.dataset.key !== key) {
    bars.dataset.key = key;
    fill(bars, ...shown);
  }
}

desk.on("link outbox opened", drawBars);

// --- Keys and beginning --------------------------------------------------------------------------

const keys = new Keys(
  room.user,
  {
    step: (direction) => {
      show("list");
      list.step(direction);
    },
    search: () => {
      show("list");
      list.search.focus();
    },
    queue: (queue) => list.chooseQueue(queue),
    reply: () => talk.composer.write("message"),
    note: () => talk.composer.write("note"),
    toggle: () => actions.toggle(),
    take: () => actions.take(),
    handOver: () => actions.handOver(),
    info: toggleInfo,
    back: () => (isNarrow() ? back() : list.focus()),
    leaveField: () => talk.focus(),
  },
  () => Boolean(desk.open),
);

const tools = h(
  "div",
  { class: "ci-tools" },
  wbutton(T.alerts, () => alerts.show(), { icon: "media" }),
  wbutton(T.help, () => keys.help(), { icon: "keyboard" }),
  room.links.reports ? h("a", { class: "button button-small button-secondary", href: room.links.reports }, T.reports) : null,
);
list.element.append(tools);
root.dataset.info = kept.get(INFO) ?? "shown";
show("list");
root.replaceChildren(bars, said, h("div", { class: "ci-panes" }, list.element, talk.element, patient.element));
drawBars();
runClocks();

await desk.begin();
root.setAttribute("aria-busy", "false");
const wanted = Number(new URLSearchParams(location.search).get("thread"));
if (wanted) {
  enter(wanted);
}
