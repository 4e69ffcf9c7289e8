import type { Boundary } from './records.ts';

const NEWLINE = 0x0a;
const QUOTE = 0x22;

type State = 'field-start' | 'plain' | 'quoted' | 'quote-in-quoted';

/**
 * Ends of CSV records (RFC 4180): newlines outside quotes. A quote opens only at the start of a field, so that one in
 * the middle (`5" disk`) hides no newline. A byte order mark is no part of a field.
 */
export class CsvBoundary implements Boundary {
  readonly #delimiter: number;
  #state: State = 'field-start';

  /** `delimiter` is one ASCII character. */
  constructor(delimiter: string) {
    this.#delimiter = delimiter.charCodeAt(0);
  }

  get inQuotes(): boolean {
    return this.#state === 'quoted';
  }

  find(buffer: Buffer, from: number): number {
    for (let i = from; i < buffer.length; i++) {
      if (this.#state === 'quoted') {
        i = buffer.indexOf(QUOTE, i);
        if (i < 0) return -1;
        this.#state = 'quote-in-quoted';
        continue;
      }
      const byte = buffer[i];
      if (byte === NEWLINE) return i;
      this.#state = this.#after(byte);
    }
    return -1;
  }

  #after(byte: number | undefined): State {
    if (byte === this.#delimiter) return 'field-start';
    if (byte === QUOTE && this.#state !== 'plain') return 'quoted';
    return this.#state === 'field-start' && isOfByteOrderMark(byte) ? 'field-start' : 'plain';
  }

  reset(): void {
    this.#state = 'field-start';
  }

  remember(): () => void {
    const state = this.#state;
    return () => {
      this.#state = state;
    };
  }
}

function isOfByteOrderMark(byte: number | undefined): boolean {
  return byte === 0xef || byte === 0xbb || byte === 0xbf;
}
