import type { Curve, Measured, Series } from '../results.ts';
import { pairedRatio, spread } from '../statistics.ts';
import { alternateOrder, SubjectProcess, type SubjectSpec, withSubjects } from '../subject-process.ts';
import type { MemoryReply } from '../subjects/protocol.ts';
import { NAMES } from '../subjects.ts';
import { compare } from '../targets.ts';
import { inBatches, type Lognormal, TextMaker } from '../texts.ts';
import { type Context, Samples, SEED, specifySubjects } from './context.ts';

/** Requests from one reading of the memory to the next. */
const READ_EVERY = 50;
/** Readings at the end of warm-up and at the very end that growth is formed from. */
const READINGS = 5;
/** The share of all requests that counts as warm-up. */
const WARM_UP = 0.05;
const USUAL: Lognormal = { typical: 14, sigma: 0.8, shortest: 3, longest: 60 };
const MIB = 2 ** 20;

const PARTS = ['resident', 'anonymous', 'heap', 'file', 'peak'] as const;

/** Memory after load in every round, then its course over twice as many requests as growth is asked for, once. */
export async function measureMemory(context: Context): Promise<Measured> {
  const { prepared, rounds, requests, progress } = context;
  const maker = new TextMaker(prepared.tokenizer, SEED.memory);
  const specs = specifySubjects(
    ['pilotlight', 'peer', 'pilotlightFp32', 'peerFp32'],
    context,
    maker.ofTokens(16),
  );
  const loaded = new Samples();
  for (let round = 0; round < rounds; round++) {
    progress.count('memory after load', round, rounds);
    for (const spec of alternateOrder(round, specs)) {
      for (const [part, bytes] of Object.entries(await memoryAfterLoad(spec)))
        loaded.add(`${spec.name}/${part}`, bytes / MIB);
    }
  }
  const texts = maker.varied(2 * requests, USUAL, prepared.maxTokens);
  const curves: Curve[] = [];
  for (const spec of specs.slice(0, 2)) curves.push(await course(spec, texts, context));
  progress.clear();

  const resident = (name: string) => loaded.get(`${name}/resident`);
  const ratio = (own: string, other: string, target?: { atMost: number }) =>
    compare(
      { name: `memory after load: ${own} / ${other}`, model: prepared.model },
      pairedRatio(resident(own), resident(other)),
      target,
    );
  return {
    series: specs.flatMap(({ name }) =>
      PARTS.filter((part) => loaded.get(`${name}/${part}`).length > 0).map((part): Series => {
        return {
          subject: name,
          metric: `after load: ${part}`,
          unit: 'MiB',
          samples: loaded.get(`${name}/${part}`),
        };
      }),
    ),
    comparisons: [
      ratio(NAMES.pilotlight, NAMES.peer, { atMost: 0.7 }),
      ratio(NAMES.pilotlightFp32, NAMES.peerFp32),
      ...curves.flatMap((curve, index) => [
        compare(
          { name: `growth over ${requests} requests: ${curve.subject}`, model: prepared.model },
          growth(curve, requests * WARM_UP, requests),
          index === 0 ? { atMost: 1.02 } : undefined,
        ),
        compare(
          { name: `growth over the next ${requests} requests: ${curve.subject}`, model: prepared.model },
          growth(curve, requests, 2 * requests),
        ),
      ]),
    ],
    curves,
    notes: [
      'Resident set of the process after its first prediction, as the system counts it: mapped files that have been touched are in it ("file"), although the system may drop them.',
      `${requests} single requests, nine in ten of the length of sentences (median ${USUAL.typical} tokens), one in ten uniform over 3-${prepared.maxTokens} tokens; one process each, read every ${READ_EVERY} requests. Growth is the median of the last ${READINGS} readings over that of the first ${READINGS} after a warm-up of ${100 * WARM_UP} % of the requests.`,
      `As many requests again tell whether growth goes on. V8 collects its whole heap for the first time when some megabytes have gathered there, and those are most of the growth before.`,
    ],
  };
}

async function memoryAfterLoad(spec: SubjectSpec): Promise<MemoryReply> {
  return withSubjects(
    [spec],
    async ([subject]) => subject?.memory() ?? { resident: Number.NaN, peak: Number.NaN, heap: Number.NaN },
  );
}

/** Requests done and MiB resident. */
async function course(spec: SubjectSpec, texts: readonly string[], { progress }: Context): Promise<Curve> {
  const subject = await SubjectProcess.start(spec);
  try {
    const points: [number, number][] = [[0, (await subject.memory()).resident / MIB]];
    for (const part of inBatches(texts, READ_EVERY)) {
      const done = (points.at(-1)?.[0] ?? 0) + part.length;
      await subject.calls(part);
      points.push([done, (await subject.memory()).resident / MIB]);
      progress.count(`memory of ${spec.name}`, done, texts.length);
    }
    return { subject: spec.name, points };
  } finally {
    await subject.stop();
  }
}

/** Computes the growth from the readings that follow `from` requests to those before `to`. */
function growth({ points }: Curve, from: number, to: number) {
  const between = points.filter(([done]) => done >= from && done <= to).map(([, resident]) => resident);
  return pairedRatioOfMedians(between.slice(-READINGS), between.slice(0, READINGS));
}

/** The ratio of medians, with the extremes of all pairs as its spread. */
function pairedRatioOfMedians(late: readonly number[], early: readonly number[]) {
  const ratios = late.flatMap((end) => early.map((start) => end / start));
  return { ...spread(ratios), low: Math.min(...ratios), high: Math.max(...ratios), band: 'min-max' as const };
}
