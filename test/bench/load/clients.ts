import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { BenchError } from '../errors.ts';
import type { ClientsConfig, LoadCommand, LoadReply } from './protocol.ts';

/** The process of the clients. */
export class Clients {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;

  private constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child;
    this.#lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    child.stderr.pipe(process.stderr);
  }

  static async start(config: ClientsConfig): Promise<Clients> {
    const file = join(import.meta.dirname, 'clients-process.ts');
    const clients = new Clients(spawn(process.execPath, [file, JSON.stringify(config)]));
    await clients.#line();
    return clients;
  }

  /** @throws BenchError SUBJECT_FAILED once the process has ended */
  async load(command: LoadCommand): Promise<LoadReply> {
    this.#child.stdin.write(`${JSON.stringify(command)}\n`);
    return JSON.parse(await this.#line());
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.stdin.end();
    await ended;
  }

  async #line(): Promise<string> {
    const line = await this.#lines.next();
    if (line.done) throw new BenchError('SUBJECT_FAILED', 'The process of the clients ended.');
    return line.value;
  }
}
