"use strict";

// Two screens of VK on one page: each shows one person's dialogue with the community.

const PULSE = 1000;
const STATUSES = { ok: "события принимает", failed: "события не принимает", wait: "ещё не подтверждён" };

async function ask(path, order) {
  const options = order === undefined ? {} : {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(order),
  };
  const response = await fetch(`_fake/${path}`, options);
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error);
  return answer;
}

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function localPath(address) {
  const url = new URL(address, location.href);
  return url.pathname + url.search;
}

function time(seconds) {
  return new Date(seconds * 1000).toLocaleTimeString("ru-RU", { hour: "2-digit", minute: "2-digit" });
}

function excerpt(message) {
  return message.text.slice(0, 80) || "Вложение";
}

function base64(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.split(",", 2)[1] || "");
    reader.onerror = () => reject(new Error("Файл не прочитан"));
    reader.readAsDataURL(file);
  });
}

class Pane {
  constructor(root, place) {
    this.root = root;
    this.place = place;
    this.key = `fake-vk-${root.id}`;
    this.peer = Number(localStorage.getItem(this.key)) || null;
    this.shown = "";
    this.people = "";
    this.snackbars = null;
    root.append(document.getElementById("pane").content.cloneNode(true));
    this.find = (selector) => root.querySelector(selector);
    this.listen();
  }

  listen() {
    this.find(".who").addEventListener("change", (event) => this.choose(Number(event.target.value)));
    this.find(".add").addEventListener("click", () => {
      this.find(".newcomer").hidden = !this.find(".newcomer").hidden;
      if (!this.find(".newcomer").hidden) this.find(".newcomer input").focus();
    });
    this.find(".newcomer").addEventListener("submit", (event) => {
      event.preventDefault();
      const form = event.target;
      this.attempt(async () => {
        const { result } = await ask("add_user", { id: form.elements.id.value, name: form.elements.name.value });
        form.reset();
        form.hidden = true;
        this.choose(result);
      });
    });
    this.find(".permit").addEventListener("click", () =>
      this.attempt(() => ask(this.dialog.allowed ? "deny" : "allow", { peer: this.peer })));
    this.find(".cancel").addEventListener("click", () => this.replyTo(null));
    this.find(".composer").addEventListener("submit", (event) => {
      event.preventDefault();
      this.attempt(() => this.send());
    });
    this.find("input[type=file]").addEventListener("change", () => this.nameFile());
    this.find("textarea").addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        this.find(".composer").requestSubmit();
      }
    });
  }

  async attempt(action) {
    this.find(".error").textContent = "";
    try {
      await action();
    } catch (error) {
      this.find(".error").textContent = `Не вышло: ${error.message}`;
    }
    await refresh();
  }

  choose(peer) {
    this.peer = peer;
    this.shown = "";
    this.snackbars = null;
    this.find(".snackbar").textContent = "";
    localStorage.setItem(this.key, peer);
    this.replyTo(null);
    refresh();
  }

  replyTo(message) {
    this.reply = message;
    this.find(".replying").hidden = !message;
    this.find(".replying span").textContent = message ? `Ответ на: ${excerpt(message)}` : "";
    if (message) this.find("textarea").focus();
  }

  nameFile() {
    const [file] = this.find("input[type=file]").files;
    this.find(".file").textContent = file ? file.name : "Прикрепить файл";
  }

  async send() {
    const field = this.find("textarea");
    const picker = this.find("input[type=file]");
    const [file] = picker.files;
    if (!field.value.trim() && !file) return;
    const order = { peer: this.peer, text: field.value };
    if (this.reply) order.reply_to = this.reply.conversation_message_id;
    if (file) order.file = { name: file.name, data: await base64(file) };
    await ask("user_writes", order);
    field.value = "";
    picker.value = "";
    this.nameFile();
    this.replyTo(null);
  }

  showPeople(users) {
    const people = JSON.stringify(users);
    if (!users.some((user) => user.id === this.peer)) {
      this.peer = (this.place === 0 ? users[0] : users[users.length - 1])?.id ?? null;
    }
    if (people === this.people) {
      this.find(".who").value = this.peer;
      return;
    }
    this.people = people;
    this.find(".who").replaceChildren(...users.map((user) => {
      const option = element("option", "", user.name);
      option.value = user.id;
      return option;
    }));
    this.find(".who").value = this.peer;
  }

  async refresh() {
    if (!this.peer) return;
    const peer = this.peer;
    const dialog = await ask(`dialog?peer=${peer}`);
    if (peer !== this.peer) return;
    this.dialog = dialog;
    this.find(".typing").hidden = !dialog.typing;
    this.find(".permit").textContent = dialog.allowed ? "Запретить сообщения" : "Разрешить сообщения";
    if (this.snackbars !== null && dialog.snackbars > this.snackbars) {
      this.find(".snackbar").textContent = dialog.snackbar;
    }
    this.snackbars = dialog.snackbars;
    const shown = JSON.stringify([dialog.messages, dialog.keyboard, dialog.read_by_community]);
    if (shown === this.shown) return;
    this.shown = shown;
    const list = this.find(".messages");
    const log = this.find(".log");
    const focused = list.contains(document.activeElement) ? document.activeElement.dataset.place : null;
    const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 48;
    list.replaceChildren(...dialog.messages.map((message) => this.message(message)));
    if (!dialog.messages.length) list.append(element("li", "empty", "Здесь пока пусто. Напишите сообществу первым."));
    this.find(".keyboard").replaceChildren(...this.rows(dialog.keyboard, null));
    if (atEnd) log.scrollTop = log.scrollHeight;
    if (focused) list.querySelector(`[data-place="${focused}"]`)?.focus();
    if (this.root.offsetParent !== null && dialog.messages.some((message) => message.out)) {
      await ask("read", { peer });
    }
  }

  message(message) {
    const item = element("li", message.out ? "out" : "");
    if (message.reply_message) item.append(element("div", "quote", excerpt(message.reply_message)));
    for (const other of message.fwd_messages) item.append(element("div", "quote", excerpt(other)));
    item.append(element("div", "text", message.text));
    item.append(...message.attachments.map((attachment) => this.attachment(attachment)));
    if (message.keyboard?.inline) item.append(...this.rows(message.keyboard, message.conversation_message_id));
    const meta = element("div", "meta", time(message.date));
    if (message.update_time) meta.append(element("span", "", "изменено"));
    if (!message.out && message.conversation_message_id <= this.dialog.read_by_community) {
      meta.append(element("span", "", "прочитано"));
    }
    const reply = element("button", "", "Ответить");
    reply.type = "button";
    reply.dataset.place = `reply-${message.conversation_message_id}`;
    reply.addEventListener("click", () => this.replyTo(message));
    meta.append(reply);
    item.append(meta);
    return item;
  }

  attachment(attachment) {
    const what = attachment[attachment.type];
    if (attachment.type === "photo") {
      const largest = what.sizes.reduce((one, two) => (one.width * one.height > two.width * two.height ? one : two));
      const picture = element("img");
      picture.src = localPath(largest.url);
      picture.alt = "Фотография";
      return picture;
    }
    const link = element("a", "", what.title || attachment.type);
    if (what.url) link.href = localPath(what.url);
    link.download = what.title || "";
    return link;
  }

  rows(keyboard, cmid) {
    return (keyboard?.buttons || []).map((row, line) => {
      const made = element("div", "row");
      made.append(...row.map(({ action, color }, column) => {
        if (action.type === "open_link") {
          const link = element("a", "", action.label);
          link.href = action.link;
          link.target = "_blank";
          link.rel = "noreferrer";
          return link;
        }
        const button = element("button", color || "", action.label);
        button.type = "button";
        button.dataset.place = `button-${cmid}-${line}-${column}`;
        button.addEventListener("click", () => this.attempt(() =>
          ask("press_button", { peer: this.peer, cmid, label: action.label })));
        return button;
      }));
      return made;
    });
  }
}

