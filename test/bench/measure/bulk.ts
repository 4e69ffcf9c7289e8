import type { Curve, Measured, Series } from '../results.ts';
import { median, pairedRatio } from '../statistics.ts';
import { alternateOrder, type SubjectSpec, withSubjects } from '../subject-process.ts';
import { NAMES } from '../subjects.ts';
import { compare, type Target } from '../targets.ts';
import { byLength, countTokens, inBatches, type Lognormal, TextMaker } from '../texts.ts';
import { type BatchRates, readTokenBudget, tryBatchSizes, tryBudgets } from './bulk-trials.ts';
import { type Context, pause, Samples, SEED, specifySubjects } from './context.ts';

const TEXTS = { tiny: 64, real: 1024 } as const;
/**
 * Median length as of the sentences that classifiers read (BANKING77 14 tokens, CLINC150 11, SNIPS 12, SST-2 24),
 * with a tail that reaches the length of a paragraph; and texts of the length of a paragraph, for information.
 */
const SENTENCES: Lognormal = { typical: 14, sigma: 0.8, shortest: 5, longest: 200 };
const PARAGRAPHS: Lognormal = { typical: 64, sigma: 0.5, shortest: 5, longest: 200 };
const REFERENCE_BATCH = 32;
/** The trials take every fourth text. */
const TRIAL_SHARE = 4;
/** One paragraph for so many sentences. */
const PARAGRAPH_SHARE = 8;
const REST_MS = 200;

/** A kind of texts, and how many of them there are. */
interface Kind {
  readonly name: string;
  readonly texts: readonly string[];
  /** Targets against the reference batch and against the peer's best. */
  readonly targets: readonly Target[];
}

/** One way of having all texts predicted. */
interface Run {
  readonly name: string;
  readonly spec: SubjectSpec;
  readonly batches: readonly (readonly string[])[];
}

/** All texts through Pilotlight in one call, and through the peer in batches. */
export async function measureBulk(context: Context): Promise<Measured> {
  const { prepared } = context;
  const maker = new TextMaker(prepared.tokenizer, SEED.bulk);
  const [pilotlight, peer] = specifySubjects(['pilotlight', 'peer'], context, maker.ofTokens(16));
  if (!pilotlight || !peer) return { series: [], comparisons: [], notes: [] };
  const count = TEXTS[prepared.model === 'tiny' ? 'tiny' : 'real'];
  const within = (lengths: Lognormal) => ({
    ...lengths,
    longest: Math.min(lengths.longest, prepared.maxTokens),
  });
  const sentences: Kind = {
    name: 'sentences',
    texts: maker.lognormal(count, within(SENTENCES)),
    targets: [{ atLeast: 3 }, { atLeast: 1.8 }],
  };
  const paragraphs: Kind = {
    name: 'paragraphs',
    texts: maker.lognormal(count / PARAGRAPH_SHARE, within(PARAGRAPHS)),
    targets: [],
  };
  const trial = everyFourth(sentences.texts);
  const sizes = await tryBatchSizes(peer, trial, context);
  const budgets = await tryBudgets(pilotlight, sentences.texts, context);
  const figures = [await measureRates(sentences, pilotlight, peer, sizes, context)];
  const longSizes = await tryBatchSizes(peer, everyFourth(paragraphs.texts), context);
  figures.push(await measureRates(paragraphs, pilotlight, peer, longSizes, context));
  context.progress.clear();
  return {
    series: figures.flatMap(({ series }) => series),
    comparisons: figures.flatMap(({ comparisons }) => comparisons),
    curves: [
      { subject: NAMES.pilotlight, points: [...budgets] },
      { subject: `${NAMES.peer}, file order`, points: byTokens(sizes.fileOrder, trial) },
      { subject: `${NAMES.peer}, sorted by its caller`, points: byTokens(sizes.sorted, byLength(trial)) },
    ],
    notes: [
      ...[sentences, paragraphs].map(
        ({ name, texts }) =>
          `${name}: ${texts.length} texts, ${sum(texts.map(countTokens))} tokens in all, the longest of ${Math.max(...texts.map(countTokens))}, the median of ${median(texts.map(countTokens))}.`,
      ),
      `One fresh process for every pass. Pilotlight gets all texts in one call and in file order; the token budget of its manifest is ${readTokenBudget(prepared)}.`,
      `The peer's best batch size was found on every ${TRIAL_SHARE}th text beforehand. The peer does not sort by itself: its sorted figures are what a caller can gain who does it for it, and stand for information, as do those of paragraphs, where single texts fill the processor already.`,
    ],
  };
}

async function measureRates(
  { name: kind, texts, targets }: Kind,
  pilotlight: SubjectSpec,
  peer: SubjectSpec,
  sizes: BatchRates,
  { prepared, rounds, progress }: Context,
): Promise<Pick<Measured, 'series' | 'comparisons'>> {
  const best = { best: fastest(sizes.fileOrder), bestSorted: fastest(sizes.sorted) };
  const runs = planRuns(pilotlight, peer, texts, best);
  const rates = new Samples();
  for (let round = 0; round < rounds; round++) {
    for (const [index, run] of alternateOrder(round, runs).entries()) {
      progress.count(
        `${texts.length} ${kind}: ${run.name}`,
        round * runs.length + index,
        rounds * runs.length,
      );
      rates.add(run.name, await measureRate(run, texts));
    }
  }
  const [own = '', ...others] = runs.map(({ name }) => name);
  return {
    series: [own, ...others].map((name): Series => {
      return { subject: name, metric: `bulk: ${kind}`, unit: 'texts/s', samples: rates.get(name) };
    }),
    comparisons: others.map((other, index) => {
      const value = pairedRatio(rates.get(own), rates.get(other));
      return compare(
        { name: `bulk, ${kind}: ${own} / ${other}`, model: prepared.model },
        value,
        targets[index],
      );
    }),
  };
}

function planRuns(
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

async function measureRate({ spec, batches }: Run, texts: readonly string[]): Promise<number> {
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

const everyFourth = (texts: readonly string[]) => texts.filter((_, index) => index % TRIAL_SHARE === 0);

/** Rates by the mean of padded tokens in a batch, in place of the texts in it. */
function byTokens(rates: ReadonlyMap<number, number>, texts: readonly string[]): Curve['points'] {
  return [...rates].map(([size, rate]) => {
    const padded = inBatches(texts, size).map((batch) => batch.length * Math.max(...batch.map(countTokens)));
    return [sum(padded) / padded.length, rate];
  });
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
