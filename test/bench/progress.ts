/** A line on a terminal that shows how far a measurement is; silent where the output is not a terminal. */
export class Progress {
  readonly #stream: NodeJS.WriteStream;

  constructor(stream: NodeJS.WriteStream = process.stderr) {
    this.#stream = stream;
  }

  show(what: string, done: number, all: number): void {
    if (!this.#stream.isTTY) return;
    const width = 24;
    const full = Math.round((width * done) / all);
    this.#stream.write(`\r\x1b[2K${'█'.repeat(full)}${'░'.repeat(width - full)} ${done}/${all} ${what}`);
  }

  /** A step whose length is not known. */
  say(what: string): void {
    this.#stream.write(this.#stream.isTTY ? `\r\x1b[2K${what}` : `${what}\n`);
  }

  clear(): void {
    if (this.#stream.isTTY) this.#stream.write('\r\x1b[2K');
  }
}
