// Days and times in words, by the reader's own clock.

import { T } from "./texts.js";

const clock = new Intl.DateTimeFormat("ru", { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat("ru", { day: "numeric", month: "long" });
const dayOfYear = new Intl.DateTimeFormat("ru", { day: "numeric", month: "long", year: "numeric" });

/** «09:12» */
export const timeOf = (moment) => clock.format(new Date(moment));

/** Two moments of one day have the same key. */
export const dayKey = (moment) => new Date(moment).toDateString();

/** «Сегодня», «Вчера», «3 марта», «3 марта 2025 г.» */
export function dayName(moment, now = new Date()) {
  const date = new Date(moment);
  const yesterday = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1);
  if (dayKey(date) === dayKey(now)) {
    return T.today;
  }
  if (dayKey(date) === dayKey(yesterday)) {
    return T.yesterday;
  }
  return (date.getFullYear() === now.getFullYear() ? day : dayOfYear).format(date);
}

/** «180 КБ», «2,4 МБ» */
export function sizeName(bytes) {
  const mega = bytes / 1048576;
  return mega >= 1
    ? `${mega.toLocaleString("ru", { maximumFractionDigits: 1 })}\u00a0МБ`
    : `${Math.max(1, Math.round(bytes / 1024))}\u00a0КБ`;
}
