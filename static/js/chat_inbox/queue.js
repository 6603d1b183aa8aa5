// The queue that the list shows, as far as it was read: its rows, their order and where they end.

export const QUEUES = ["waiting", "mine", "unassigned", "open", "closed"];

export class Queue {
  name = QUEUES[0];
  filters = { operator: "", topic: "", page: "" };
  /** Numbers and rows, in no order. */
  rows = new Map();
  /** What the server is asked for the rest with; null if there is no more. */
  next = null;

  /** Show another queue, or other filters. */
  turnTo({ queue = this.name, filters = this.filters }) {
    this.name = queue;
    this.filters = filters;
    this.rows = new Map();
    this.next = null;
  }

  /** What the server is asked for. */
  get where() {
    const query = new URLSearchParams({ queue: this.name });
    for (const [name, value] of Object.entries(this.filters)) {
      if (value) {
        query.set(name, value);
      }
    }
    return query;
  }

  get isFiltered() {
    return Object.values(this.filters).some(Boolean);
  }

  /** The rows in their order. */
  get listed() {
    const key = this.name === "waiting" ? "waiting_since" : "last_message_at";
    const down = this.name === "waiting" ? 1 : -1;
    return [...this.rows.values()].sort((a, b) => {
      const order = (a[key] ?? "").localeCompare(b[key] ?? "") || a.number - b.number;
      return order * down;
    });
  }

  /** Take the first page anew; what was loaded beyond it stays. */
  takeFirst({ threads, next }) {
    const { listed } = this;
    const last = threads.at(-1)?.number;
    const end = listed.findIndex(({ number }) => number === last);
    const beyond = next && end >= 0 ? listed.slice(end + 1) : [];
    this.rows = new Map([...threads, ...beyond].map((row) => [row.number, row]));
    if (!beyond.length) {
      this.next = next;
    }
  }

  /** Take the page after the last one. */
  takeMore({ threads, next }) {
    threads.forEach((row) => this.rows.set(row.number, row));
    this.next = next;
  }

  /** Take news of some numbers: the rows of those that stand in the queue, `inside`. */
  takeNews(numbers, threads, inside) {
    const lastKnown = this.next ? this.listed.at(-1)?.number : null;
    for (const number of numbers) {
      if (!inside.includes(number)) {
        this.rows.delete(number);
      }
    }
    for (const row of threads) {
      if (inside.includes(row.number)) {
        this.rows.set(row.number, row);
      }
    }
    // Rows that belong beyond what is loaded come with «more».
    const { listed } = this;
    const end = listed.findIndex(({ number }) => number === lastKnown);
    if (lastKnown && end >= 0) {
      listed.slice(end + 1).forEach(({ number }) => this.rows.delete(number));
    }
  }
}
