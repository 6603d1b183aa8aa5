// Elements, made without a line of HTML: what a person wrote can only ever become text.

const SVG = "http://www.w3.org/2000/svg";

const ICONS = {
  chat: "M4 12a7.5 7 0 1 1 3.4 5.9L4 19l.9-3.2A7 7 0 0 1 4 12ZM8.5 12h.01M12 12h.01M15.5 12h.01",
  close: "m6 6 12 12M18 6 6 18",
  more: "M12 5.5h.01M12 12h.01M12 18.5h.01",
  send: "M12 19V5m-6 6 6-6 6 6",
  down: "M12 5v14m-6-6 6 6 6-6",
  clip: "m19 11.5-7.4 7.4a4.6 4.6 0 0 1-6.5-6.5l7.7-7.7a3 3 0 0 1 4.3 4.3l-7.6 7.6a1.5 1.5 0 0 1-2.1-2.1l6.8-6.9",
  check: "m5 12.5 4.5 4.5L19 7.5",
  checks: "m2.5 12.5 4.5 4.5L16 8m-4.5 8 1 1L22 7.5",
  clock: "M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16Zm0 3.5V12l3 2",
  alert: "M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16Zm0 4v5m0 3h.01",
  file: "M7 3.5h6.5L18 8v12.5H7ZM13 3.5V8.5h5",
  page: "M5 5h14v14H5Zm0 4h14M9 13h6",
  download: "M12 4v11m-5-5 5 5 5-5M5 20h14",
  forget: "M5 7h14M10 7V4.5h4V7M7 7l.8 12.5h8.4L17 7",
  sound: "M6 10a6 6 0 0 1 12 0c0 5 2 6 2 7H4c0-1 2-2 2-7Zm4 9.5a2 2 0 0 0 4 0",
  person: "M12 4.5a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7ZM5 20c.6-3.6 3.3-5.5 7-5.5s6.4 1.9 7 5.5",
  edit: "m5 19 .8-3.8L16.5 4.5l3 3L8.8 18.2ZM14.5 6.5l3 3",
  retry: "M19 12a7 7 0 1 1-2-5m2-3v4h-4",
  drop: "M12 3.5c3.5 4.3 5.5 7.2 5.5 10a5.5 5.5 0 0 1-11 0c0-2.8 2-5.7 5.5-10ZM9.5 14a2.6 2.6 0 0 0 2.5 2.5",
};

/** Make an element: `on…` are listeners, other properties attributes; false and null leave one out. */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) {
      element.addEventListener(name.slice(2), value);
    } else if (value !== false && value !== null && value !== undefined) {
      element.setAttribute(name, value === true ? "" : value);
    }
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

/** Make one of our icons; it says nothing to a screen reader. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", `icon icon-${name}`);
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** Make a button that is a picture with a name. */
export const iconButton = (name, label, onclick, properties = {}) =>
  h(
    "button",
    { type: "button", class: "icon-button", "aria-label": label, title: label, onclick, ...properties },
    icon(name),
  );

/** Make a button of words. */
export const button = (label, onclick, properties = {}) =>
  h("button", { type: "button", class: "quiet", onclick, ...properties }, label);

/** Replace what is inside, and hide what is empty. */
export function fill(element, ...children) {
  const inside = children.flat().filter((child) => child !== null && child !== undefined);
  element.replaceChildren(...inside);
  element.hidden = inside.length === 0;
  return element;
}

const CONTROLS = "a, button, input, textarea";

/**
 * Draw anew what has the focus perhaps: it goes to the control that stands in the same place.
 * `where()` is the element to look in, before and after.
 */
export function keepFocus(where, draw) {
  const before = where();
  const held = before?.getRootNode().activeElement;
  const place = before?.contains(held) ? [...before.querySelectorAll(CONTROLS)].indexOf(held) : -1;
  draw();
  if (place >= 0 && !held.isConnected) {
    where()?.querySelectorAll(CONTROLS)[place]?.focus();
  }
}
