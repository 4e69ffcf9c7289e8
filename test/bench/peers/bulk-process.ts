import type { BatchesReply } from '../subjects/protocol.ts';
import { LineProcess } from './line-process.ts';
import type { BulkSubject } from './subjects.ts';
import { cpuMilliseconds, type Memory, memoryOf } from './usage.ts';

/** What it took to embed texts in one call. */
export interface BulkRun {
  readonly milliseconds: number;
  readonly cpuMilliseconds: number;
}

/** A process that embeds many texts with one call. */
export class BulkProcess {
  /** From before the process was started to its first embedding: wall clock, and CPU. */
  readonly start: BulkRun;
  readonly #process: LineProcess;

  private constructor(process: LineProcess, start: BulkRun) {
    this.#process = process;
    this.start = start;
  }

  /** Resolves with the first embedding, of `text`. @throws BenchError SUBJECT_FAILED */
  static async start({ name, command, args }: BulkSubject, text: string): Promise<BulkProcess> {
    const began = performance.now();
    const started = new LineProcess(name, command, args(text));
    await started.line();
    const milliseconds = performance.now() - began;
    return new BulkProcess(started, { milliseconds, cpuMilliseconds: cpuMilliseconds(started.pid) });
  }

  /** @throws BenchError SUBJECT_FAILED */
  async embed(texts: readonly string[]): Promise<BulkRun> {
    const before = cpuMilliseconds(this.#process.pid);
    const { milliseconds } = await this.#process.ask<BatchesReply>({ do: 'batches', batches: [texts] });
    return { milliseconds, cpuMilliseconds: cpuMilliseconds(this.#process.pid) - before };
  }

  /** One embedding for each text, of a subject that has `vectors`. @throws BenchError SUBJECT_FAILED */
  async vectors(texts: readonly string[]): Promise<readonly (readonly number[])[]> {
    return (await this.#process.ask<{ vectors: number[][] }>({ do: 'vectors', texts })).vectors;
  }

  memory(): Memory {
    return memoryOf(this.#process.pid);
  }

  stop(): Promise<void> {
    return this.#process.stop();
  }
}
