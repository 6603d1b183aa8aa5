"""The widget's modules by themselves, in the browser they are made for."""

import random

import pytest

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def run(browser, chat_url):
    """Run a script with a module of the widget, called `it`, and return what it returns."""
    context = browser.new_context(base_url=chat_url)
    page = context.new_page()
    page.goto("/robots.txt")

    def run(module, script, argument=None):
        code = (
            f"async (given) => {{ const it = await import('/static/js/chat/{module}'); {script} }}"
        )
        return page.evaluate(code, argument)

    yield run
    context.close()


def message(number, version=None, **fields):
    """Return a message as the server sends it."""
    return {
        "id": 100 + number,
        "seq": number,
        "version": version or number,
        "sender": "operator",
        "text": f"{number}",
        **fields,
    }


def thread(version, **fields):
    """Return a thread as the server sends it."""
    return {"number": 7, "version": version, **fields}


MERGE = """
  const store = it.emptyStore();
  for (const update of given) it.mergeUpdate(store, update, 0);
  return { shown: it.ordered(store).map(({ seq, text }) => [seq, text]), cursor: store.cursor,
    version: store.thread?.version };
"""


def test_updates_in_any_order_and_twice_give_the_same(run):
    final = [message(number) for number in range(1, 9)]
    final[2] = message(3, version=9, text="исправлено")
    updates = [{"thread": thread(n), "messages": [message(n)], "cursor": n} for n in range(1, 9)]
    updates.append({"thread": thread(9), "messages": [final[2]], "cursor": 9})
    expected = {
        "shown": [[one["seq"], one["text"]] for one in final],
        "cursor": 9,
        "version": 9,
    }
    for seed in range(20):
        shuffled = updates * 2
        random.Random(seed).shuffle(shuffled)
        assert run("store.js", MERGE, shuffled) == expected


def test_only_what_is_new_is_called_new(run):
    script = """
      const store = it.fromSnapshot(given);
      const again = it.mergeUpdate(store, given, 0);
      const next = { messages: [...given.messages, given.next], cursor: 3 };
      const more = it.mergeUpdate(store, next, 2);
      return [again.length, more.map(({ id }) => id), store.more];
    """
    given = {
        "thread": thread(2),
        "messages": [message(1), message(2)],
        "cursor": 2,
        "more": True,
        "next": message(3),
    }
    assert run("store.js", script, given) == [0, [103], True]


def test_news_from_beyond_the_cursor_do_not_move_it(run):
    script = """
      const store = it.emptyStore();
      const cursors = given.map(([update, after]) => {
        it.mergeUpdate(store, update, after);
        return store.cursor;
      });
      return [cursors, it.ordered(store).map(({ seq }) => seq)];
    """

    def update(number):
        return {"thread": thread(number), "messages": [message(number)], "cursor": number}

    missed = {"thread": thread(3), "messages": [message(2), message(3)], "cursor": 3}
    given = [(update(1), 0), (update(3), 2), (missed, 1), (update(4), 3), (update(2), 1)]
    assert run("store.js", script, given) == [[1, 1, 3, 4, 4], [1, 2, 3, 4]]


def test_message_counts_as_here_only_once_all_before_it_is(run):
    script = """
      const store = it.fromSnapshot(given.first);
      const upto = [store.upto];
      // The answer to something that we did knows of more than we have.
      it.mergeThread(store, given.done.thread);
      it.mergeMessages(store, given.done.messages);
      upto.push(store.upto);
      it.mergeUpdate(store, given.done, 0);
      upto.push(store.upto);
      it.mergeUpdate(store, { ...given.news, more: true }, 1);
      upto.push(store.upto);
      it.mergeUpdate(store, given.news, 1);
      upto.push(store.upto);
      return upto;
    """
    given = {
        "first": {"thread": thread(1, last_seq=1), "messages": [message(1)], "cursor": 1},
        "done": {"thread": thread(3, last_seq=3), "messages": [message(3)]},
        "news": {
            "thread": thread(3, last_seq=3),
            "messages": [message(2), message(3)],
            "cursor": 3,
        },
    }
    assert run("store.js", script, given) == [1, 1, 1, 1, 3]


def test_snapshot_does_not_hide_changes_of_older_messages(run):
    script = """
      let store = it.mergeSnapshot(it.emptyStore(), given.first);
      const known = store.cursor;
      store = it.mergeSnapshot(store, given.later);
      const joined = [store.cursor, it.ordered(store).length];
      store = it.mergeSnapshot(store, given.strange);
      return [known, joined, [store.cursor, it.ordered(store).length]];
    """
    given = {
        "first": {"thread": thread(2), "messages": [message(1), message(2)], "cursor": 2},
        # The first message was deleted meanwhile (version 4) and is too old for this snapshot.
        "later": {"thread": thread(4), "messages": [message(2), message(3)], "cursor": 4},
        "strange": {"thread": thread(90), "messages": [message(60)], "cursor": 90},
    }
    assert run("store.js", script, given) == [2, [2, 3], [90, 1]]


