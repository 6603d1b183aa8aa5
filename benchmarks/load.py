"""Asks a server for a page again and again over a few open connections."""

import socket
import threading
import time

CONNECTIONS = 4


def requests_per_second(port: int, path: str, total: int) -> float:
    """Return how many requests a second the server answered, of `total`.

    Every answer must be 200, or RuntimeError is raised.
    """
    each = max(1, total // CONNECTIONS)
    failures: list[str] = []

    def worker() -> None:
        try:
            ask(port, path, each)
        except (OSError, RuntimeError, ValueError) as error:
            failures.append(str(error))

    threads = [threading.Thread(target=worker) for _ in range(CONNECTIONS)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise RuntimeError(f"{path}: {failures[0]}")
    return each * CONNECTIONS / (time.perf_counter() - started)


def ask(port: int, path: str, count: int) -> None:
    """Ask `count` times over one connection that stays open."""
    request = (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept-Encoding: gzip\r\n\r\n"
    ).encode()
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        reader = connection.makefile("rb", buffering=1 << 17)
        for _ in range(count):
            connection.sendall(request)
            status = reader.readline().split(b" ")[1]
            length = 0
            while (line := reader.readline()) not in {b"\r\n", b""}:
                if line[:15].lower() == b"content-length:":
                    length = int(line[15:])
            reader.read(length)
            if status != b"200":
                raise RuntimeError(f"answered {status.decode()}")
