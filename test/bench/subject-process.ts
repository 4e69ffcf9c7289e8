import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { BenchError } from './errors.ts';
import type {
  BatchesReply,
  CallsReply,
  Command,
  MemoryReply,
  Ready,
  SubjectConfig,
} from './subjects/protocol.ts';

/** A bundled subject and what it loads. */
export interface SubjectSpec {
  readonly name: string;
  /** Path of its bundle. */
  readonly file: string;
  readonly config: SubjectConfig;
}

/** A fresh process with one loaded model that obeys commands. */
export class SubjectProcess {
  readonly name: string;
  readonly ready: Ready;
  /** Milliseconds from before the process was started to the arrival of its first prediction. */
  readonly coldMilliseconds: number;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #replies: AsyncIterator<string>;
  readonly #complaint: () => string;

  private constructor(
    { name }: SubjectSpec,
    { child, replies, complaint }: Started,
    ready: Ready,
    coldMilliseconds: number,
  ) {
    this.name = name;
    this.ready = ready;
    this.coldMilliseconds = coldMilliseconds;
    this.#child = child;
    this.#replies = replies;
    this.#complaint = complaint;
  }

  /** Throws SUBJECT_FAILED with what the process wrote to its error output. */
  static async start(spec: SubjectSpec): Promise<SubjectProcess> {
    const start = performance.now();
    const started = startProcess(spec);
    let arrived = Number.NaN;
    started.child.stdout.once('data', () => {
      arrived = performance.now();
    });
    const first = await started.replies.next();
    if (first.done) throw failed(spec.name, 'before its first prediction', started.complaint());
    return new SubjectProcess(spec, started, JSON.parse(first.value), arrived - start);
  }

  calls(texts: readonly string[]): Promise<CallsReply> {
    return this.#ask({ do: 'calls', texts });
  }

  batches(batches: readonly (readonly string[])[]): Promise<BatchesReply> {
    return this.#ask({ do: 'batches', batches });
  }

  memory(): Promise<MemoryReply> {
    return this.#ask({ do: 'memory' });
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.stdin.end();
    await ended;
  }

  async #ask<Reply>(command: Command): Promise<Reply> {
    this.#child.stdin.write(`${JSON.stringify(command)}\n`);
    const reply = await this.#replies.next();
    if (reply.done) throw failed(this.name, `while told to do ${command.do}`, this.#complaint());
    return JSON.parse(reply.value);
  }
}

interface Started {
  readonly child: ChildProcessWithoutNullStreams;
  readonly replies: AsyncIterator<string>;
  /** The end of what the process wrote to its error output. */
  readonly complaint: () => string;
}

function startProcess({ file, config }: SubjectSpec): Started {
  const child = spawn(process.execPath, [file, JSON.stringify(config)]);
  let written = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    written = (written + text).slice(-2000);
  });
  const replies = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    child,
    replies,
    complaint: () => `${written} (exit code ${child.exitCode}, signal ${child.signalCode})`,
  };
}

function failed(name: string, when: string, complaint: string): BenchError {
  return new BenchError('SUBJECT_FAILED', `${name} ended ${when}: ${complaint}`);
}

/** Starts the subjects, gives them to `work`, and stops them whatever happens. */
export async function withSubjects<Result>(
  specs: readonly SubjectSpec[],
  work: (subjects: readonly SubjectProcess[]) => Promise<Result>,
): Promise<Result> {
  const running: SubjectProcess[] = [];
  try {
    for (const spec of specs) running.push(await SubjectProcess.start(spec));
    return await work(running);
  } finally {
    await Promise.all(running.map((subject) => subject.stop()));
  }
}

/** Every other round is in reverse, so that no subject always runs after the same neighbour. */
export function alternateOrder<Item>(round: number, items: readonly Item[]): Item[] {
  return round % 2 === 0 ? [...items] : [...items].reverse();
}