@pytest.mark.parametrize(
    ("delivered", "read", "state"), [(4, 4, "sent"), (5, 4, "delivered"), (9, 5, "read")]
)
def test_state_of_a_message(run, delivered, read, state):
    given = thread(9, read={"operator": read}, delivered={"operator": delivered})
    script = "return it.stateOf({ seq: 5 }, given);"
    assert run("store.js", script, given) == state


LINKS = """
  return it.textNodes(given.replaceAll("HERE", location.origin))
    .map((node) => node.href ? ["link", node.href.replace(location.origin, "HERE")] : node)
    .filter((node) => node !== "");
"""


@pytest.mark.parametrize(
    ("text", "nodes"),
    [
        ("просто текст", ["просто текст"]),
        ("см. HERE/ceny/.", ["см. ", ["link", "HERE/ceny/"], "."]),
        ("(HERE/a)", ["(", ["link", "HERE/a"], ")"]),
        ("https://evil.example/HERE", ["https://evil.example/HERE"]),
        ("http://u@127.0.0.1/", ["http://u@127.0.0.1/"]),
        ("javascript:alert(1)", ["javascript:alert(1)"]),
        ("HERE/\u202egnp.exe", [["link", "HERE/"], "\u202egnp.exe"]),
    ],
)
def test_links(run, text, nodes):
    shown = run("text.js", LINKS, text)
    if "evil" in text:
        shown = ["".join(part if isinstance(part, str) else part[1] for part in shown)]
    origin = run("text.js", "return location.origin;")
    assert shown == [
        part.replace("HERE", origin) if isinstance(part, str) else part for part in nodes
    ]


OUTBOX = """
  const sent = [];
  const plan = [...given];
  const box = new it.Outbox({
    prefix: "test:", onChange() {}, onReset: async () => {},
    async send(item) {
      const fate = plan.shift();
      sent.push([item.text, item.client_id]);
      if (fate === "held") {
        box.fail(item.client_id, { code: "other_thread" });
        return false;
      }
      if (fate) throw Object.assign(new Error(), { retryAfter: 0, ...fate });
      return true;
    },
  });
  const ids = ["а", "б"].map((text) => box.add({ text }).client_id);
  const done = () => box.items.every(({ state }) => state === "failed");
  while (!done()) { box.wake(); await new Promise((go) => setTimeout(go, 20)); }
  const left = box.items.map(({ text }) => text);
  box.stop();
  localStorage.clear();
  return { texts: sent.map(([text]) => text),
    same: sent.every(([text, id]) => id === ids[text === "а" ? 0 : 1]), left };
"""


@pytest.mark.parametrize(
    ("fates", "texts", "left"),
    [
        ([], ["а", "б"], []),
        ([{"kind": "retry"}] * 3, ["а", "а", "а", "а", "б"], []),
        ([{"kind": "mend"}], ["а", "б"], ["а"]),
        ([{}], ["а", "а", "б"], []),
        (["held"], ["а", "б"], ["а"]),
        ([{"kind": "reset"}, None, {"kind": "retry"}], ["а", "а", "б", "б"], []),
    ],
)
def test_outbox_keeps_order_and_keys(run, fates, texts, left):
    assert run("outbox.js", OUTBOX, fates) == {"texts": texts, "same": True, "left": left}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("4111 1111 1111 1111", "card"),
        ("4111 1111 1111 1112", None),
        ("112-233-445 95", "snils"),
        ("11223344595", "snils"),
        ("11223344596", None),
        ("8 918 123-45-67", None),
        ("+79181234567", None),
        ("90 12 345678", "passport"),
        ("паспорт 9012 №345678", "passport"),
        ("заказ 1234567890", None),
        ("A09.05.065, 1 250 ₽, 12 345", None),
    ],
)
def test_numbers_better_kept_back(run, text, kind):
    assert run("sensitive.js", "return it.sensitiveKind(given);", text) == kind


def test_days_have_names(run):
    script = """
      const now = new Date(2026, 2, 1, 0, 10);
      return [[2026, 2, 1], [2026, 1, 28, 23, 59], [2026, 1, 27], [2025, 11, 31]]
        .map((parts) => it.dayName(new Date(...parts), now));
    """
    assert run("time.js", script) == ["Сегодня", "Вчера", "27 февраля", "31 декабря 2025 г."]
