"""A process that stores events batch by batch, and says what is durable: it is there to be killed."""

import sys

from fireplan.live._store import Store
from fireplan.operations._events.event import Event

BASE_US = 1_700_000_000_000_000


def event(n):
    return Event(f"ev-{n:07d}", BASE_US + n, "unit.enroute", BASE_US + n, n, f"i{n // 8}", f"E{n % 7}")


def main(url, start, size):
    store = Store.open(url)
    n = start
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        store.append([event(i) for i in range(n, n + size)], position=("writer", str(n + size)))
        n += size
        sys.stdout.write(f"{n}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
