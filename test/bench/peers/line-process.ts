import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { BenchError } from '../errors.ts';

/** The end of an error output that a message repeats. */
const COMPLAINT_CHARACTERS = 2000;

/** A process that answers each line of its input with a line. */
export class LineProcess {
  readonly #name: string;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  #complaint = '';

  constructor(name: string, command: string, args: readonly string[]) {
    this.#name = name;
    this.#child = spawn(command, args);
    // Whoever asks next is told: its lines have ended, and the complaint says why.
    this.#child.on('error', ({ message }) => {
      this.#complaint += message;
    });
    this.#child.stdin.on('error', () => {});
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#complaint = (this.#complaint + text).slice(-COMPLAINT_CHARACTERS);
    });
    this.#lines = createInterface(this.#child.stdout)[Symbol.asyncIterator]();
  }

  get pid(): number {
    return this.#child.pid ?? Number.NaN;
  }

  /** @throws BenchError SUBJECT_FAILED with what the process wrote to its error output, once it has ended */
  async line(): Promise<string> {
    const line = await this.#lines.next();
    if (!line.done) return line.value;
    throw new BenchError('SUBJECT_FAILED', `${this.#name} ended: ${this.#complaint}`);
  }

  /** @throws BenchError SUBJECT_FAILED */
  async ask<Reply>(command: object): Promise<Reply> {
    this.#child.stdin.write(`${JSON.stringify(command)}\n`);
    return JSON.parse(await this.line());
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.stdin.end();
    await ended;
  }
}
