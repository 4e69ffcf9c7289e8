/** What PyTorch's `generate` gave to the inputs of a reference case, and how far a generation is from it. */
import type { Generation } from '@pilotlight/engine';
import type { GenerationCase } from './references.ts';

export interface BeamCase extends GenerationCase {
  readonly sequences_scores?: readonly number[];
}

/** One input of a case, and the sequences that `generate` gave for it. */
export interface Row {
  readonly input: { readonly ids: readonly number[] } | string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly sequences: readonly (readonly number[])[];
  readonly logprobs?: readonly (readonly number[])[] | undefined;
  readonly scores?: readonly number[] | undefined;
}

export function rowsOf(one: BeamCase): readonly Row[] {
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
export interface Differences {
  readonly all: number[];
  add(found: number | undefined, expected: number): void;
}

export function differences(): Differences {
  const all: number[] = [];
  return {
    all,
    add: (found = Number.NaN, expected) =>
      void all.push(Math.abs(found - expected) / (1 + Math.abs(expected))),
  };
}

/** What differs, of the tokens; scores go to `off`. */
export function findFault(row: Row, { sequences }: Generation, off: Differences): string | undefined {
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
