/** Shows how far something is, in one line of a terminal that is written over; without a terminal it shows nothing. */
import type { Output } from './command.ts';
import { printable } from './style.ts';
import { bar, cut, megabytes, timeLeft } from './table.ts';

const BAR_CELLS = 24;
const START_OF_LINE = '\r\u001b[2K';

export class ProgressBar {
  readonly #stream: Output;
  #drawn = '';
  /** The first count of bytes, which the rate begins at: a transfer that goes on has some from before. */
  #first: { readonly bytes: number; readonly at: number } | undefined;

  constructor(stream: Output = process.stderr) {
    this.#stream = stream;
  }

  /** `share` is what is done, from 0 to 1. */
  show(share: number, text: string): void {
    if (this.#stream.isTTY) this.#draw(`${bar(share, BAR_CELLS)} ${printable(text)}`);
  }

  /** `done` of `all` are done. */
  count(text: string, done: number, all: number): void {
    this.show(done / all, `${done}/${all} ${text}`);
  }

  /** `done` of `all` bytes are transferred, by one bar from beginning to end: with the rate, and how long the rest takes at it. */
  transfer(text: string, done: number, all: number): void {
    const now = performance.now();
    this.#first ??= { bytes: done, at: now };
    const perSecond = ((done - this.#first.bytes) * 1000) / Math.max(1, now - this.#first.at);
    const pace =
      perSecond > 0 ? `  ${megabytes(perSecond)}/s  ${timeLeft((all - done) / perSecond)} left` : '';
    this.show(done / Math.max(1, all), `${text} ${megabytes(done)} of ${megabytes(all)}${pace}`);
  }

  /** A step whose length is not known; where there is no terminal, a line of its own. */
  say(text: string): void {
    if (this.#stream.isTTY) this.#draw(printable(text));
    else this.#stream.write(`${printable(text)}\n`);
  }

  clear(): void {
    if (this.#drawn === '') return;
    this.#drawn = '';
    this.#first = undefined;
    this.#stream.write(START_OF_LINE);
  }

  #draw(text: string): void {
    const { columns = Number.POSITIVE_INFINITY } = this.#stream;
    // A line that the terminal breaks in two could not be written over.
    const line = text.length < columns ? text : cut(text, columns - 1);
    if (line === this.#drawn) return;
    this.#drawn = line;
    this.#stream.write(START_OF_LINE + line);
  }
}
