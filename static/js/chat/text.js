// Texts that somebody else wrote, shown as text and nothing else.

// No blanks, quotes, angle brackets or marks that turn the direction of writing.
const ADDRESS = /https?:\/\/[^\s<>"'«»\u200e\u200f\u202a-\u202e\u2066-\u2069]+/giu;
const TRAILING = /[.,:;!?…)\]}]+$/u;

function ownAddress(text) {
  try {
    const url = new URL(text);
    return url.host === location.host && !url.username ? url : null;
  } catch {
    return null;
  }
}

/**
 * Return the text as nodes. Only addresses of this very site become links: whoever wants to lead a
 * reader elsewhere gets no help from us.
 */
export function textNodes(text) {
  const nodes = [];
  let done = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const address = match[0].replace(TRAILING, "");
    const url = ownAddress(address);
    if (url) {
      const link = document.createElement("a");
      link.href = url.href;
      link.textContent = address;
      nodes.push(text.slice(done, match.index), link);
      done = match.index + address.length;
    }
  }
  return [...nodes, text.slice(done)];
}

/** Fill an element with such a text; its direction of writing stays inside. */
export function showText(element, text) {
  element.dir = "auto";
  element.replaceChildren(...textNodes(text));
  return element;
}
