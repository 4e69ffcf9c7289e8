/** The rounds of `bench allennlp`: both sides in turn, the order reversed in every other round. */
import { compareAnswers } from '@pilotlight/engine/internal/runtimes/allennlp/goldens/compare-answers';
import { BenchError } from '../errors.ts';
import { Samples } from '../measure/context.ts';
import { alternateOrder } from '../subject-process.ts';
import { ArchiveProcess, type ArchiveSubject } from './archive-process.ts';
import type { MeasuredArchive } from './archives.ts';
import type { PredictReply } from './protocol.ts';

export interface AllenNlpRounds {
  readonly subjects: readonly ArchiveSubject[];
  readonly archives: readonly MeasuredArchive[];
  readonly threads: number;
  readonly rounds: number;
  readonly say: (line: string) => void;
}

/** Inputs of one call. All of them with one call is how a list is sent; 32 is what `allennlp predict` is usually given. */
export const SIZES = [1, 8, 32, 128, 1000] as const;
/** Inputs of calls of one, which take long. */
const SINGLES = 250;
/** Calls before those that count: code is compiled while it runs. */
const WARM_UP = { singles: 200, lists: 3 } as const;
const COMPARED = 16;
/** How far numbers of both sides may be off. */
const TOLERANCE = 1e-3;
/** How often the inputs are predicted by calls of several. */
const LISTS = 2;
/** The sources are too few for the clock. */
const GENERATIONS = 8;

export type Metric =
  | 'wall'
  | 'CPU'
  | 'RSS'
  | 'RSS after all calls'
  | 'rate'
  | 'rate of CPU'
  | 'CPU per input';

/** Ways to divide sources. */
export const WAYS = {
  together: 'one process, all sources in one call',
  divided: 'two processes, half of the sources in one call each',
  singly: 'two processes, half of the sources one at a time each',
} as const;

export const startOf = ({ label }: { readonly label: string }): string =>
  `${label}: start to first prediction`;
export const callsOf = ({ label }: { readonly label: string }, size: number): string =>
  `${label}: ${size === 1 ? 'one at a time' : `${size} in a call`}`;
export const wayOf = ({ label }: { readonly label: string }, way: keyof typeof WAYS): string =>
  `${label}: ${WAYS[way]}`;

export const sampleName = (row: string, metric: Metric, subject: string): string =>
  `${row}\t${metric}\t${subject}`;

/** @throws BenchError ANSWERS_DIFFER, SUBJECT_FAILED */
export async function measureAllenNlpRounds(options: AllenNlpRounds): Promise<Samples> {
  const { subjects, archives, rounds, say } = options;
  for (const archive of archives) await agree(archive, options);
  const samples = new Samples();
  for (let round = 0; round < rounds; round++) {
    say(`round ${round + 1} of ${rounds}`);
    for (const archive of archives) {
      for (const subject of alternateOrder(round, subjects)) {
        if (archive.field === 'source') await generate(archive, subject, options, samples);
        else await predict(archive, subject, options, samples);
      }
    }
  }
  return samples;
}

/** Reads every file once, too: the starts that count find them in the page cache. */
async function agree(archive: MeasuredArchive, { subjects, say, threads }: AllenNlpRounds): Promise<void> {
  const inputs = archive.inputs.slice(0, COMPARED);
  const given: { readonly name: string; readonly answers: readonly unknown[] }[] = [];
  for (const subject of subjects) {
    const process = await open(archive, subject, threads);
    try {
      given.push({ name: subject.name, answers: await process.answers(inputs) });
    } finally {
      await process.stop();
    }
  }
  const [own, other] = given;
  if (!own || !other) return;
  const compared = inputs.map((_, index) => compareAnswers(other.answers[index], own.answers[index]));
  const problem = compared.find((each) => each.problem !== undefined || each.largest > TOLERANCE);
  if (problem) {
    const how = problem.problem ?? `${problem.at} is off by ${problem.largest}`;
    throw new BenchError(
      'ANSWERS_DIFFER',
      `${own.name} and ${other.name} disagree on ${archive.name}: ${how}`,
    );
  }
  const largest = Math.max(...compared.map((each) => each.largest));
  say(`${archive.name}: ${inputs.length} answers equal, numbers off by ${largest.toPrecision(2)} at most`);
}

