/** Holds back the end of a text while it may become a stop string, and ends the text behind the first one. */
import type { TextStep } from './join-tokens.ts';

export class StopStrings implements TextStep {
  readonly #strings: readonly string[];
  readonly #longest: number;
  #kept = '';
  #found: string | undefined;

  constructor(strings: readonly string[]) {
    this.#strings = strings.filter((string) => string !== '');
    this.#longest = Math.max(0, ...this.#strings.map(({ length }) => length));
  }

  /** The stop string that the text ends with. */
  get found(): string | undefined {
    return this.#found;
  }

  push(text: string): string {
    if (this.#found !== undefined) return '';
    const all = this.#kept + text;
    const end = this.#findEnd(all);
    if (end !== undefined) {
      this.#kept = '';
      return all.slice(0, end);
    }
    const shown = all.length - this.#countPossible(all);
    this.#kept = all.slice(shown);
    return all.slice(0, shown);
  }

  end(): string {
    const kept = this.#kept;
    this.#kept = '';
    return kept;
  }

  /** The end of the stop string that is complete first; of several that end there, the longest is the one that is found. */
  #findEnd(text: string): number | undefined {
    let first: number | undefined;
    for (const string of this.#strings) {
      const at = text.indexOf(string);
      if (at < 0) continue;
      const end = at + string.length;
      if (
        first === undefined ||
        end < first ||
        (end === first && string.length > (this.#found?.length ?? 0))
      ) {
        first = end;
        this.#found = string;
      }
    }
    return first;
  }

  /** Characters at the end of the text that a stop string may begin with. */
  #countPossible(text: string): number {
    for (let length = Math.min(this.#longest - 1, text.length); length > 0; length--) {
      const end = text.slice(text.length - length);
      if (this.#strings.some((string) => string.length > length && string.startsWith(end))) return length;
    }
    return 0;
  }
}
