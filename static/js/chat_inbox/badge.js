// The number beside «Чат» in the menu, on every screen of the admin: how many patients wait. The
// inbox knows it first and says so; elsewhere the server is asked while somebody looks at the page.
(() => {
  const EVERY = 20000;

  class ChatBadge extends window.StimulusModule.Controller {
    static values = { url: String };

    connect() {
      this.inside = Boolean(document.getElementById("chat-inbox"));
      this.timer = setInterval(() => this.ask(), EVERY);
      this.hear = (event) => this.show(event.detail.count);
      this.look = () => this.ask();
      document.addEventListener("chat:badge", this.hear);
      document.addEventListener("visibilitychange", this.look);
    }

    disconnect() {
      clearInterval(this.timer);
      document.removeEventListener("chat:badge", this.hear);
      document.removeEventListener("visibilitychange", this.look);
    }

    async ask() {
      if (this.inside || document.visibilityState !== "visible") {
        return;
      }
      try {
        const answer = await fetch(this.urlValue, { headers: { Accept: "application/json" } });
        if (answer.ok) {
          this.show((await answer.json()).count);
        }
      } catch {
        // Without a network the number stays as it was.
      }
    }

    show(count) {
      this.element.dataset.chatWaiting = count > 99 ? "99+" : count || "";
    }
  }

  window.wagtail.app.register("chat-badge", ChatBadge);
})();
