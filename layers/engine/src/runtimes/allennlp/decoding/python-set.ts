/** The order in which CPython iterates over a set of small integers: AllenNLP's spanning tree depends on it where edges are equal. */

const FIRST_SIZE = 8;
/** Slots that are tried side by side before the next jump (LINEAR_PROBES of CPython's setobject.c). */
const PROBES = 9;

/** Orders integers of 0 and up as `list(set)` does after they were added one after another; an integer is its own hash. */
export function orderAsPythonSet(integers: Iterable<number>): number[] {
  let slots: (number | undefined)[] = new Array(FIRST_SIZE).fill(undefined);
  let used = 0;
  for (const integer of integers) {
    if (!insert(slots, integer)) continue;
    used++;
    if (used * 5 < (slots.length - 1) * 3) continue;
    const old = slots;
    slots = new Array(sizeAbove(used * 4)).fill(undefined);
    for (const member of old) if (member !== undefined) insert(slots, member);
  }
  return slots.filter((member) => member !== undefined);
}

/** Adds an integer, and says whether it was not there before. */
function insert(slots: (number | undefined)[], integer: number): boolean {
  const mask = slots.length - 1;
  let perturb = integer;
  let slot = integer & mask;
  for (;;) {
    const probes = slot + PROBES <= mask ? PROBES : 0;
    for (let at = slot; at <= slot + probes; at++) {
      if (slots[at] === integer) return false;
      if (slots[at] === undefined) {
        slots[at] = integer;
        return true;
      }
    }
    perturb = Math.floor(perturb / 32);
    slot = (slot * 5 + 1 + perturb) & mask;
  }
}

function sizeAbove(least: number): number {
  let size = FIRST_SIZE;
  while (size <= least) size *= 2;
  return size;
}
