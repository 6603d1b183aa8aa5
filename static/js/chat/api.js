// The one door to the server: JSON both ways, the token, a time limit, and errors that say what to do.

const MEND = "mend";
const RETRY = "retry";
const RESET = "reset";
// Codes after which what this browser knows is out of date.
const OUTDATED = new Set(["thread_changed", "invalid_cursor"]);

/**
 * What went wrong. `kind` says what to do about it: "retry" the same request, let the person "mend"
 * it, or "reset" what is known and ask for the state anew.
 */
export class ApiError extends Error {
  constructor({ status = 0, code = "", field = null, detail = "", retryAfter = 0 } = {}) {
    super(detail || code || `status ${status}`);
    Object.assign(this, { status, code, field, detail, retryAfter });
    this.kind = RETRY;
    if (OUTDATED.has(code)) {
      this.kind = RESET;
    } else if (status >= 400 && status < 500 && status !== 429 && status !== 408) {
      this.kind = MEND;
    }
  }
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function errorOf(status, text, retryAfter) {
  const { code, field, detail } = parse(text) ?? {};
  // A site whose database is away may be back at any moment: that pause is meant for crawlers.
  const pause = code === "unavailable" ? 0 : Number(retryAfter) || 0;
  return new ApiError({ status, code, field, detail, retryAfter: pause });
}

/**
 * Return the calls under `base`. `token()` gives the CSRF token; `renew()` fetches a new one when the
 * server refuses it, after which the request is made once more.
 */
export function createApi({ base, token, renew, timeout = 15000 }) {
  async function once(method, path, body) {
    let answer;
    let text;
    try {
      answer = await fetch(base + path, {
        method,
        body: body === undefined ? undefined : JSON.stringify(body),
        headers: {
          Accept: "application/json",
          ...(method === "GET"
            ? {}
            : { "Content-Type": "application/json", "X-CSRFToken": token() }),
        },
        credentials: "same-origin",
        cache: "no-store",
        signal: AbortSignal.timeout(timeout),
      });
      text = await answer.text();
    } catch (error) {
      throw new ApiError({ code: error.name === "TimeoutError" ? "timeout" : "offline" });
    }
    if (answer.status === 304) {
      return null;
    }
    const data = parse(text);
    if (!answer.ok) {
      throw errorOf(answer.status, text, answer.headers.get("Retry-After"));
    }
    if (data === null && answer.status !== 204) {
      // Somebody in between (a hotel's sign-in page) answered for the server, or the line broke
      // where browsers take an answer without its end for a whole one.
      throw new ApiError({ code: "not_ours" });
    }
    return data;
  }

  function uploadOnce(path, file, { onProgress, signal, ticket }) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      const form = new FormData();
      form.append("file", file);
      if (ticket) {
        form.append("ticket", ticket);
      }
      request.open("POST", base + path);
      request.setRequestHeader("X-CSRFToken", token());
      request.upload.onprogress = ({ loaded, total }) => onProgress(total ? loaded / total : 0);
      request.onload = () => {
        const data = parse(request.responseText);
        if (request.status < 300 && data) {
          resolve(data);
        } else {
          const later = request.getResponseHeader("Retry-After");
          reject(errorOf(request.status, request.responseText, later));
        }
      };
      request.onerror = () => reject(new ApiError({ code: "offline" }));
      request.onabort = () => reject(new ApiError({ code: "cancelled" }));
      signal.addEventListener("abort", () => request.abort());
      if (signal.aborted) {
        reject(new ApiError({ code: "cancelled" }));
        return;
      }
      request.send(form);
    });
  }

  async function withToken(attempt) {
    try {
      return await attempt();
    } catch (error) {
      if (error.code !== "csrf") {
        throw error;
      }
      await renew();
      return attempt();
    }
  }

  return {
    /** Read; null when the server says that nothing is newer (304). */
    get: (path) => once("GET", path),
    /** Write. */
    post: (path, body = {}) => withToken(() => once("POST", path, body)),
    /** Send one file; `onProgress` hears of the part that is through, 0 to 1. */
    upload: (path, file, options) => withToken(() => uploadOnce(path, file, options)),
  };
}
