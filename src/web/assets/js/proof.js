// Solves the challenge of a form, in ALTCHA's form, while its page is read: the number whose hash with the salt is the one that is named.
// In small pieces, so that the page stays quick; with a hash of its own, for the browser's is only there over https and slower by the piece.

const PIECE = 2000;

async function solve(form) {
  const { algorithm, challenge, maxnumber, salt, signature } = JSON.parse(form.dataset.challenge);
  let isWanted = false;
  const wait = (event) => {
    event.preventDefault();
    isWanted = true;
    form.querySelector("button").setAttribute("aria-busy", "true");
  };
  form.addEventListener("submit", wait);
  const number = await search(salt, challenge, maxnumber);
  form.elements.altcha.value = btoa(JSON.stringify({ algorithm, challenge, number, salt, signature }));
  form.removeEventListener("submit", wait);
  if (isWanted) form.requestSubmit();
}

async function search(salt, challenge, maxnumber) {
  for (let from = 0; from <= maxnumber; from += PIECE) {
    for (let number = from; number < from + PIECE; number += 1) {
      if (sha256(salt + number) === challenge) return number;
    }
    await new Promise((next) => setTimeout(next));
  }
  return -1;
}

const K = new Uint32Array(64);
const START = new Uint32Array(8);
{
  // The first bits of the roots of the first primes.
  const bits = (root) => Math.floor((root - Math.floor(root)) * 2 ** 32);
  let found = 0;
  for (let number = 2; found < 64; number += 1) {
    let isPrime = true;
    for (let by = 2; by * by <= number; by += 1) if (number % by === 0) isPrime = false;
    if (!isPrime) continue;
    if (found < 8) START[found] = bits(Math.sqrt(number));
    K[found] = bits(Math.cbrt(number));
    found += 1;
  }
}
const words = new Uint32Array(64);
const rotated = (word, by) => (word >>> by) | (word << (32 - by));

/** The SHA-256 of a text of ASCII, in hexadecimal digits. */
export function sha256(text) {
  const length = text.length;
  const blocks = ((length + 8) >>> 6) + 1;
  const state = START.slice();
  for (let block = 0; block < blocks; block += 1) {
    for (let at = 0; at < 16; at += 1) {
      let word = 0;
      for (let byte = 0; byte < 4; byte += 1) {
        const index = block * 64 + at * 4 + byte;
        word = (word << 8) | (index < length ? text.charCodeAt(index) : index === length ? 0x80 : 0);
      }
      words[at] = word;
    }
    if (block === blocks - 1) words[15] = length * 8;
    for (let at = 16; at < 64; at += 1) {
      const [a, b] = [words[at - 15], words[at - 2]];
      const first = rotated(a, 7) ^ rotated(a, 18) ^ (a >>> 3);
      const second = rotated(b, 17) ^ rotated(b, 19) ^ (b >>> 10);
      words[at] = words[at - 16] + first + words[at - 7] + second;
    }
    let [a, b, c, d, e, f, g, h] = state;
    for (let at = 0; at < 64; at += 1) {
      const one = h + (rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)) + ((e & f) ^ (~e & g)) + K[at] + words[at];
      const two = (rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
    }
    [a, b, c, d, e, f, g, h].forEach((word, at) => (state[at] += word));
  }
  return [...state].map((word) => word.toString(16).padStart(8, "0")).join("");
}

// Last, when all that it takes is there.
for (const form of document.querySelectorAll("form[data-challenge]")) solve(form);
