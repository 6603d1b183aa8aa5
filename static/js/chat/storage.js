// What a browser keeps. Where it keeps nothing (private windows, full disks, policies), memory does,
// so that whoever asks need not know.

/** Return a store of texts over `localStorage` or `sessionStorage`: get, set, remove, keys. */
export function keep(name) {
  const memory = new Map();
  const attempt = (act, otherwise) => {
    try {
      return act(globalThis[name]);
    } catch {
      return otherwise();
    }
  };
  return {
    get: (key) => memory.get(key) ?? attempt((area) => area.getItem(key), () => null),
    set(key, value) {
      memory.delete(key);
      attempt(
        (area) => area.setItem(key, value),
        () => memory.set(key, value),
      );
    },
    remove(key) {
      memory.delete(key);
      attempt((area) => area.removeItem(key), () => undefined);
    },
    keys: (prefix) =>
      [...new Set([...attempt((area) => Object.keys(area), () => []), ...memory.keys()])].filter(
        (key) => key.startsWith(prefix),
      ),
  };
}

/** Return a new random UUID, also where the page came over plain http. */
export function uuid() {
  if (crypto.randomUUID) {
    return crypto.randomUUID();
  }
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
