// Shows an editor the chat as patients will see it: the real widget, opened, begun with the draft that
// stands in the page. Nothing leaves the preview, nothing of this browser's own dialogue comes in, and
// the focus stays in the form beside it.

const state = JSON.parse(document.getElementById("chat-preview").textContent);
const refusal = { code: "invalid", field: null, detail: "Это предпросмотр: отсюда ничего не отправляется." };

globalThis.fetch = async (address) => {
  const isState = String(address).includes("/api/state/");
  return Response.json(isState ? state : refusal, { status: isState ? 200 : 400 });
};

// A browser that keeps nothing and has no other tabs: the widget knows how to live with that.
for (const name of ["localStorage", "sessionStorage"]) {
  Object.defineProperty(globalThis, name, {
    get() {
      throw new DOMException("A preview keeps nothing.", "SecurityError");
    },
  });
}
Object.defineProperty(navigator, "locks", { value: undefined });
delete globalThis.BroadcastChannel;

let isAsked = false;
const { focus } = HTMLElement.prototype;
HTMLElement.prototype.focus = function (...options) {
  if (isAsked) {
    focus.apply(this, options);
  }
};
const { show, showModal } = HTMLDialogElement.prototype;
for (const [name, method] of Object.entries({ show, showModal })) {
  HTMLDialogElement.prototype[name] = function () {
    if (isAsked) {
      method.apply(this);
    } else {
      this.setAttribute("open", "");
    }
  };
}
for (const sign of ["pointerdown", "keydown"]) {
  addEventListener(sign, () => (isAsked = true), { capture: true, once: true });
}

customElements.whenDefined("kdl-chat").then(() => document.querySelector("[data-chat-open]").click());
