/** A checkpoint and its package with the variants for the CPU and for GPUs. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProgressBar } from 'pilotlight/internal/kit/progress';
import { SHAPES, writeCheckpoint } from '../fixtures/checkpoints.ts';
import { addPackage } from './package-model.ts';
import { WORK } from './paths.ts';
import { digest, FAMILIES, type ShapeName, SOURCES } from './prepare.ts';

export interface PreparedGpu {
  readonly model: ShapeName;
  readonly packages: string;
  readonly tokenizer: string;
  /** Longest sequence that the model takes. */
  readonly maxTokens: number;
}

/** Padded tokens of one run: as many as the largest batch has. */
const TOKEN_BUDGET = 16_384;

/** Makes them, unless they are there, made by these very sources. */
export async function prepareGpu(model: ShapeName, progress: ProgressBar): Promise<PreparedGpu> {
  const folder = join(WORK, 'models', `${model}-gpu`);
  const packages = join(folder, 'packages');
  const checkpoint = join(folder, 'checkpoint');
  const stamp = join(folder, 'made-by');
  const sources = digest([...SOURCES, 'test/bench/prepare-gpu.ts']);
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== sources) {
    rmSync(folder, { recursive: true, force: true });
    progress.say(`making a checkpoint of ${model} parameters and its package with fp16, once`);
    const labels = ['negative', 'positive'];
    writeCheckpoint(
      { family: FAMILIES[model], head: 'sequence-classification', shape: SHAPES[model], labels },
      checkpoint,
    );
    await addPackage(checkpoint, packages, model, {
      variants: ['int8', 'fp32', 'fp16'],
      tokenBudget: TOKEN_BUDGET,
    });
    writeFileSync(stamp, sources);
  }
  const { positions: maxTokens } = SHAPES[model];
  return { model, packages, tokenizer: join(checkpoint, 'tokenizer.json'), maxTokens };
}
