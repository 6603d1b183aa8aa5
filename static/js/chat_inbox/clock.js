// Waiting clocks: they run by the server's time, and warm from muted to warn to bad.

import { longTime, shortTime, T } from "./texts.js";
import { h } from "./ui.js";

const WARN = 180;
const BAD = 600;
const EVERY = 10000;

let ahead = 0;

/** The server's time now, in milliseconds. */
export const now = () => Date.now() + ahead;

/** Learn how far this computer's clock is off. */
export function setClock(moment) {
  ahead = Date.parse(moment) - Date.now();
}

function tell(clock) {
  const seconds = Math.max(0, (now() - Date.parse(clock.dateTime)) / 1000);
  clock.dataset.level = seconds >= BAD ? "bad" : seconds >= WARN ? "warn" : "calm";
  clock.firstChild.textContent = shortTime(seconds);
  clock.lastChild.textContent = T.waits(longTime(seconds));
}

/** Make a clock of somebody who waits since a moment. */
export function waitingClock(since) {
  const clock = h(
    "time",
    { class: "ci-clock", datetime: since },
    h("span", { "aria-hidden": "true" }),
    h("span", { class: "w-sr-only" }),
  );
  tell(clock);
  return clock;
}

/** Let all clocks of the page run. */
export function runClocks() {
  setInterval(() => document.querySelectorAll("time.ci-clock").forEach(tell), EVERY);
}
