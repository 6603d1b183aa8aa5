// What the panes are made of: Wagtail's icons and buttons, dialogs, lists to pick from.

import { fill, h } from "../chat/dom.js";
import { T } from "./texts.js";

const SVG = "http://www.w3.org/2000/svg";

export { fill, h };

let made = 0;

/** Return an id that no other element has. */
export const newId = (name) => `ci-${name}-${(made += 1)}`;

/** Make one of Wagtail's icons; it says nothing to a screen reader. */
export function wicon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const use = document.createElementNS(SVG, "use");
  svg.setAttribute("class", `icon icon-${name}`);
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `#icon-${name}`);
  svg.append(use);
  return svg;
}

/** Make a button of words, by default a quiet one. */
export const wbutton = (label, onclick, { icon, kind = "button-secondary", ...rest } = {}) =>
  h(
    "button",
    { type: "button", class: `button button-small ${kind}`, onclick, ...rest },
    icon ? wicon(icon) : null,
    label,
  );

/** Make a button that is an icon with a name. */
export const ibutton = (name, label, onclick, rest = {}) =>
  h(
    "button",
    { type: "button", class: "ci-icon", "aria-label": label, title: label, onclick, ...rest },
    wicon(name),
  );

/** Make a field with its label above it. */
export function field(label, control, hint = "") {
  control.id ||= newId("field");
  const help = hint ? h("p", { class: "ci-hint", id: `${control.id}-hint` }, hint) : null;
  if (help) {
    control.setAttribute("aria-describedby", help.id);
  }
  return h("div", { class: "ci-field" }, h("label", { for: control.id }, label), control, help);
}

/** Show a dialog; it takes itself away when it is closed, and gives the focus back. */
export function dialog(title, ...children) {
  const id = newId("title");
  const before = document.activeElement;
  const element = h(
    "dialog",
    { class: "ci-dialog", "aria-labelledby": id, onclose: () => end() },
    h(
      "header",
      { class: "ci-dialog__head" },
      h("h2", { id }, title),
      ibutton("cross", T.closeDialog, () => element.close()),
    ),
    ...children,
  );
  function end() {
    element.remove();
    if (before?.isConnected && document.activeElement === document.body) {
      before.focus();
    }
  }
  // A click beside the box lands on the dialog itself.
  element.addEventListener("mousedown", (event) => {
    if (event.target === element) {
      element.close();
    }
  });
  document.body.append(element);
  element.showModal();
  return element;
}

/** Ask a question; resolves to whether it was answered with yes. */
export function ask(question, { yes = T.yes, title = T.actions, serious = false } = {}) {
  return new Promise((resolve) => {
    let answer = false;
    const say = () => {
      answer = true;
      element.close();
    };
    const kind = serious ? "serious" : "";
    const element = dialog(
      title,
      h("p", {}, question),
      h(
        "div",
        { class: "ci-buttons" },
        wbutton(yes, say, { kind, autofocus: true }),
        wbutton(T.cancel, () => element.close()),
      ),
    );
    element.addEventListener("close", () => resolve(answer));
  });
}

/**
 * Show a list to pick from, narrowed while one types. `find(query)` returns (a promise of) items with
 * `title`, and perhaps `lead` and `text`; resolves to the picked one, null if none was.
 */
export function pick({ title, label, find, nothing, hint = "", wait = 0, foot = null }) {
  return new Promise((resolve) => {
    const listId = newId("list");
    let items = [];
    let at = 0;
    let picked = null;
    let asked = 0;
    let timer = 0;

    const input = h("input", {
      type: "text",
      role: "combobox",
      autocomplete: "off",
      autofocus: true,
      "aria-controls": listId,
      "aria-expanded": "true",
      "aria-autocomplete": "list",
    });
    const list = h("ul", { class: "ci-pick", id: listId, role: "listbox", "aria-label": title });
    const status = h("p", { class: "ci-hint", role: "status" });

    function show() {
      list.replaceChildren(
        ...items.map((item, place) =>
          h(
            "li",
            {
              id: `${listId}-${place}`,
              role: "option",
              "aria-selected": String(place === at),
              onclick: () => take(item),
            },
            h("span", { class: "ci-pick__title" }, item.title),
            item.lead ? h("span", { class: "ci-pick__lead" }, item.lead) : null,
            item.text ? h("span", { class: "ci-pick__text" }, item.text) : null,
          ),
        ),
      );
      list.hidden = !items.length;
      const current = items.length ? `${listId}-${at}` : null;
      if (current) {
        input.setAttribute("aria-activedescendant", current);
        document.getElementById(current)?.scrollIntoView({ block: "nearest" });
      } else {
        input.removeAttribute("aria-activedescendant");
      }
    }

    async function search() {
      asked += 1;
      const mine = asked;
      try {
        const found = await find(input.value.trim());
        if (mine !== asked) {
          return;
        }
        items = found;
        at = 0;
        status.textContent = items.length ? hint : input.value.trim() || !wait ? nothing : hint;
      } catch {
        status.textContent = T.actionFailed;
      }
      show();
    }

    function take(item) {
      picked = item;
      element.close();
    }

    input.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(search, wait);
    });
    input.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step && items.length) {
        event.preventDefault();
        at = (at + step + items.length) % items.length;
        show();
      } else if (event.key === "Enter" && !event.isComposing) {
        event.preventDefault();
        if (items[at]) {
          take(items[at]);
        }
      }
    });

    const element = dialog(title, field(label, input), status, list, foot);
    element.classList.add("ci-dialog--pick");
    element.addEventListener("close", () => resolve(picked));
    search();
  });
}