const panes = ["operator", "patient"].map((id, place) => new Pane(document.getElementById(id), place));

function showState(state) {
  const line = document.getElementById("state");
  const server = state.servers[0];
  line.classList.toggle("bad", !server || server.status !== "ok");
  const words = server ? `Сайт ${STATUSES[server.status] || server.status}` : "Сайт не подключён";
  line.textContent = `${state.group.name}. ${words}. В очереди событий: ${state.pending}, пропало: ${state.gone}.`;
}

async function refresh() {
  try {
    const state = await ask("state");
    showState(state);
    for (const pane of panes) {
      pane.showPeople(state.users);
      await pane.refresh();
    }
  } catch {
    const line = document.getElementById("state");
    line.classList.add("bad");
    line.textContent = "Учебный ВКонтакте не отвечает. Он запущен?";
  }
}

for (const button of document.querySelectorAll("[data-advance]")) {
  button.addEventListener("click", async () => {
    await ask("advance_clock", { seconds: Number(button.dataset.advance) });
    await refresh();
  });
}

for (const tab of document.querySelectorAll("[data-tab]")) {
  tab.addEventListener("click", () => {
    document.querySelector(".panes").dataset.shown = tab.dataset.tab;
    for (const other of document.querySelectorAll("[data-tab]")) {
      other.setAttribute("aria-pressed", String(other === tab));
    }
    refresh();
  });
}

async function pulse() {
  if (!document.hidden) await refresh();
  setTimeout(pulse, PULSE);
}

pulse();
