import { LineProcess } from '../peers/line-process.ts';
import { type Memory, memoryOf } from '../peers/usage.ts';
import type {
  AnswersReply,
  ArchiveCommand,
  ArchiveProcessConfig,
  ArchiveReady,
  Input,
  PredictReply,
} from './protocol.ts';

/** A program that serves archives on the protocol. */
export interface ArchiveSubject {
  readonly name: string;
  readonly command: string;
  /** The arguments of the command; the last is `config`, the configuration as JSON. */
  readonly args: (config: string) => readonly string[];
  /** Where it finds a model, and under which name. */
  readonly place: (archive: {
    readonly archive: string;
    readonly model: string;
  }) => Pick<ArchiveProcessConfig, 'models' | 'model'>;
}

/** A process that has given its first prediction. */
export class ArchiveProcess {
  /** From before the process was started to its first prediction: wall clock, and CPU. */
  readonly start: PredictReply;
  readonly #process: LineProcess;

  private constructor(process: LineProcess, start: PredictReply) {
    this.#process = process;
    this.start = start;
  }

  /** @throws BenchError SUBJECT_FAILED */
  static async start(
    { name, command, args }: ArchiveSubject,
    config: ArchiveProcessConfig,
  ): Promise<ArchiveProcess> {
    const began = performance.now();
    const started = new LineProcess(name, command, args(JSON.stringify(config)));
    const { cpuMilliseconds }: ArchiveReady = JSON.parse(await started.line());
    return new ArchiveProcess(started, { milliseconds: performance.now() - began, cpuMilliseconds });
  }

  predict(inputs: readonly Input[], size: number, times = 1): Promise<PredictReply> {
    return this.#process.ask({ do: 'predict', inputs, size, times } satisfies ArchiveCommand);
  }

  async answers(inputs: readonly Input[]): Promise<readonly unknown[]> {
    const reply: AnswersReply = await this.#process.ask({ do: 'answers', inputs } satisfies ArchiveCommand);
    return reply.answers;
  }

  memory(): Memory {
    return memoryOf(this.#process.pid);
  }

  stop(): Promise<void> {
    return this.#process.stop();
  }
}
