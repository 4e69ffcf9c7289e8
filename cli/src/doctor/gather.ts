/** Asks this machine for the facts. */
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { defaultCache } from '@pilotlight/toolchain/internal/sources/remote/cache';
import { buildFolder, packagesFolder } from '../clone.ts';
import { readAws, readClock } from './facts/aws.ts';
import { readDisk, readLayers } from './facts/folders.ts';
import { readGpu } from './facts/gpu.ts';
import { readPackages, readRuntime } from './facts/runtime.ts';
import { readMemory, readOpenFiles, readSystem } from './facts/system.ts';
import type { ClockFacts, Facts } from './facts.ts';

export interface GatherOptions {
  /** Folder of packages. @default - as of all commands */
  readonly packages: string | undefined;
  /** Whether nobody is asked over the network. */
  readonly offline: boolean;
}

export async function gatherFacts({ packages, offline }: GatherOptions): Promise<Facts> {
  const folder = packagesFolder(packages);
  const [runtime, found, gpu, [aws, clock]] = await Promise.all([
    readRuntime(),
    readPackages(folder),
    readGpu(),
    offline ? [undefined, NOT_ASKED] : askAws(),
  ]);
  return {
    now: Date.now(),
    system: readSystem(readText),
    openFiles: readOpenFiles(readText('/proc/self/limits')),
    memory: readMemory(),
    ...{ runtime, packages: found, gpu, aws, clock },
    layers: readLayers(buildFolder('layers')),
    disks: [
      readDisk('packages', folder),
      readDisk('temporary files', tmpdir()),
      readDisk('cache', defaultCache(process.env)),
    ],
  };
}

const NOT_ASKED: ClockFacts = { skewMs: undefined, asked: 'nobody was asked' };

async function askAws() {
  const aws = await readAws();
  return [aws, await readClock(aws.region)] as const;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
