import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeShared } from '../../fixtures/shared.ts';
import {
  buildReference,
  type GenerationCase,
  hasGenerators,
  readReference,
} from '../../support/generation/references.ts';
import { logSoftmax, type Scored, StepRunner } from '../../support/generation/run-steps.ts';

const TOLERANCE = 1e-4;

/** Options that change scores of tokens that stay allowed. */
const RESCORED = [
  'repetition_penalty',
  'encoder_repetition_penalty',
  'sequence_bias',
  'exponential_decay_length_penalty',
];

const FAMILIES = ['t5', 't5_v11', 'mt5', 'bart', 'mbart', 'marian', 'pegasus'];

describeShared({ folder: 'references', isThere: hasGenerators }, FAMILIES, (family) => {
  const cases = readReference(family).cases.filter(
    ({ step_top5, input_ids, options }) =>
      step_top5 !== undefined && input_ids !== null && !RESCORED.some((name) => name in options),
  );
  let runner: StepRunner;
  beforeAll(async () => {
    runner = await StepRunner.open(buildReference(family));
  });
  afterAll(() => runner.close());

  it('uses every tensor of its checkpoint', () => {
    expect(runner.built.unused).toEqual([]);
  });

  it('scores the best tokens of every case as PyTorch does, the whole text in one run', async () => {
    expect(cases.length).toBeGreaterThan(1);
    for (const each of cases) {
      for (const row of each.sequences.keys()) {
        const sequence = await runner.begin(sourceOf(each, row), 16);
        const [scored = []] = await runner.run([{ sequence, ids: decoderIds(each, row) }]);
        expectBest(each, row, scored.slice(each.new_token_start - 1));
      }
    }
  });

  it('scores them the same token by token, with others in the batch', async () => {
    const rows = cases
      .slice(0, 4)
      .map((each) => ({ each, ids: decoderIds(each, 0), scored: [] as Scored[] }));
    const sequences = await Promise.all(rows.map(({ each }) => runner.begin(sourceOf(each, 0), 16)));
    for (let token = 0; token < Math.max(...rows.map(({ ids }) => ids.length)); token++) {
      const running = rows.filter(({ ids }) => token < ids.length);
      const given = running.flatMap((row) => {
        const sequence = sequences[rows.indexOf(row)];
        return sequence ? [{ sequence, ids: row.ids.slice(token, token + 1) }] : [];
      });
      const results = await runner.run(given, { multiple: 16 });
      for (const [index, { scored }] of running.entries()) scored.push(...(results[index] ?? []));
    }
    for (const { each, scored } of rows) expectBest(each, 0, scored.slice(each.new_token_start - 1));
  });
});

/** The source without padding. */
function sourceOf({ input_ids, attention_mask }: GenerationCase, row: number): readonly number[] {
  return (input_ids?.[row] ?? []).filter((_, index) => attention_mask?.[row]?.[index] === 1);
}

/** What the decoder reads: all but the last token, which is only chosen. */
function decoderIds({ sequences }: GenerationCase, row: number): readonly number[] {
  return (sequences[row] ?? []).slice(0, -1);
}

/**
 * Processors forbid tokens and force one, which changes the probabilities of all others by the same factor: distances from the best
 * token stay. A forced token stands alone.
 */
function expectBest({ id, step_top5: steps }: GenerationCase, row: number, scored: readonly Scored[]): void {
  for (const [step, best] of (steps?.[row] ?? []).entries()) {
    const logProbabilities = logSoftmax(scored[step]?.logits ?? new Float32Array());
    const allowed = best.filter(([, score]) => score !== null && score > -1e30);
    const [first] = allowed;
    if (first === undefined) continue;
    for (const [token, score] of allowed) {
      const actual = (logProbabilities[token] ?? Number.NaN) - (logProbabilities[first[0]] ?? Number.NaN);
      const difference = Math.abs(actual - (score - first[1])) / (1 + Math.abs(first[1]));
      expect(difference, `${id}, row ${row}, step ${step}`).toBeLessThan(TOLERANCE);
    }
  }
}
