import type { Curve, Measured, Series } from '../results.ts';
import { pairedRatio } from '../statistics.ts';
import { inOrderOf, type SubjectSpec, withSubjects } from '../subject-process.ts';
import { NAMES } from '../subjects.ts';
import { compare } from '../targets.ts';
import { byLength, inBatches, TextMaker, tokensOf } from '../texts.ts';
import { tryBatchSizes, tryBudgets } from './bulk-trials.ts';
import { type Context, pause, Samples, SEED, specsOf } from './context.ts';

const TEXTS = { tiny: 64, real: 1024 } as const;
const LENGTHS = { typical: 32, sigma: 0.8, shortest: 5, longest: 200 } as const;
const REFERENCE_BATCH = 32;
/** The trials take every fourth text. */
const TRIAL_SHARE = 4;
const REST_MS = 200;

/** One way of having all texts predicted. */
interface Run {
  readonly name: string;
  readonly spec: SubjectSpec;
  readonly batches: readonly (readonly string[])[];
}

/** All texts through Pilotlight in one call, and through the peer in batches. */
export async function measureBulk(context: Context): Promise<Measured> {
  const { prepared, rounds, progress } = context;
  const maker = new TextMaker(prepared.tokenizer, SEED.bulk);
  const longest = Math.min(LENGTHS.longest, prepared.maxTokens);
  const texts = maker.lognormal(TEXTS[prepared.model === 'tiny' ? 'tiny' : 'real'], { ...LENGTHS, longest });
  const trial = texts.filter((_, index) => index % TRIAL_SHARE === 0);
  const specs = specsOf(['pilotlight', 'peer'], context, maker.ofTokens(16));
  const [pilotlight, peer] = specs;
  if (!pilotlight || !peer) return { series: [], comparisons: [], notes: [] };

  const sizes = await tryBatchSizes(peer, trial, context);
  const budgets = await tryBudgets(pilotlight, texts, context);
  const runs = runsOf(pilotlight, peer, texts, {
    best: fastest(sizes.fileOrder),
    bestSorted: fastest(sizes.sorted),
  });
  const rates = new Samples();
  for (let round = 0; round < rounds; round++) {
    for (const [index, run] of inOrderOf(round, runs).entries()) {
      progress.show(`${texts.length} texts: ${run.name}`, round * runs.length + index, rounds * runs.length);
      rates.add(run.name, await rateOf(run, texts));
    }
  }
  progress.clear();

  const [own = '', ...others] = runs.map(({ name }) => name);
  const targets = [{ atLeast: 3 }, { atLeast: 1.8 }];
  return {
    series: [own, ...others].map((name): Series => {
      return { subject: name, metric: 'bulk', unit: 'texts/s', samples: rates.get(name) };
    }),
    comparisons: others.map((other, index) => {
      const value = pairedRatio(rates.get(own), rates.get(other));
      return compare(
        { name: `bulk throughput: ${own} / ${other}`, model: prepared.model },
        value,
        targets[index],
      );
    }),
    curves: [
      { subject: NAMES.pilotlight, points: [...budgets] },
      { subject: `${NAMES.peer}, file order`, points: byTokens(sizes.fileOrder, trial) },
      { subject: `${NAMES.peer}, sorted by its caller`, points: byTokens(sizes.sorted, byLength(trial)) },
    ],
    notes: [
      `${texts.length} texts of ${LENGTHS.shortest}-${longest} tokens, lognormal about ${LENGTHS.typical}, ${sum(texts.map(tokensOf))} tokens in all; one fresh process for every pass. Pilotlight gets them in one call and in file order.`,
      `The peer's best batch size was found on every ${TRIAL_SHARE}th text beforehand. The peer does not sort by itself: its sorted figures are what a caller can gain who does it for it, and stand for information.`,
    ],
  };
}

function runsOf(
  pilotlight: SubjectSpec,
  peer: SubjectSpec,
  texts: readonly string[],
  { best, bestSorted }: { best: number; bestSorted: number },
): Run[] {
  const sorted = byLength(texts);
  return [
    { name: pilotlight.name, spec: pilotlight, batches: [texts] },
    {
      name: `${peer.name} in batches of ${REFERENCE_BATCH}`,
      spec: peer,
      batches: inBatches(texts, REFERENCE_BATCH),
    },
    { name: `${peer.name} at its best, batches of ${best}`, spec: peer, batches: inBatches(texts, best) },
    {
      name: `${peer.name} sorted by its caller, batches of ${bestSorted}`,
      spec: peer,
      batches: inBatches(sorted, bestSorted),
    },
  ];
}

async function rateOf({ spec, batches }: Run, texts: readonly string[]): Promise<number> {
  return withSubjects([spec], async ([subject]) => {
    await pause(REST_MS);
    const reply = await subject?.batches(batches);
    return (1000 * texts.length) / (reply?.milliseconds ?? Number.NaN);
  });
}

function fastest(rates: ReadonlyMap<number, number>): number {
  const [first] = [...rates].sort((a, b) => b[1] - a[1]);
  return first?.[0] ?? REFERENCE_BATCH;
}

/** Rates by the mean of padded tokens in a batch, in place of the texts in it. */
function byTokens(rates: ReadonlyMap<number, number>, texts: readonly string[]): Curve['points'] {
  return [...rates].map(([size, rate]) => {
    const padded = inBatches(texts, size).map((batch) => batch.length * Math.max(...batch.map(tokensOf)));
    return [sum(padded) / padded.length, rate];
  });
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
