import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { usageError } from 'pilotlight/internal/kit/errors';
import type { ProgressBar } from 'pilotlight/internal/kit/progress';
import { SHAPES, writeCheckpoint } from '../fixtures/checkpoints.ts';
import { type Bundles, bundleSubjects } from './bundle.ts';
import { oneNodeModel } from './one-node.ts';
import { addPackage } from './package-model.ts';
import { ROOT, WORK } from './paths.ts';
import { writePeerModel } from './peer/write-peer.ts';

/** Everything that a measurement needs on disk. */
export interface Prepared {
  readonly model: string;
  /** Folder of Pilotlight packages that has the model. */
  readonly packages: string;
  /** Folder of transformers.js models that has the model. */
  readonly peers: string;
  /** The graph of one node. */
  readonly oneNode: string;
  readonly tokenizer: string;
  /** Longest sequence that the model takes. */
  readonly maxTokens: number;
  readonly bundles: Bundles;
}

export type ShapeName = keyof typeof SHAPES;

/** Family of each shape: BERT for MiniLM and BERT base, DistilBERT for 67M. */
export const FAMILIES = {
  tiny: 'bert',
  '22m': 'bert',
  '67m': 'distilbert',
  '110m': 'bert',
  '335m': 'bert',
} as const satisfies Record<ShapeName, string>;

/** Whatever decides the bytes of a prepared model. */
export const SOURCES = [
  'model-assets/toolchain/src/**/*.{ts,proto}',
  'test/fixtures/*.ts',
  'test/bench/{peer/*,prepare,prepare-tasks,package-model}.ts',
];

/** Throws USAGE for a name that is no shape. */
export function parseShape(model: string): ShapeName {
  if (isShape(model)) return model;
  throw usageError(`There is no shape ${model}; choose ${Object.keys(SHAPES).join(', ')}.`);
}

const isShape = (model: string): model is ShapeName => Object.hasOwn(SHAPES, model);

/** Makes the checkpoint, the package and the peer's files, unless they are there, made by these very sources. */
export async function prepare(model: ShapeName, progress: ProgressBar): Promise<Prepared> {
  const folder = join(WORK, 'models', model);
  const packages = join(folder, 'packages');
  const peers = join(folder, 'peers');
  const checkpoint = join(folder, 'checkpoint');
  const stamp = join(folder, 'made-by');
  const sources = digest(SOURCES);
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== sources) {
    rmSync(folder, { recursive: true, force: true });
    progress.say(`making a checkpoint of ${model} parameters, its package and the peer's files, once`);
    const labels = ['negative', 'positive'];
    writeCheckpoint(
      { family: FAMILIES[model], head: 'sequence-classification', shape: SHAPES[model], labels },
      checkpoint,
    );
    writePeerModel(checkpoint, join(peers, model));
    await addPackage(checkpoint, packages, model);
    writeFileSync(stamp, sources);
  }
  mkdirSync(WORK, { recursive: true });
  const oneNode = join(WORK, 'one-node.onnx');
  writeFileSync(oneNode, oneNodeModel());
  return {
    model,
    packages,
    peers,
    oneNode,
    tokenizer: join(checkpoint, 'tokenizer.json'),
    maxTokens: SHAPES[model].positions,
    bundles: await bundleSubjects(),
  };
}

/** The sha256 of all files that the patterns name in a checkout, and of their names. */
export function digest(patterns: readonly string[], root = ROOT): string {
  const hash = createHash('sha256');
  for (const file of globSync(patterns, { cwd: root }).sort()) {
    hash.update(`${file}\n`).update(readFileSync(resolve(root, file)));
  }
  return hash.digest('hex');
}
