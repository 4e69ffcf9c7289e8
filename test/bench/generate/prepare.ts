/** Makes what `bench generate` measures, once: checkpoints, packages, and exports for the peer. */
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sumsSaturate } from '@pilotlight/engine/internal/session/saturation-trial';
import { WORK } from '../paths.ts';
import { digest, SOURCES } from '../prepare.ts';
import { writeGenerationCheckpoint } from './checkpoint.ts';
import { packageRandomGenerator } from './package.ts';
import { writeGenerationPeer } from './peer-model.ts';
import type { GenerationShape } from './shapes.ts';

const MADE_BY = [
  ...SOURCES,
  'test/support/generation/random-weights.ts',
  'test/bench/generate/{checkpoint,package,peer-model,shapes,seq2seq-shapes}.ts',
  'test/bench/generate/export/*.ts',
];

export interface PreparedGenerator extends GenerationShape {
  /** Folder of `checkpoint`, of packages and of the export, all of this model. */
  readonly folder: string;
  /** Bytes of weights that a step of one token reads: those of the step graph without the table that words are looked up in. */
  readonly bytesOfStep: number;
}

export const PACKAGES = 'packages';
export const CHECKPOINT = 'checkpoint';
export const PEER = 'peer';

/** Weights have seven bits where sums of eight saturate, as ADR-int8.md advises where functions run on such processors. */
export async function prepareGenerator(
  shape: GenerationShape,
  say: (line: string) => void,
  work = join(WORK, 'generate'),
): Promise<PreparedGenerator> {
  const folder = join(work, shape.name);
  const stamp = join(folder, 'made-by');
  const sources = digest(MADE_BY);
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== sources) {
    say(`making a checkpoint of ${shape.label}, its package and the peer's files, once`);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    writeGenerationCheckpoint(shape, join(folder, CHECKPOINT));
    writeGenerationPeer(shape, join(folder, CHECKPOINT), join(folder, PEER));
    const [checkpoint, packages] = [join(folder, CHECKPOINT), join(folder, PACKAGES)];
    await packageRandomGenerator(checkpoint, packages, shape.name, await sumsSaturate());
    writeFileSync(stamp, sources);
  }
  const [rows = 0, width = 0] = shape.tensors[shape.words] ?? [];
  const weights = join(folder, PACKAGES, shape.name, '1.0.0', 'int8', 'step', 'weights.bin');
  return { ...shape, folder, bytesOfStep: statSync(weights).size - rows * width };
}
