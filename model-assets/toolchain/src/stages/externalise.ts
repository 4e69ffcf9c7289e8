/** Writes the files of a variant: the graph, and the weights beside it as external data that is mapped. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { PackageFile } from '@pilotlight/model-format';
import { saveModel } from '../graph/external.ts';
import type { OnnxModel } from '../graph/onnx.ts';
import { describeFile } from '../package-files/describe-file.ts';

export const GRAPH_FILE = 'model.onnx';
export const WEIGHTS_FILE = 'weights.bin';

/**
 * Writes `model.onnx` and `weights.bin` into `folder`, which is made if need be, and gives their sizes and sums;
 * paths are relative to `folder`. Initialisers of 4 KiB and more go to `weights.bin`, at multiples of the page
 * size; without any there is no such file. The same model gives the same bytes.
 */
export function externalise(model: OnnxModel, folder: string): PackageFile[] {
  mkdirSync(folder, { recursive: true });
  const hasWeights = saveModel(model, join(folder, GRAPH_FILE), join(folder, WEIGHTS_FILE));
  const names = hasWeights ? [GRAPH_FILE, WEIGHTS_FILE] : [GRAPH_FILE];
  return names.map((name) => describeFile(folder, name));
}
