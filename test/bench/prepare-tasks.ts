/** A checkpoint, a package and the peer's files for each task beyond classification. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TaskName } from '@pilotlight/model-format';
import type { ProgressBar } from 'pilotlight/internal/kit/progress';
import { type Head, SHAPES, writeCheckpoint } from '../fixtures/checkpoints.ts';
import { type Bundles, bundleSubjects } from './bundle.ts';
import { addPackage } from './package-model.ts';
import { WORK } from './paths.ts';
import { writePeerModel } from './peer/write-peer.ts';
import { digest, FAMILIES, type ShapeName, SOURCES } from './prepare.ts';
import type { BenchTask } from './subjects/protocol.ts';

export interface PreparedTasks {
  readonly model: ShapeName;
  readonly packages: string;
  readonly peers: string;
  readonly tokenizer: string;
  readonly maxTokens: number;
  readonly bundles: Bundles;
}

const MODELS: Readonly<Record<BenchTask, { head: Head; task: TaskName; labels: readonly string[] }>> = {
  'zero-shot': {
    head: 'sequence-classification',
    task: 'zero-shot-classification',
    labels: ['contradiction', 'neutral', 'entailment'],
  },
  embeddings: { head: 'base', task: 'feature-extraction', labels: [] },
  questions: { head: 'question-answering', task: 'question-answering', labels: [] },
};
export const BENCH_TASKS = ['zero-shot', 'embeddings', 'questions'] as const;

/** The name of the model of a task, on both sides. */
export const nameModel = (shape: ShapeName, task: BenchTask): string => `${shape}-${task}`;

/** Makes them, unless they are there, made by these very sources. */
export async function prepareTasks(shape: ShapeName, progress: ProgressBar): Promise<PreparedTasks> {
  const folder = join(WORK, 'models', `${shape}-tasks`);
  const packages = join(folder, 'packages');
  const peers = join(folder, 'peers');
  const checkpointFolder = (task: BenchTask) => join(folder, 'checkpoints', task);
  const stamp = join(folder, 'made-by');
  const sources = digest(SOURCES);
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== sources) {
    rmSync(folder, { recursive: true, force: true });
    for (const task of BENCH_TASKS) {
      progress.say(
        `making a checkpoint of ${shape} parameters for ${task}, its package and the peer's files, once`,
      );
      const { head, labels, task: name } = MODELS[task];
      const checkpoint = checkpointFolder(task);
      writeCheckpoint({ family: FAMILIES[shape], head, shape: SHAPES[shape], labels }, checkpoint);
      writePeerModel(checkpoint, join(peers, nameModel(shape, task)));
      await addPackage(checkpoint, packages, nameModel(shape, task), { task: name });
    }
    writeFileSync(stamp, sources);
  }
  return {
    model: shape,
    packages,
    peers,
    tokenizer: join(checkpointFolder('embeddings'), 'tokenizer.json'),
    maxTokens: SHAPES[shape].positions,
    bundles: await bundleSubjects(),
  };
}
