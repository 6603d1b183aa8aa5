// The site's own script: header, menu, view panel, print and copy buttons. Everything it adds is an
// ease: without it the menu opens by focus, the sheet of a phone is a <details>, the rest is links.

const root = document.documentElement;
const all = (selector, scope = document) => [...scope.querySelectorAll(selector)];

// --- Header: glass when scrolled, the menu row away while reading down ---------------------------

let lastY = 0;
let ticking = false;

function onScroll() {
  const y = Math.max(0, window.scrollY);
  root.classList.toggle("is-stuck", y > 8);
  if (Math.abs(y - lastY) > 6 || y < 160) {
    root.classList.toggle("is-compact", y > 160 && y > lastY);
    lastY = y;
  }
  ticking = false;
}

addEventListener(
  "scroll",
  () => {
    if (!ticking) {
      ticking = true;
      requestAnimationFrame(onScroll);
    }
  },
  { passive: true },
);
requestAnimationFrame(onScroll);

// --- Main menu: the disclosure pattern (WAI-ARIA), hover as an ease for a mouse ------------------

const items = all(".nav-item");
const megaItems = items.filter((item) => item.querySelector(".mega"));
let timer = 0;

function setOpen(item, open) {
  item.classList.toggle("is-open", open);
  item.querySelector(".nav-toggle").setAttribute("aria-expanded", String(open));
}

function closeAll(except) {
  clearTimeout(timer);
  megaItems.forEach((item) => item !== except && setOpen(item, false));
}

function open(item) {
  closeAll(item);
  setOpen(item, true);
}

function moveIn(list, from, step) {
  const next = list[(list.indexOf(from) + step + list.length) % list.length];
  next?.focus();
}

for (const item of megaItems) {
  const toggle = item.querySelector(".nav-toggle");
  const links = all(".mega a", item);
  toggle.addEventListener("click", () =>
    item.classList.contains("is-open") ? closeAll() : open(item),
  );
  item.addEventListener("pointerenter", (event) => {
    if (event.pointerType === "mouse") {
      clearTimeout(timer);
      timer = setTimeout(open, 120, item);
    }
  });
  item.addEventListener("pointerleave", (event) => {
    if (event.pointerType === "mouse") {
      clearTimeout(timer);
      timer = setTimeout(closeAll, 260);
    }
  });
  item.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !item.contains(event.relatedTarget)) {
      setOpen(item, false);
    }
  });
  item.addEventListener("keydown", (event) => {
    const here = document.activeElement;
    const inside = links.includes(here);
    if (event.key === "Escape" && item.classList.contains("is-open")) {
      closeAll();
      toggle.focus();
    } else if (event.key === "ArrowDown" && !inside) {
      open(item);
      // The panel is hidden until the browser has drawn it open; only then it takes focus.
      requestAnimationFrame(() => links[0].focus());
    } else if (inside && event.key === "ArrowDown") {
      moveIn(links, here, 1);
    } else if (inside && event.key === "ArrowUp") {
      here === links[0] ? toggle.focus() : moveIn(links, here, -1);
    } else if (inside && event.key === "Home") {
      links[0].focus();
    } else if (inside && event.key === "End") {
      links.at(-1).focus();
    } else {
      return;
    }
    event.preventDefault();
  });
}

document.querySelector(".nav")?.addEventListener("keydown", (event) => {
  const stops = all(".nav-link, .nav-toggle");
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (step && stops.includes(document.activeElement)) {
    event.preventDefault();
    moveIn(stops, document.activeElement, step);
  }
});

document.addEventListener("click", (event) => {
  if (!event.target.closest(".nav-item")) {
    closeAll();
  }
});

addEventListener("keydown", (event) => event.key === "Escape" && closeAll());

// --- The sheet of a phone -------------------------------------------------------------------------

const sheet = document.querySelector(".sheet");

if (sheet) {
  const summary = sheet.querySelector("summary");
  const shut = (back = true) => {
    sheet.open = false;
    if (back) {
      summary.focus();
    }
  };
  sheet.addEventListener("toggle", () => {
    all("main, footer").forEach((part) => {
      part.inert = sheet.open;
    });
    if (sheet.open) {
      sheet.querySelector(".sheet-close").focus();
    }
  });
  sheet.querySelector(".sheet-close").addEventListener("click", () => shut());
  sheet.addEventListener("keydown", (event) => event.key === "Escape" && sheet.open && shut());
  sheet.addEventListener("focusout", (event) => {
    if (sheet.open && event.relatedTarget && !sheet.contains(event.relatedTarget)) {
      shut(false);
    }
  });
}

// --- View panel -----------------------------------------------------------------------------------

const panel = document.querySelector(".view-panel");

/** Where pictures are off, what they show stands in their place. */
function describePictures(off) {
  all(".picture-text").forEach((text) => text.remove());
  if (off) {
    for (const image of all('main img[alt]:not([alt=""])')) {
      const text = document.createElement("span");
      text.className = "picture-text";
      text.textContent = image.alt;
      (image.closest("picture") ?? image).after(text);
    }
  }
}

function applyView(view) {
  for (const name of ["theme", "size", "scheme", "spacing", "pictures"]) {
    if (view[name]) {
      root.dataset[name] = view[name];
    } else {
      delete root.dataset[name];
    }
  }
  describePictures(view.pictures === "off");
}

if (panel) {
  const form = panel.querySelector("form");
  const save = () => {
    const view = Object.fromEntries([...new FormData(form)].filter(([, value]) => value));
    applyView(view);
    try {
      localStorage.setItem("view", JSON.stringify(view));
    } catch {
      // The choice then holds for this page.
    }
  };
  for (const input of form.elements) {
    if (input.type === "radio") {
      input.checked = input.value === (root.dataset[input.name] ?? "");
    }
  }
  describePictures(root.dataset.pictures === "off");
  form.addEventListener("change", save);
  form.addEventListener("reset", () => requestAnimationFrame(save));
  all("[data-view-panel]").forEach((button) =>
    button.addEventListener("click", () => {
      if (sheet?.open) {
        sheet.open = false;
        // What opened the panel is hidden now; this is where the focus shall come back to.
        sheet.querySelector("summary").focus();
      }
      panel.showModal();
    }),
  );
  panel.addEventListener("click", (event) => event.target === panel && panel.close());
}

// --- Small buttons ----------------------------------------------------------------------------------

all("[data-print]").forEach((button) => button.addEventListener("click", () => print()));

all("[data-copy]").forEach((button) =>
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    const label = button.querySelector("[data-copied]") ?? button;
    const before = label.textContent;
    label.textContent = label.dataset.copied;
    setTimeout(() => {
      label.textContent = before;
    }, 2000);
  }),
);

// A form that came back with errors says so first.
document.querySelector(".error-summary")?.focus();

// Closed answers are printed open.
addEventListener("beforeprint", () =>
  all("main details").forEach((details) => {
    details.dataset.was = details.open ? "open" : "";
    details.open = true;
  }),
);
addEventListener("afterprint", () =>
  all("main details").forEach((details) => {
    details.open = Boolean(details.dataset.was);
  }),
);
