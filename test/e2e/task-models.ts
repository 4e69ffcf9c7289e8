/** Tiny random models, one for each head: what the formats and the clients of them are tested on. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TaskName } from '@pilotlight/engine';
import { packageModel } from '../../model-assets/toolchain/src/package-model.ts';
import { silent } from '../../model-assets/toolchain/src/progress.ts';
import { type Head, SHAPES, writeCheckpoint } from '../fixtures/checkpoints.ts';
import { copyMadeOnce } from '../fixtures/made-once.ts';

interface TinyModel {
  readonly task: TaskName;
  readonly head: Head;
  readonly labels?: readonly string[];
}

export const TASK_MODELS = {
  reviews: { task: 'text-classification', head: 'sequence-classification', labels: ['bad', 'good'] },
  entities: { task: 'token-classification', head: 'token-classification', labels: ['O', 'B-PER', 'I-PER'] },
  answers: { task: 'question-answering', head: 'question-answering' },
  masks: { task: 'fill-mask', head: 'masked-lm' },
  entailment: {
    task: 'zero-shot-classification',
    head: 'sequence-classification',
    labels: ['contradiction', 'neutral', 'entailment'],
  },
  encoder: { task: 'feature-extraction', head: 'base' },
  ranker: { task: 'text-ranking', head: 'sequence-classification', labels: ['LABEL_0'] },
} as const satisfies Record<string, TinyModel>;
export type TaskModelName = keyof typeof TASK_MODELS;

/** Packages those models, fp32 only, each once in a run of vitest. */
export async function addTaskModels(
  packages: string,
  names: readonly TaskModelName[] = Object.keys(TASK_MODELS) as TaskModelName[],
): Promise<void> {
  const kept = { variants: ['fp32'] as const, evaluations: [], tokenBudget: 512, force: false };
  const quantise = { keep: [], reduceRange: false };
  for (const name of names) {
    const { task, ...checkpoint }: TinyModel = TASK_MODELS[name];
    await copyMadeOnce(`task-model-${name}`, packages, async (made) => {
      const source = mkdtempSync(join(tmpdir(), 'pilotlight-checkpoint-'));
      writeCheckpoint({ family: 'bert', shape: SHAPES.tiny, ...checkpoint }, source);
      const options = { source, packages: made, name, version: '1.0.0', task, quantise, ...kept };
      await packageModel(options, silent);
      rmSync(source, { recursive: true });
    });
  }
}
