"""A second checker of a queue's order, written from docs/queue.md alone: python3 check_queue.py NUMBER < answer.

The answer is what GET /v1/releases/{id}/queue gives once the queue has opened. Prints the place of a number.
"""

import hashlib
import json
import sys


def place_of(seed: str, early: int, number: int) -> int:
    if number > early:
        return number
    rank = lambda n: hashlib.sha256(f"kaichang-queue-1\n{seed}\n{n}\n".encode()).digest()
    return 1 + sum(rank(other) < rank(number) for other in range(1, early + 1))


if __name__ == "__main__":
    board = json.load(sys.stdin)
    print(place_of(board["seed"], board["early"], int(sys.argv[1])))
