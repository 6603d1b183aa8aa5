// How news reach this tab: server-sent events, else a WebSocket, else requests that are held, else
// asking now and then. Which one it is makes a difference in seconds, never in what arrives, because
// whoever listens reads from a cursor of its own.

const FIRST_SIGN = 8000;
const SILENCE = 45000;
const UP_AGAIN = 3600000;
const HELD = 25;

/**
 * Why a ride on one rung ended: `next` gives the rung up, `last` all but the last one, `final` the
 * whole journey; `after` is a pause in seconds.
 */
class Ended extends Error {
  constructor({ next = false, last = false, final = false, after = 0 } = {}) {
    super("ended");
    Object.assign(this, { next, last, final, after });
  }
}

export class Transport {
  #rungs;
  #url;
  #poll;
  #pace;
  #onEvent;
  #onLink;
  #rung = 0;
  #fellAt = 0;
  #deaths = [];
  #failures = 0;
  #running = null;
  #ride = null;
  #lastSign = 0;
  #watchdog = 0;
  #nudge = () => {};

  /**
   * `url(rung)` is the stream's address, with `poll()` one catch-up is read (it throws an ApiError),
   * `pace()` says how many milliseconds to wait between two. `onEvent(name, data)` gets what the
   * stream brings, and `reset` when the stream refuses the cursor. `onLink(alive)` tells whether
   * the server is heard of. `rungs` leaves some out.
   */
  constructor({ url, poll, pace, onEvent, onLink, rungs = ["sse", "ws", "wait", "poll"] }) {
    this.#url = url;
    this.#poll = poll;
    this.#pace = pace;
    this.#onEvent = onEvent;
    this.#onLink = onLink;
    this.#rungs = rungs;
  }

  /** Which way news come now. */
  get rung() {
    return this.#rungs[this.#rung];
  }

  start() {
    if (!this.#running) {
      this.#running = new AbortController();
      this.#run(this.#running.signal);
    }
  }

  stop() {
    this.#running?.abort();
    this.#running = null;
    this.#ride?.abort();
    this.#nudge();
  }

  /**
   * The page or the network came back: go on at once. A line that was quiet for long is opened anew,
   * since one that died in a phone's sleep looks alive; after a change of network every line is.
   */
  wake({ network = false } = {}) {
    if (network) {
      this.#rung = 0;
      this.#deaths = [];
    }
    if (network || Date.now() - this.#lastSign > SILENCE / 2) {
      this.#ride?.abort();
    }
    this.#nudge();
  }

  async #run(stopped) {
    while (!stopped.aborted) {
      if (this.#rung && Date.now() - this.#fellAt > UP_AGAIN) {
        this.#rung = 0;
      }
      const ride = new AbortController();
      this.#ride = ride;
      let pause = 0;
      try {
        await this.#ways[this.rung](ride.signal);
      } catch (error) {
        if (stopped.aborted) {
          return;
        }
        const ended = error instanceof Ended ? error : new Ended();
        if (ended.final) {
          this.#running = null;
          return;
        }
        this.#countDeath(ended);
        pause = await this.#catchUp(ended.after);
      } finally {
        clearInterval(this.#watchdog);
        ride.abort();
      }
      await this.#sleep(pause * 1000);
    }
  }

  #countDeath({ next, last }) {
    const now = Date.now();
    const lowest = this.#rungs.length - 1;
    this.#deaths = [...this.#deaths.filter((at) => now - at < 60000), now];
    if ((next || last || this.#deaths.length >= 3) && this.#rung < lowest) {
      this.#rung = last ? lowest : this.#rung + 1;
      this.#fellAt = now;
      this.#deaths = [];
    }
  }

  /** Between two lines nothing is missed: read once, and learn whether the server is there at all. */
  async #catchUp(after) {
    try {
      await this.#poll();
      this.#sign();
      return after;
    } catch (error) {
      this.#failures += 1;
      this.#onLink(false);
      const slowest = Math.min(30, 2 ** Math.min(this.#failures - 1, 5));
      return Math.max(after, error.retryAfter ?? 0, Math.random() * slowest + 0.2);
    }
  }

  #sign() {
    this.#lastSign = Date.now();
    this.#failures = 0;
    this.#onLink(true);
  }

