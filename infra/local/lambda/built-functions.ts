/** The functions of this repository as folders, built as a deployment builds them. */
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from '../../../functions/bundle.ts';
import type { LambdaFunction } from './function-definition.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const NATIVE = [
  'onnxruntime-common',
  'onnxruntime-node/package.json',
  'onnxruntime-node/dist',
  `onnxruntime-node/bin/napi-v6/${process.platform}/${process.arch}`,
  'tokenizers',
];

/** The predict function with the layers that bring its native packages and its models. */
export async function builtPredict(packages: string, models: readonly string[]): Promise<LambdaFunction> {
  const dist = join(ROOT, 'dist');
  const taskRoot = join(dist, 'functions', 'predict');
  await bundle('predict', taskRoot);
  return {
    name: 'predict',
    taskRoot,
    layers: [
      runtimeLayer(join(dist, 'lambda', 'runtime')),
      modelLayer(packages, join(dist, 'lambda', 'models')),
    ],
    memoryMegabytes: 1769,
    timeoutSeconds: 29,
    environment: { MODELS_DIR: '/opt/models', PRELOAD_MODELS: models.join(','), PILOTLIGHT_VERIFY: 'size' },
  };
}

function runtimeLayer(folder: string): string {
  rmSync(folder, { recursive: true, force: true });
  for (const path of NATIVE) {
    const from = join(ROOT, 'node_modules', path);
    cpSync(from, join(folder, 'nodejs', 'node_modules', path), { recursive: true, dereference: true });
  }
  return folder;
}

function modelLayer(packages: string, folder: string): string {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  cpSync(packages, join(folder, 'models'), { recursive: true });
  return folder;
}
