/** Joins tokens to a text, one by one: what comes out is whole characters. */
import { cleanUp } from '../../clean-up.ts';
import type { TokenText } from './token-text.ts';

/** A part of the way from tokens to text: it may keep the end of what it got. */
export interface TextStep {
  push(text: string): string;
  /** Gives what it kept. */
  end(): string;
}

const INVALID = '\ufffd';

/**
 * Joins bytes of UTF-8. What is no UTF-8 becomes U+FFFD as the library has it: a whole run of byte tokens is either valid or has one
 * for each byte, so that a run is kept until it ends; elsewhere each part that cannot be continued has one.
 */
export class TokenJoiner {
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  #run: number[] = [];

  push({ bytes, isByte }: TokenText): string {
    if (isByte) {
      this.#run.push(...bytes);
      return '';
    }
    return this.#endRun() + this.#decoder.decode(bytes, { stream: true });
  }

  end(): string {
    return this.#endRun() + this.#decoder.decode();
  }

  #endRun(): string {
    const run = this.#run;
    if (run.length === 0) return '';
    this.#run = [];
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(run));
    } catch {
      return INVALID.repeat(run.length);
    }
  }
}

/** Takes spaces away from the beginning and the end of a text, as many as a decoder says. */
export class StripEnds implements TextStep {
  readonly #space: RegExp;
  readonly #atEnd: number;
  #toStrip: number;
  #kept = '';

  constructor({ start, end }: { readonly start: number; readonly end: number }, space = / /) {
    this.#toStrip = start;
    this.#atEnd = end;
    this.#space = space;
  }

  push(text: string): string {
    let from = 0;
    while (from < text.length && this.#toStrip > 0) {
      if (!this.#space.test(text.charAt(from))) this.#toStrip = 0;
      else {
        this.#toStrip--;
        from++;
      }
    }
    const all = this.#kept + text.slice(from);
    let to = all.length;
    while (to > 0 && all.length - to < this.#atEnd && this.#space.test(all.charAt(to - 1))) to--;
    this.#kept = all.slice(to);
    return all.slice(0, to);
  }

  end(): string {
    this.#kept = '';
    return '';
  }
}

/** Behind so many characters without a space, no later one changes what stands before: the longest replaced text has four, which may have had spaces between them. */
const SETTLED = 8;

/** Takes spaces away before punctuation. */
export class CleanUp implements TextStep {
  #kept = '';

  push(text: string): string {
    const all = this.#kept + text;
    const settled = Math.max(...Array.from(all.matchAll(/[^ .?!,'ntmsver]/g), ({ index }) => index + 1), 0);
    const to = all.slice(-SETTLED).includes(' ') ? settled : all.length;
    this.#kept = all.slice(to);
    return cleanUp(all.slice(0, to));
  }

  end(): string {
    const kept = this.#kept;
    this.#kept = '';
    return cleanUp(kept);
  }
}
