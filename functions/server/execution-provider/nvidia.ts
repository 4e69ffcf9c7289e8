/** What CUDA needs of this machine: a driver, the provider's own library, and the libraries that this one asks for. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { neededLibraries } from './elf-needed.ts';
import type { LibrarySearch } from './library-search.ts';
import type { Requirement } from './report.ts';

const CUDA_PROVIDER = 'libonnxruntime_providers_cuda.so';
const DRIVER_LIBRARY = 'libcuda.so.1';
const SHARED_PROVIDER = 'libonnxruntime_providers_shared.so';

/** What the provider of onnxruntime-node 1.30 is built for, as its install script says, where there is no library to ask. */
const BUILT_FOR = ['libcudart.so.12', 'libcudnn.so.9'];

/**
 * The oldest driver on Linux for each CUDA: "CUDA Toolkit and Minimum Required Driver Version for CUDA Minor Version
 * Compatibility" of NVIDIA's release notes.
 */
const OLDEST_DRIVER: Readonly<Record<string, string>> = { 12: '525.60.13', 13: '580.65.06' };

export interface Machine {
  readonly libraries: LibrarySearch;
  /** Folder of ONNX Runtime's own libraries. */
  readonly runtimeFolder: string;
  /** @default '/proc/driver/nvidia' */
  readonly driverFolder?: string;
}

export function cudaRequirements(machine: Machine): readonly Requirement[] {
  const { libraries, runtimeFolder } = machine;
  const provider = join(runtimeFolder, CUDA_PROVIDER);
  const installed = existsSync(provider) && existsSync(join(runtimeFolder, SHARED_PROVIDER));
  const needed = installed ? neededLibraries(provider) : BUILT_FOR;
  const cuda = majorOf('libcudart', needed) ?? majorOf('libcudart', BUILT_FOR) ?? '';
  const cudnn = majorOf('libcudnn', needed) ?? majorOf('libcudnn', BUILT_FOR) ?? '';
  return [
    driverRequirement(machine, cuda),
    driverLibraryRequirement(libraries),
    {
      of: 'cuda',
      name: 'provider library',
      wanted: CUDA_PROVIDER,
      found: installed ? 'installed' : 'not installed',
      met: installed,
      indispensable: true,
      ...(!installed && {
        advice: `install the provider library with: ONNXRUNTIME_NODE_INSTALL=cuda12 node node_modules/onnxruntime-node/script/install.js`,
      }),
    },
    versionRequirement(libraries, { name: 'CUDA runtime', library: 'libcudart', major: cuda }),
    versionRequirement(libraries, { name: 'cuDNN', library: 'libcudnn', major: cudnn }),
    ...(installed ? [libraryRequirement(libraries, provider)] : []),
  ];
}

function driverRequirement({ driverFolder = '/proc/driver/nvidia' }: Machine, cuda: string): Requirement {
  const oldest = OLDEST_DRIVER[cuda];
  const version = driverVersion(driverFolder);
  const met = version !== undefined && (oldest === undefined || !isOlder(version, oldest));
  const devices = devicesOf(driverFolder);
  const found = version === undefined ? 'none' : [version, ...devices].join(', ');
  const advice =
    version === undefined
      ? 'no NVIDIA driver is loaded: take a machine with an NVIDIA GPU and its driver, and give the container its devices (docker run --gpus all)'
      : `the driver is too old for CUDA ${cuda}: install ${oldest} or a later one`;
  return {
    of: 'cuda',
    name: 'NVIDIA driver',
    wanted: oldest === undefined ? 'any' : `${oldest} or later`,
    found,
    met,
    ...(!met && { advice }),
  };
}

/** CUDA opens it by itself: no library names it among those that it needs. */
function driverLibraryRequirement(libraries: LibrarySearch): Requirement {
  const found = libraries.find(DRIVER_LIBRARY);
  return {
    of: 'cuda',
    name: 'driver library',
    wanted: DRIVER_LIBRARY,
    found: found ?? 'none',
    met: found !== undefined,
    ...(found === undefined && {
      advice: `${DRIVER_LIBRARY} comes with the driver; a container gets it from its host with NVIDIA_DRIVER_CAPABILITIES=compute,utility`,
    }),
  };
}

/** `NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar  5 ...`, or `... Kernel Module for x86_64  580.65.06 ...` */
function driverVersion(folder: string): string | undefined {
  const file = join(folder, 'version');
  if (!existsSync(file)) return undefined;
  return /Kernel Module.*?\s(\d+\.\d+(?:\.\d+)?)\s/.exec(readFileSync(file, 'utf8'))?.[1];
}

/** `Model: NVIDIA H100 80GB HBM3`, of each device. */
function devicesOf(folder: string): readonly string[] {
  const gpus = join(folder, 'gpus');
  if (!existsSync(gpus)) return [];
  return readdirSync(gpus).flatMap((gpu) => {
    const file = join(gpus, gpu, 'information');
    return existsSync(file) ? (/^Model:\s*(.+?)\s*$/m.exec(readFileSync(file, 'utf8'))?.[1] ?? []) : [];
  });
}

function versionRequirement(
  libraries: LibrarySearch,
  { name, library, major }: { readonly name: string; readonly library: string; readonly major: string },
): Requirement {
  const wanted = `${library}.so.${major}`;
  const met = libraries.find(wanted) !== undefined;
  const versions = libraries.versionsOf(library);
  const elsewhere = versions.some((version) => version.split('.')[0] === major);
  const advice = elsewhere
    ? `${name} ${major} is installed where the loader does not look: put the folder of ${wanted} into LD_LIBRARY_PATH`
    : `install ${name} ${major}, as NVIDIA’s images nvidia/cuda with cudnn-runtime in their tags have it${versions.length > 0 ? '; other versions may stay beside it' : ''}`;
  return {
    of: 'cuda',
    name,
    wanted: `${major}.x (${wanted})`,
    found: versions.join(', ') || 'none',
    met,
    ...(!met && { advice }),
  };
}

function libraryRequirement(libraries: LibrarySearch, provider: string): Requirement {
  const missing = libraries.missingOf(provider);
  const names = missing.map(({ name, neededBy }) =>
    neededBy === CUDA_PROVIDER ? name : `${name} (for ${neededBy})`,
  );
  return {
    of: 'cuda',
    name: 'libraries',
    wanted: 'all that the provider needs',
    found: missing.length === 0 ? 'all' : `missing: ${names.join(', ')}`,
    met: missing.length === 0,
    ...(missing.length > 0 && {
      advice: `install what has ${missing.map(({ name }) => name).join(', ')}, or put its folder into LD_LIBRARY_PATH`,
    }),
  };
}

function majorOf(library: string, needed: readonly string[]): string | undefined {
  return needed.find((name) => name.startsWith(`${library}.so.`))?.slice(`${library}.so.`.length);
}

/** Whether version `left` is before `right`, part by part. */
function isOlder(left: string, right: string): boolean {
  const [ours, theirs] = [left, right].map((version) => version.split('.').map(Number));
  for (const [index, part] of (theirs ?? []).entries()) {
    const own = ours?.[index] ?? 0;
    if (own !== part) return own < part;
  }
  return false;
}
