/** Everything that PyTorch's `generate` gives for tiny checkpoints, by the engine: tokens are equal, and scores within 1e-4. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Generation } from '@pilotlight/engine';
import { describe, expect, it } from 'vitest';
import { openReference } from '../../support/generation/open-generator.ts';
import {
  GENERATORS,
  type GenerationCase,
  hasGenerators,
  readReference,
} from '../../support/generation/references.ts';

const families = hasGenerators
  ? readdirSync(GENERATORS).filter((name) => existsSync(join(GENERATORS, name, 'reference.json')))
  : ['none'];

interface BeamCase extends GenerationCase {
  readonly sequences_scores?: readonly number[];
}

/** One input of a case, and the sequences that `generate` gave for it. */
interface Row {
  readonly input: { readonly ids: readonly number[] } | string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly sequences: readonly (readonly number[])[];
  readonly logprobs?: readonly (readonly number[])[] | undefined;
  readonly scores?: readonly number[] | undefined;
}

function rowsOf(one: BeamCase): readonly Row[] {
  const { input_ids, attention_mask, options, sequences, new_token_start: start } = one;
  const inputs = input_ids ?? [[]];
  const each = sequences.length / inputs.length;
  return inputs.map((ids, row): Row => {
    const own = <Value>(values: readonly Value[] | undefined) => values?.slice(row * each, (row + 1) * each);
    const begin = options.decoder_input_ids as number[][] | undefined;
    return {
      input: { ids: ids.filter((_, token) => attention_mask?.[row]?.[token] !== 0) },
      parameters: {
        ...options,
        do_sample: false,
        ...(begin && { decoder_input_ids: begin[row] ?? begin[0] }),
      },
      sequences: (own(sequences) ?? []).map((sequence) => sequence.slice(start)),
      logprobs: own(one.token_logprobs),
      scores: own(one.sequences_scores),
    };
  });
}

/** Differences of scores: how many are above the tolerance, and the largest. */
interface Differences {
  readonly all: number[];
  add(found: number | undefined, expected: number): void;
}

function differences(): Differences {
  const all: number[] = [];
  return {
    all,
    add: (found = Number.NaN, expected) =>
      void all.push(Math.abs(found - expected) / (1 + Math.abs(expected))),
  };
}

describe.skipIf(!hasGenerators)('a generator (skipped without ../shared/references)', () => {
  it.each(families)(
    'gives what transformers generates, tokens and scores, all cases at once: %s',
    async (family) => {
      const model = await openReference(family);
      const faults: string[] = [];
      const off = differences();
      await Promise.all(
        readReference(family).cases.flatMap((one: BeamCase) =>
          rowsOf(one).map(async (row) => {
            const fault = await model.predict(row.input, row.parameters).then(
              ({ results: [result] }) => findFault(row, result as Generation, off),
              (error: unknown) => String(error),
            );
            if (fault !== undefined) faults.push(`${one.id}: ${fault}`);
          }),
        ),
      );
      expect(faults).toEqual([]);
      // These checkpoints are random: at a few of their tokens float32 by any engine, PyTorch too, is further from float64.
      const sorted = off.all.toSorted((a, b) => a - b);
      expect(sorted[Math.floor(sorted.length * 0.98)]).toBeLessThan(1e-4);
      expect(sorted.at(-1)).toBeLessThan(1e-3);
      await model.dispose();
    },
  );
});

function findFault(row: Row, { sequences }: Generation, off: Differences): string | undefined {
  if (sequences.length !== row.sequences.length) return `${sequences.length} sequences`;
  for (const [index, { tokens, score }] of sequences.entries()) {
    const ids = tokens.map(({ id }) => id);
    const expected = row.sequences[index] ?? [];
    if (ids.join() !== expected.slice(0, ids.length).join()) return `${ids.join()} instead of ${expected}`;
    if (expected.slice(ids.length).some((id) => id !== expected.at(-1)))
      return `ends after ${ids.length} of ${expected}`;
    const expectedScore = row.scores?.[index];
    if (expectedScore !== undefined) off.add(score, expectedScore);
    for (const [place, value] of row.logprobs?.[index]?.entries() ?? [])
      off.add(tokens[place]?.logprob, value);
  }
  return undefined;
}
