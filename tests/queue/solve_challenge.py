"""Solves a challenge of a queue, as ALTCHA describes it: python3 solve_challenge.py < challenge. Prints what goes into `altcha`."""

import base64
import hashlib
import json
import sys

challenge = json.load(sys.stdin)
for number in range(challenge["maxnumber"] + 1):
    if hashlib.sha256((challenge["salt"] + str(number)).encode()).hexdigest() == challenge["challenge"]:
        solution = {key: challenge[key] for key in ("algorithm", "challenge", "salt", "signature")}
        print(base64.b64encode(json.dumps({**solution, "number": number}).encode()).decode())
        break
