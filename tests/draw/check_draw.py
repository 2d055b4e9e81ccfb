"""Repeats a draw from its published file, by docs/draw.md alone; nothing here is taken from the program.

    python3 check_draw.py FILE

Exit code 0 when the file tells what the draw gives, else 1 with each difference on a line.
"""

import hashlib
import json
import sys


def sha256(data):
    return hashlib.sha256(data)


def root_of(release, drawn):
    lines = ["kaichang-draw-1 list", "release " + release]
    lines += ["cell %d" % places for places in drawn["cells"]]
    for o in drawn["options"]:
        cells = ",".join(map(str, o["cells"]))
        lines.append("option %s %s %s %s %s %s" % (o["pitch"], o["date"], o["from"], o["to"], o["takes"], cells))
    for id_, party, choices in drawn["entries"]:
        lines.append("entry %s %d %s" % (id_, party, ",".join(map(str, choices))))
    return sha256(("\n".join(lines) + "\n").encode()).hexdigest()


def draw(drawn, root):
    text = "kaichang-draw-1 mix\n%s\n%s\n%s\n" % (drawn["seed"], root, drawn["value"])
    mixed = sha256(text.encode()).digest()
    left = list(drawn["cells"])
    result = []
    for id_, party, choices in sorted(
        drawn["entries"], key=lambda entry: sha256(mixed + bytes.fromhex(entry[0])).digest()
    ):
        got = None
        for choice in choices:
            option = drawn["options"][choice]
            needed = party if option["takes"] == "party" else 1
            if all(left[cell] >= needed for cell in option["cells"]):
                for cell in option["cells"]:
                    left[cell] -= needed
                got = choice
                break
        result.append([id_, got])
    return result


def differences(file):
    drawn, sealed = file["drawn"], file["sealed"]
    if sha256(bytes.fromhex(drawn["seed"])).hexdigest() != file["commitment"]:
        yield "seed: it is not the one that was committed to"
    if len(drawn["entries"]) != sealed["count"]:
        yield "count: %d entries, and %d were sealed" % (len(drawn["entries"]), sealed["count"])
    ids = [entry[0] for entry in drawn["entries"]]
    if ids != sorted(set(ids)):
        yield "entries: some stand twice or out of order"
    if root_of(file["release"], drawn) != sealed["root"]:
        yield "entries: they are not those that were sealed"
    result = draw(drawn, sealed["root"])
    if len(result) != len(drawn["result"]):
        yield "result: %d places for %d entries" % (len(drawn["result"]), len(result))
    for place, (right, written) in enumerate(zip(result, drawn["result"]), 1):
        if right != written:
            yield "result: place %d is %s, not %s" % (place, right, written)


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as source:
        found = list(differences(json.load(source)))
    print("\n".join(found) or "the draw is as it says")
    sys.exit(1 if found else 0)
