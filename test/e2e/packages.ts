/** The default packages, and copies of them in which something is broken. */
import {
  closeSync,
  cpSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const PACKAGES = 'model-assets/packages';
export const DEFAULT_MODELS = ['intent', 'sentiment', 'slots'] as const;

/** The default packages alone, whatever else there may be beside them. */
export function copyOfPackages(): string {
  const folder = mkdtempSync(join(tmpdir(), 'pilotlight-packages-'));
  for (const model of DEFAULT_MODELS) cpSync(join(PACKAGES, model), join(folder, model), { recursive: true });
  return folder;
}

/** The folder of the only version of a model. */
function folderOf(packages: string, model: string): string {
  const [version = ''] = readdirSync(join(packages, model));
  return join(packages, model, version);
}

/** Changes one byte in the middle of the weights. */
export function corruptWeights(packages: string, model: string): void {
  const path = join(folderOf(packages, model), 'int8/weights.bin');
  const bytes = readFileSync(path);
  const place = Math.floor(bytes.length / 2);
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.of((bytes[place] ?? 0) ^ 0xff), 0, 1, place);
  closeSync(file);
}

export function addUnknownKey(packages: string, model: string): void {
  const path = join(folderOf(packages, model), 'model.json');
  writeFileSync(path, readFileSync(path, 'utf8').replace('{', '{ "fromTheFuture": true,'));
}
