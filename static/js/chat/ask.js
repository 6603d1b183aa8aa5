// Small windows over the panel: each asks one thing and gives the focus back.

import { button, h } from "./dom.js";
import { T } from "./texts.js";

/**
 * Show a window with a form and wait. `act()` is awaited when it is agreed to; what it throws is
 * shown in the window, which then stays. Resolves to whether it was done.
 */
export function ask(root, { title, lead, fields = [], yes, danger = false, act, wrong }) {
  const problem = h("p", { class: "problem", role: "alert", hidden: true });
  const go = h("button", { type: "submit", class: danger ? "solid bad" : "solid" }, yes);
  let done = false;

  async function submit(event) {
    event.preventDefault();
    go.disabled = true;
    problem.hidden = true;
    try {
      await act();
      done = true;
      dialog.close();
    } catch (error) {
      problem.textContent = wrong(error);
      problem.hidden = false;
    }
    go.disabled = false;
  }

  const dialog = h(
    "dialog",
    {
      class: "ask",
      role: fields.length ? "dialog" : "alertdialog",
      "aria-labelledby": "kdl-ask-title",
      "aria-describedby": "kdl-ask-lead",
      // Esc ends this window, not the panel below.
      onkeydown: (event) => event.key === "Escape" && event.stopPropagation(),
    },
    h(
      "form",
      { novalidate: true, onsubmit: submit },
      h("h3", { id: "kdl-ask-title" }, title),
      h("p", { id: "kdl-ask-lead" }, lead),
      ...fields,
      problem,
      h("div", { class: "acts" }, go, button(T.cancel, () => dialog.close())),
    ),
  );
  root.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(done);
    });
  });
}

/** A field of such a window: its label and input. */
export function field(label, properties) {
  const input = h("input", { class: "input", ...properties });
  const hint = h("small", {}, ` (${T.optional})`);
  return { input, element: h("label", { class: "labelled" }, h("span", {}, label, hint), input) };
}

/** A box to tick in such a window. */
export function tick(label) {
  const input = h("input", { type: "checkbox" });
  return { input, element: h("label", { class: "tick" }, input, h("span", {}, label)) };
}
