/**
 * Tells a search when a stop string is complete. It goes by the bytes of tokens, as StopStringCriteria of transformers 5 does: a string may begin
 * inside a token, in the prompt even, and end inside one; special tokens count by their names.
 */
import type { StopMatcher } from '../search/search-context.ts';
import { bytesOf, type TokenTable } from './token-table.ts';

export function createStopMatcher(table: TokenTable, strings: readonly string[]): StopMatcher {
  const stops = strings.filter((string) => string !== '').map((string) => Buffer.from(string));
  const longest = Math.max(0, ...stops.map(({ length }) => length));
  return {
    completes(prompt, newIds) {
      const last = bytesOf(table, newIds.at(-1) ?? -1);
      const tail = [last];
      let before = 0;
      for (let back = 2; before < longest - 1 && back <= newIds.length + prompt.length; back++) {
        const id = newIds.length >= back ? newIds.at(-back) : prompt.at(newIds.length - back);
        const bytes = bytesOf(table, id ?? -1);
        before += bytes.length;
        tail.unshift(bytes);
      }
      const text = Buffer.concat(tail);
      // A string that was complete before this token would have ended the text then.
      return stops.some((stop) => text.indexOf(stop, Math.max(0, before - stop.length + 1)) >= 0);
    },
  };
}
