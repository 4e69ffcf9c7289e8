/** A tiny random model in int8 of 8 bits, the scheme whose sums would saturate. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageModel } from '../../model-assets/toolchain/src/package-model.ts';
import { silent } from '../../model-assets/toolchain/src/progress.ts';
import { SHAPES, writeCheckpoint } from '../fixtures/checkpoints.ts';

export async function addPackage(packages: string): Promise<void> {
  const source = mkdtempSync(join(tmpdir(), 'pilotlight-checkpoint-'));
  try {
    const labels = ['bad', 'good'];
    writeCheckpoint({ family: 'bert', shape: SHAPES.tiny, head: 'sequence-classification', labels }, source);
    const quantise = { keep: [], reduceRange: false };
    const options = { version: '1.0.0', quantise, evaluations: [], tokenBudget: 512, force: true };
    await packageModel({ source, packages, name: 'eight-bits', variants: ['int8'], ...options }, silent);
  } finally {
    rmSync(source, { recursive: true });
  }
}
