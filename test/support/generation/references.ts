/** The checkpoints of ../shared/references/gen and what PyTorch generates with them; tests are skipped, and say so, where they are absent. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type BuiltGenerator, buildGenerator } from '@pilotlight/toolchain/internal/generation/graph/index';
import { SourceFolder } from '@pilotlight/toolchain/internal/sources/folder';
import { WeightFiles } from '@pilotlight/toolchain/internal/sources/weight-files';

export const GENERATORS = resolve(import.meta.dirname, '../../../../shared/references/gen');
export const hasGenerators = existsSync(join(GENERATORS, 'processors.json'));

/** A call of `generate`. Arrays have a batch dimension. */
export interface GenerationCase {
  readonly id: string;
  readonly kind: string;
  /** null where the model began with its own first token. */
  readonly input_ids: readonly (readonly number[])[] | null;
  readonly attention_mask: readonly (readonly number[])[] | null;
  readonly options: Readonly<Record<string, unknown>>;
  readonly sequences: readonly (readonly number[])[];
  /** Where new tokens begin in `sequences`. */
  readonly new_token_start: number;
  /** Log-softmax of the processed scores at each chosen token, up to and with the first end token. */
  readonly token_logprobs?: readonly (readonly number[])[];
  /** Of each row and step: id, processed score, log-softmax of that. */
  readonly step_top5?: readonly (readonly (readonly (readonly [number, number, number])[])[])[];
}

export interface GenerationReference {
  readonly family: string;
  readonly cases: readonly GenerationCase[];
}

export function readReference(family: string): GenerationReference {
  return readJson(family, 'reference.json') as GenerationReference;
}

export function readJson(family: string, file: string): unknown {
  return JSON.parse(readFileSync(join(GENERATORS, family, file), 'utf8'));
}

/** Runs `use` with the config.json and the weights of a checkpoint. */
export function withCheckpoint<Result>(
  family: string,
  use: (config: Readonly<Record<string, unknown>>, weights: WeightFiles) => Result,
): Result {
  const config = readJson(family, 'config.json') as Record<string, unknown>;
  const weights = new WeightFiles(new SourceFolder(join(GENERATORS, family)));
  try {
    return use(config, weights);
  } finally {
    weights.close();
  }
}

export function buildReference(family: string): BuiltGenerator {
  return withCheckpoint(family, buildGenerator);
}
