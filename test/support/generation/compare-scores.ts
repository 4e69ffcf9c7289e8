/** Compares the scores of a graph with those of PyTorch, by forcing the tokens that PyTorch chose. */
import { expect } from 'vitest';
import type { GenerationCase } from './references.ts';
import { logSoftmax, type Scored } from './run-steps.ts';

/** fp32 of another engine is this far away at most. */
export const TOLERANCE = 1e-4;

/** Options that leave scores as they are. */
const PLAIN: ReadonlySet<string> = new Set([
  ...['num_beams', 'max_new_tokens', 'max_length', 'eos_token_id', 'stop_strings', 'decoder_input_ids'],
]);

/** Options that only forbid: what they leave has its own score. */
const FORBIDDING: ReadonlySet<string> = new Set([
  ...['min_new_tokens', 'min_length', 'no_repeat_ngram_size', 'encoder_no_repeat_ngram_size'],
  ...[
    'bad_words_ids',
    'suppress_tokens',
    'begin_suppress_tokens',
    'forced_bos_token_id',
    'forced_eos_token_id',
  ],
]);

/** Settings of generation_config.json that are none of processors. */
const UNRELATED: ReadonlySet<string> = new Set([
  ...['do_sample', 'temperature', 'top_k', 'top_p', 'transformers_version', 'num_beams', 'early_stopping'],
  ...['max_length', 'max_new_tokens', 'length_penalty', 'decoder_start_token_id'],
  ...['bos_token_id', 'eos_token_id', 'pad_token_id', 'output_attentions', 'output_hidden_states'],
]);

/** How far the scores of a case can be compared: whole, without what is forbidden, or not at all. */
export type Comparable = 'whole' | 'allowed' | 'none';

export function comparable(
  { options, token_logprobs: logprobs }: GenerationCase,
  defaults: Readonly<Record<string, unknown>>,
): Comparable {
  if (logprobs === undefined) return 'none';
  const isOff = (value: unknown) => value === null || value === 0 || value === 1;
  const all = { ...defaults, ...options };
  const own = Object.entries(all).flatMap(([name, value]) =>
    PLAIN.has(name) || UNRELATED.has(name) || (name.includes('penalty') && isOff(value)) ? [] : [name],
  );
  if (own.every((name) => name === 'repetition_penalty')) return 'whole';
  return own.every((name) => FORBIDDING.has(name)) ? 'allowed' : 'none';
}

/** `CTRL`'s repetition penalty (Keskar et al. 2019), for folders whose generation_config.json has one. */
export function penalise(logits: Float32Array, ids: readonly number[], penalty: number): Float32Array {
  const changed = logits.slice();
  for (const id of new Set(ids)) {
    const value = logits[id] ?? 0;
    changed[id] = value < 0 ? value * penalty : value / penalty;
  }
  return changed;
}

/** Checks the scores of one row of a case; `scored` has those that each new token was chosen by. */
export function expectScores(
  reference: GenerationCase,
  row: number,
  scored: readonly Pick<Scored, 'logits'>[],
  how: Comparable,
): void {
  const place = (step: number, id: number) => `${reference.id}, row ${row}, step ${step}, token ${id}`;
  for (const [step, best] of (reference.step_top5?.[row] ?? []).entries()) {
    const logits = scored[step]?.logits;
    if (logits === undefined) break;
    for (const [id, processed] of best) {
      const isForbidden = processed < -1e8;
      if (!isForbidden) expectNear(logits[id], processed, place(step, id));
    }
  }
  if (how !== 'whole') return;
  for (const [step, logprob] of (reference.token_logprobs?.[row] ?? []).entries()) {
    const id = reference.sequences[row]?.[reference.new_token_start + step] ?? -1;
    const own = logSoftmax(scored[step]?.logits ?? new Float32Array());
    expectNear(own[id], logprob, place(step, id));
  }
}

function expectNear(actual: number | undefined, expected: number, where: string): void {
  const distance = Math.abs((actual ?? Number.NaN) - expected);
  const allowed = TOLERANCE * (1 + Math.abs(expected));
  if (!(distance <= allowed)) expect.fail(`${where}: ${actual} is not near ${expected}`);
}
