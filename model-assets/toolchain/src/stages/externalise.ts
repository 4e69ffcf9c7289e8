/** Writes the files of a variant: the graph, and the weights beside it as external data that is mapped. */
import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { PackageFile } from '@pilotlight/model-format';
import { saveModel } from '../graph/external.ts';
import type { OnnxModel } from '../graph/onnx.ts';

export const GRAPH_FILE = 'model.onnx';
export const WEIGHTS_FILE = 'weights.bin';

/**
 * Writes `model.onnx` and `weights.bin` into `folder`, which is made if need be, and gives their sizes and sums;
 * paths are relative to `folder`. Initialisers of 4 KiB and more go to `weights.bin`, at multiples of the page
 * size; without any there is no such file. The same model gives the same bytes.
 */
export async function externalise(model: OnnxModel, folder: string): Promise<PackageFile[]> {
  mkdirSync(folder, { recursive: true });
  const hasWeights = saveModel(model, join(folder, GRAPH_FILE), join(folder, WEIGHTS_FILE));
  const names = hasWeights ? [GRAPH_FILE, WEIGHTS_FILE] : [GRAPH_FILE];
  return Promise.all(names.map((name) => describe(folder, name)));
}

async function describe(folder: string, name: string): Promise<PackageFile> {
  const path = join(folder, name);
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return { path: name, bytes: statSync(path).size, sha256: hash.digest('hex') };
}
