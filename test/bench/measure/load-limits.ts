/** Measures the most that batches can gain on this processor: `session.run` on tensors made beforehand, one by one and in batches. */
import { planBatches } from '../../../layers/engine/src/batching/plan.ts';
import { LENGTHS } from '../load/lengths.ts';
import type { Series } from '../results.ts';
import { pairedRatio, type Spread } from '../statistics.ts';
import { withSubjects } from '../subject-process.ts';
import { NAMES } from '../subjects.ts';
import { countTokens, inBatches, TextMaker } from '../texts.ts';
import { type Context, pause, Samples, SEED, specifySubjects } from './context.ts';

const TEXTS = { tiny: 32, real: 512 } as const;
const BUDGETS = [256, 512, 1024, 2048, 4096] as const;
const REST_MS = 100;

export interface BatchLimits {
  /** Texts per second in the best batches, round by round. */
  readonly best: readonly number[];
  /** The rate in batches over the rate one by one. */
  readonly ratio: Spread;
  readonly series: readonly Series[];
  readonly notes: readonly string[];
}

export async function batchLimits(context: Context): Promise<BatchLimits> {
  const { prepared, rounds, progress } = context;
  const maker = new TextMaker(prepared.tokenizer, SEED.load);
  const count = TEXTS[prepared.model === 'tiny' ? 'tiny' : 'real'];
  const lengths = { ...LENGTHS, longest: Math.min(LENGTHS.longest, prepared.maxTokens) };
  const texts = maker.lognormal(count, lengths);
  const ways = [
    { name: 'one by one', batches: inBatches(texts, 1) },
    ...BUDGETS.map((budget) => ({
      name: `sorted, in batches of ${budget} tokens`,
      batches: planBatches(texts.map(countTokens), budget).map((places) =>
        places.map((at) => texts[at] ?? ''),
      ),
    })),
  ];
  const rates = new Samples();
  for (let round = 0; round < rounds; round++) {
    progress.count('the limit of batches', round, rounds);
    await withSubjects(specifySubjects(['raw'], context, maker.ofTokens(16)), async ([subject]) => {
      for (const { name, batches } of ways) {
        await pause(REST_MS);
        const reply = await subject?.batches(batches);
        rates.add(name, (1000 * count) / (reply?.milliseconds ?? Number.NaN));
      }
    });
  }
  const [single = '', ...batched] = ways.map(({ name }) => name);
  const best = Array.from({ length: rounds }, (_, round) =>
    Math.max(...batched.map((name) => rates.get(name)[round] ?? Number.NaN)),
  );
  return {
    best,
    ratio: pairedRatio(best, rates.get(single)),
    series: rates.names().map((name) => {
      return { subject: NAMES.raw, metric: `limit: ${name}`, unit: 'texts/s', samples: rates.get(name) };
    }),
    notes: [
      `The limit: ${NAMES.raw} with the session options of an inline session, ${count} texts of the same lengths, all sorted by length before the first batch is made, which no server can do with what arrives. Batches cannot gain more than this on this processor, because a long text fills it by itself.`,
    ],
  };
}
