/** A fresh process that generates. */
import { LineProcess } from '../peers/line-process.ts';
import { type Memory, memoryOf } from '../peers/usage.ts';
import type { BEAMS } from './cells.ts';
import type { GenerateCommand, GenerateConfig, GenerateReply, StreamReply } from './protocol.ts';

/** A program on the protocol. */
export interface GenerateSubject {
  readonly name: string;
  readonly command: string;
  /** The arguments of the command before the configuration. */
  readonly args: readonly string[];
  readonly config: GenerateConfig;
  /** What it is measured with: one beam, several, or both. */
  readonly beams: readonly (1 | typeof BEAMS)[];
}

type Do<Name extends GenerateCommand['do']> = Omit<Extract<GenerateCommand, { do: Name }>, 'do'>;

export class GenerateProcess {
  readonly #process: LineProcess;

  private constructor(process: LineProcess) {
    this.#process = process;
  }

  /** @throws BenchError SUBJECT_FAILED */
  static async start(
    { name, command, args, config }: GenerateSubject,
    settings: Partial<GenerateConfig> = {},
  ): Promise<GenerateProcess> {
    const started = new LineProcess(name, command, [...args, JSON.stringify({ ...config, ...settings })]);
    await started.line();
    return new GenerateProcess(started);
  }

  generate(work: Do<'generate'>): Promise<GenerateReply> {
    return this.#process.ask({ do: 'generate', ...work } satisfies GenerateCommand);
  }

  calls(work: Do<'calls'>): Promise<GenerateReply> {
    return this.#process.ask({ do: 'calls', ...work } satisfies GenerateCommand);
  }

  stream(work: Do<'stream'>): Promise<StreamReply> {
    return this.#process.ask({ do: 'stream', ...work } satisfies GenerateCommand);
  }

  memory(): Memory {
    return memoryOf(this.#process.pid);
  }

  stop(): Promise<void> {
    return this.#process.stop();
  }
}
