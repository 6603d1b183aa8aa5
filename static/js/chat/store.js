// What this tab knows of the dialogue, and how news are merged into it. Pure: no page, no network.
// Merging the same news twice, or in any order, gives the same result.

/**
 * Return the knowledge of somebody who has not asked yet. All changes up to `cursor` are here, and with
 * them the messages up to the place `upto`: the thread's own `last_seq` may be known sooner.
 */
export function emptyStore() {
  return { thread: null, messages: new Map(), cursor: 0, upto: 0, more: false };
}

/** Return the knowledge that a snapshot (an answer of `state`) gives. */
export function fromSnapshot({ thread, messages, cursor, more }) {
  const store = emptyStore();
  mergeUpdate(store, { thread, messages, cursor }, 0);
  store.more = Boolean(more);
  return store;
}

/** Put messages in; a higher version replaces a lower one. Return those that were not there. */
export function mergeMessages(store, messages) {
  const fresh = [];
  for (const message of messages) {
    const known = store.messages.get(message.id);
    if (!known) {
      fresh.push(message);
    }
    if (!known || known.version < message.version) {
      store.messages.set(message.id, message);
    }
  }
  return fresh;
}

/** Take in the state of the thread, unless a newer one is known. */
export function mergeThread(store, thread) {
  if (thread && (thread.number !== store.thread?.number || thread.version >= store.thread.version)) {
    store.thread = thread;
  }
}

/**
 * Take in an update that was asked for from the cursor `after`; return the messages that were not there
 * before. One from beyond our cursor does not move it: what lies between is still to be asked for.
 */
export function mergeUpdate(store, { thread, messages = [], cursor = 0, more = false }, after) {
  mergeThread(store, thread);
  const fresh = mergeMessages(store, messages);
  if (after <= store.cursor && cursor >= store.cursor) {
    store.cursor = cursor;
    store.upto = more ? store.upto : Math.max(store.upto, thread?.last_seq ?? 0);
  }
  return fresh;
}

/**
 * Return the knowledge after a later snapshot. Where it joins what is known, that stays, and so does the
 * cursor: a message older than the snapshot's may have changed, too.
 */
export function mergeSnapshot(store, snapshot) {
  const { thread, messages } = snapshot;
  const isSame = store.cursor && thread?.number === store.thread?.number;
  if (!isSame || !messages.some(({ id }) => store.messages.has(id))) {
    return fromSnapshot(snapshot);
  }
  mergeThread(store, thread);
  mergeMessages(store, messages);
  return store;
}

/** Return the messages in their order. */
export function ordered(store) {
  return [...store.messages.values()].sort((a, b) => a.seq - b.seq);
}

/** Say how far the laboratory is with a message of the patient: sent, delivered or read. */
export function stateOf(message, thread) {
  if (thread.read.operator >= message.seq) {
    return "read";
  }
  return thread.delivered.operator >= message.seq ? "delivered" : "sent";
}