async function predict(
  archive: MeasuredArchive,
  subject: ArchiveSubject,
  { threads, say }: AllenNlpRounds,
  samples: Samples,
): Promise<void> {
  const process = await open(archive, subject, threads);
  try {
    addStart(samples, archive, subject, process);
    await process.predict(archive.inputs.slice(0, WARM_UP.singles), 1);
    await process.predict(archive.inputs, archive.inputs.length, WARM_UP.lists);
    const figures: string[] = [];
    for (const size of SIZES) {
      const inputs = size === 1 ? archive.inputs.slice(0, SINGLES) : archive.inputs;
      const times = size === 1 ? 1 : LISTS;
      const reply = await process.predict(inputs, size, times);
      addRates(samples, callsOf(archive, size), subject.name, inputs.length * times, reply);
      figures.push(`${size}: ${((inputs.length * times * 1000) / reply.cpuMilliseconds).toFixed(0)}`);
    }
    samples.add(sampleName(startOf(archive), 'RSS after all calls', subject.name), process.memory().resident);
    say(
      `  ${archive.label}: ${subject.name}, inputs per CPU second by inputs of a call: ${figures.join('; ')}`,
    );
  } finally {
    await process.stop();
  }
}

/** One process with all of the sources, and two that divide them. */
async function generate(
  archive: MeasuredArchive,
  subject: ArchiveSubject,
  { threads, say }: AllenNlpRounds,
  samples: Samples,
): Promise<void> {
  const { inputs } = archive;
  const half = Math.ceil(inputs.length / 2);
  const halves = [inputs.slice(0, half), inputs.slice(half)];
  const running: ArchiveProcess[] = [];
  const figures: string[] = [];
  const add = (way: keyof typeof WAYS, replies: readonly PredictReply[], times: number) => {
    const reply = {
      milliseconds: Math.max(...replies.map(({ milliseconds }) => milliseconds)),
      cpuMilliseconds: replies.reduce((sum, { cpuMilliseconds }) => sum + cpuMilliseconds, 0),
    };
    const row = wayOf(archive, way);
    addRates(samples, row, subject.name, inputs.length * times, reply);
    const resident = running.reduce((sum, process) => sum + process.memory().resident, 0);
    samples.add(sampleName(row, 'RSS', subject.name), resident);
    figures.push(`${WAYS[way]} ${((inputs.length * times * 1000) / reply.milliseconds).toFixed(0)}/s`);
  };
  try {
    const first = await open(archive, subject, threads);
    running.push(first);
    addStart(samples, archive, subject, first);
    await first.predict(inputs, inputs.length, 2);
    add('together', [await first.predict(inputs, inputs.length, GENERATIONS)], GENERATIONS);
    running.push(await open(archive, subject, threads));
    const both = (size: number, times: number) =>
      Promise.all(running.map((process, index) => process.predict(halves[index] ?? [], size, times)));
    await both(half, 2);
    add('divided', await both(half, GENERATIONS), GENERATIONS);
    add('singly', await both(1, 1), 1);
    say(`  ${archive.label}: ${subject.name}, ${figures.join('; ')}`);
  } finally {
    await Promise.all(running.map((process) => process.stop()));
  }
}

function open(archive: MeasuredArchive, subject: ArchiveSubject, threads: number): Promise<ArchiveProcess> {
  const { predictor, registers, inputs } = archive;
  return ArchiveProcess.start(subject, {
    ...subject.place(archive),
    ...{ predictor, threads, input: inputs[0] ?? {} },
    ...(registers !== undefined && { registers }),
  });
}

function addStart(
  samples: Samples,
  archive: MeasuredArchive,
  { name }: ArchiveSubject,
  process: ArchiveProcess,
): void {
  const row = startOf(archive);
  samples.add(sampleName(row, 'wall', name), process.start.milliseconds);
  samples.add(sampleName(row, 'CPU', name), process.start.cpuMilliseconds);
  samples.add(sampleName(row, 'RSS', name), process.memory().resident);
}

function addRates(samples: Samples, row: string, name: string, inputs: number, reply: PredictReply): void {
  const { milliseconds, cpuMilliseconds } = reply;
  samples.add(sampleName(row, 'rate', name), (1000 * inputs) / milliseconds);
  samples.add(sampleName(row, 'rate of CPU', name), (1000 * inputs) / cpuMilliseconds);
  samples.add(sampleName(row, 'CPU per input', name), cpuMilliseconds / inputs);
}