  /** Break the ride off when nothing is heard for too long. */
  #watch(ride) {
    const begun = Date.now();
    const state = { heard: false, next: false };
    this.#watchdog = setInterval(() => {
      const silence = Date.now() - Math.max(begun, state.heard ? this.#lastSign : 0);
      if (silence > (state.heard ? SILENCE : FIRST_SIGN)) {
        state.next = !state.heard;
        this.#ride?.abort();
      }
    }, 1000);
    return {
      heard: () => {
        state.heard = true;
        this.#sign();
      },
      ended: () => new Ended({ next: state.next }),
    };
  }

  #handle(name, data, id) {
    if (name === "reset") {
      this.#onEvent("reset", {});
      throw new Ended({ final: true });
    }
    if (name === "end") {
      if (data.reason === "revoked") {
        this.#onEvent("reset", {});
        throw new Ended({ final: true });
      }
      throw new Ended({ after: data.reason === "replaced" ? 30 : Math.random() * 3 });
    }
    if (name !== "beat") {
      this.#onEvent(name, data, id);
    }
  }

  async #open(rung, ride, headers = {}) {
    const answer = await fetch(this.#url(rung), {
      headers,
      credentials: "same-origin",
      cache: "no-store",
      signal: ride,
    });
    if (answer.status === 429 || answer.status === 503) {
      throw new Ended({ next: true, after: Number(answer.headers.get("Retry-After")) || 5 });
    }
    if (!answer.ok) {
      const ours = (answer.headers.get("Content-Type") ?? "").includes("json");
      const { code } = ours ? await answer.json() : {};
      if (["thread_changed", "invalid_cursor", "not_found"].includes(code)) {
        this.#handle("reset");
      }
      throw new Ended({ next: true, last: code === "no_stream" });
    }
    return answer;
  }

  #ways = {
    sse: async (ride) => {
      const { heard, ended } = this.#watch(ride);
      try {
        const answer = await this.#open("sse", ride, { Accept: "text/event-stream" });
        if (!(answer.headers.get("Content-Type") ?? "").startsWith("text/event-stream")) {
          throw new Ended({ next: true });
        }
        const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
        let rest = "";
        for (;;) {
          const { value, done } = await reader.read();
          if (done) {
            throw new Ended();
          }
          heard();
          const blocks = (rest + value).replaceAll("\r\n", "\n").split("\n\n");
          rest = blocks.pop();
          for (const block of blocks) {
            this.#dispatch(block);
          }
        }
      } catch (error) {
        throw error instanceof Ended ? error : ended();
      }
    },

    ws: (ride) =>
      new Promise((_resolve, reject) => {
        const { heard, ended } = this.#watch(ride);
        const address = new URL(this.#url("ws"), location.href);
        address.protocol = address.protocol.replace("http", "ws");
        const socket = new WebSocket(address);
        ride.addEventListener("abort", () => {
          socket.close();
          reject(ended());
        });
        let opened = false;
        socket.onopen = () => (opened = true);
        socket.onmessage = (message) => {
          heard();
          try {
            const { event, data, id } = JSON.parse(message.data);
            this.#handle(event, data ?? {}, id);
          } catch (error) {
            socket.close();
            reject(error);
          }
        };
        socket.onclose = () => reject(new Ended({ next: !opened }));
      }),

    wait: async (ride) => {
      const begun = Date.now();
      const limit = setTimeout(() => this.#ride?.abort(), (HELD + 10) * 1000);
      try {
        const answer = await this.#open("wait", ride);
        this.#sign();
        if (answer.status === 200) {
          this.#handle("update", await answer.json());
        } else if (Date.now() - begun < 1000) {
          // Nobody holds requests here.
          throw new Ended({ next: true });
        }
      } finally {
        clearTimeout(limit);
      }
    },

    poll: async () => {
      await this.#sleep(await this.#catchUp(0) * 1000 || this.#pace());
    },
  };

  #dispatch(block) {
    const event = { event: "message", data: "" };
    for (const line of block.split("\n")) {
      const [, name, value] = line.match(/^(\w+): ?(.*)$/) ?? [];
      if (name) {
        event[name] = name === "data" ? event.data + value : value;
      }
    }
    if (event.data) {
      this.#handle(event.event, JSON.parse(event.data), event.id);
    }
  }

  #sleep(milliseconds) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#nudge = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** The query of a held request. */
export const WAIT = `wait=${HELD}`;
