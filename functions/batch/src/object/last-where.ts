/**
 * The largest number for which `holds` is true, or -1: `holds` must be true up to it and false after it. Asks in steps
 * that double and then halve, 2 log n times; `hint` is where it looks first.
 */
export async function lastWhere(holds: (number: number) => Promise<boolean>, hint = 0): Promise<number> {
  let known = -1;
  let beyond = Math.max(0, hint);
  for (let step = 1; await holds(beyond); step *= 2) {
    known = beyond;
    beyond += step;
  }
  while (beyond - known > 1) {
    const middle = Math.floor((known + beyond) / 2);
    if (await holds(middle)) known = middle;
    else beyond = middle;
  }
  return known;
}
