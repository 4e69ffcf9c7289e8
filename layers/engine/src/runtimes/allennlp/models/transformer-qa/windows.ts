/** The windows over a context that is too long to stand beside its question in one sequence. */

export interface WindowRoom {
  /** Tokens of the context in each window. */
  readonly room: number;
  /** Tokens that a window has in common with the one before it. */
  readonly stride: number;
}

/** The first tokens of the windows. Undefined where they would not come to an end, because they do not move on. */
export function windowStarts(tokens: number, { room, stride }: WindowRoom): number[] | undefined {
  const starts = [0];
  for (let start = room; start < tokens; start += room) {
    if (room <= stride) return undefined;
    start -= stride;
    starts.push(start);
  }
  return starts;
}
