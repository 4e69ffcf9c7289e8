/** Facts about the GPU: driver, libraries, and what a tiny graph says on it. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { listRequirements } from '@pilotlight/engine/internal/session/provider-requirements';
import { runtimeFolder, tryProvider } from '@pilotlight/engine/internal/session/try-provider';
import type { GpuFacts } from '../facts.ts';

/** What the CUDA provider of onnxruntime-node 1.30 opens: CUDA 12 and cuDNN 9. */
const LIBRARIES = [
  'libcuda.so.1',
  'libcudart.so.12',
  'libcublas.so.12',
  'libcublasLt.so.12',
  'libcufft.so.11',
  'libcurand.so.10',
  'libcudnn.so.9',
];

export async function readGpu(): Promise<GpuFacts | undefined> {
  if (process.platform !== 'linux') return undefined;
  const requirements = listRequirements('cuda', { runtimeFolder: runtimeFolder() });
  if (requirements.some(({ name, found }) => name === 'NVIDIA driver' && found === 'none'))
    return { requirements, libraries: undefined, trial: undefined };
  const isReady = requirements.every(({ met }) => met);
  return {
    requirements,
    libraries: await findLibraries(),
    trial: isReady ? await tryProvider('cuda') : undefined,
  };
}

async function findLibraries(): Promise<Readonly<Record<string, boolean>>> {
  // Without ldconfig, as in the smallest images, folders of LD_LIBRARY_PATH are all that is known.
  const known = await promisify(execFile)('ldconfig', ['-p']).then(
    ({ stdout }) => stdout,
    () => '',
  );
  const folders = (process.env.LD_LIBRARY_PATH ?? '').split(':').filter((folder) => folder !== '');
  const isThere = (name: string) =>
    known.includes(`\t${name} `) || folders.some((folder) => existsSync(join(folder, name)));
  return Object.fromEntries(LIBRARIES.map((name) => [name, isThere(name)]));
}
