/** The loop of a measured process. Imports nothing that a subject would not load anyway. */
import { readFileSync } from 'node:fs';
import type {
  Answer,
  BatchesReply,
  CallsReply,
  Command,
  MemoryReply,
  Ready,
  SubjectConfig,
} from './protocol.ts';

/** A loaded model. */
export interface Subject {
  one(text: string): Promise<Answer>;
  /** Predicts all texts with one call. */
  many(texts: readonly string[]): Promise<readonly Answer[]>;
  /** Makes ready what is not to be measured of calls of one text. */
  prepare?(texts: readonly string[]): void;
  /** Does what was left for after the first answer, so that it is in no later figure. */
  settle?(): Promise<void>;
  /** See `Ready.steps`. */
  readonly steps?: Readonly<Record<string, number>>;
}

/** Notes that a phase is over. */
export type Mark = (phase: string) => void;

/** Loads the subject, predicts the first text, says so, and then obeys commands until its input ends. */
export async function serve(
  started: number,
  load: (config: SubjectConfig, mark: Mark) => Promise<Subject>,
): Promise<void> {
  const phases: Record<string, number> = { node: started };
  const mark: Mark = (phase) => {
    phases[phase] = performance.now();
  };
  const config: SubjectConfig = JSON.parse(process.argv[2] ?? '{}');
  const subject = await load(config, mark);
  const answer = await subject.one(config.text);
  mark('first run');
  say({ answer, phases, ...(subject.steps && { steps: subject.steps }) } satisfies Ready);
  await subject.settle?.();
  for await (const line of lines()) say(await obey(subject, JSON.parse(line)));
}

function say(reply: object): void {
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}

async function* lines(): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of process.stdin.setEncoding('utf8')) {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop() ?? '';
    yield* parts;
  }
}

async function obey(subject: Subject, command: Command): Promise<object> {
  if (command.do === 'calls') return calls(subject, command.texts);
  if (command.do === 'batches') return batches(subject, command.batches);
  return memory();
}

async function calls(subject: Subject, texts: readonly string[]): Promise<CallsReply> {
  subject.prepare?.(texts);
  const [first] = texts;
  if (first !== undefined) await subject.one(first);
  const milliseconds: number[] = [];
  for (const text of texts) {
    const start = performance.now();
    await subject.one(text);
    milliseconds.push(performance.now() - start);
  }
  return { milliseconds };
}

async function batches(subject: Subject, groups: readonly (readonly string[])[]): Promise<BatchesReply> {
  const answers: Answer[] = [];
  const start = performance.now();
  for (const texts of groups) answers.push(...(await subject.many(texts)));
  return { milliseconds: performance.now() - start, answers };
}

function memory(): MemoryReply {
  const { rss: resident, heapTotal: heap } = process.memoryUsage();
  const peak = process.resourceUsage().maxRSS * 1024;
  if (process.platform !== 'linux') return { resident, peak, heap };
  const status = readFileSync('/proc/self/status', 'utf8');
  const field = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) * 1024;
  return { resident, peak, heap, anonymous: field('RssAnon'), file: field('RssFile') };
}
