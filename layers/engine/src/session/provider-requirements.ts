/**
 * The needs of an execution provider on a Linux machine that its trial does not report by itself. The trial loads the provider, so that the
 * dynamic loader has the word on libraries; what is looked up here is what no error message tells.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { ExecutionProvider } from '../ports.ts';

/** Something that an execution provider needs of the machine. */
export interface Requirement {
  readonly of: ExecutionProvider;
  readonly name: string;
  readonly wanted: string;
  readonly found: string;
  readonly met: boolean;
  /** Whether its provider cannot even begin without it, so that a trial would be wasted. @default false */
  readonly indispensable?: boolean;
  /** The remedy. @default - it is met */
  readonly advice?: string;
}

export type GpuProvider = Exclude<ExecutionProvider, 'cpu'>;

const CUDA_LIBRARIES = ['libonnxruntime_providers_cuda.so', 'libonnxruntime_providers_shared.so'] as const;

/**
 * The oldest driver on Linux for CUDA 12, which the provider of onnxruntime-node 1.30 is built for: "CUDA Toolkit and Minimum
 * Required Driver Version for CUDA Minor Version Compatibility" of NVIDIA's release notes.
 */
const OLDEST_DRIVER = '525.60.13';

/** Where the Vulkan loader looks for the manifests of drivers. */
const DRIVER_MANIFESTS = ['/etc/vulkan/icd.d', '/usr/share/vulkan/icd.d', '/usr/local/share/vulkan/icd.d'];

/** lavapipe and SwiftShader draw on the CPU, where ONNX Runtime's own kernels are faster. */
const SOFTWARE_RENDERER = /^lvp_|swiftshader/;

export interface Machine {
  /** Folder of ONNX Runtime's own libraries. */
  readonly runtimeFolder: string;
  /** @default '/proc/driver/nvidia' */
  readonly nvidiaFolder?: string;
  /** Folders of the manifests of Vulkan drivers. @default - those of the Vulkan loader */
  readonly manifestFolders?: readonly string[];
  /** Manifests that the Vulkan loader is told to read. @default - what VK_DRIVER_FILES says */
  readonly manifests?: readonly string[];
}

/** Lists what `provider` needs. An indispensable part that is missing makes a trial pointless. */
export function listRequirements(provider: GpuProvider, machine: Machine): readonly Requirement[] {
  return provider === 'cuda'
    ? [requireNvidiaDriver(machine), requireProviderLibrary(machine)]
    : [requireVulkanDriver(machine)];
}

function requireNvidiaDriver({ nvidiaFolder = '/proc/driver/nvidia' }: Machine): Requirement {
  const version = driverVersion(nvidiaFolder);
  const met = version !== undefined && !isOlder(version, OLDEST_DRIVER);
  const advice =
    version === undefined
      ? 'no NVIDIA driver is loaded: take a machine with an NVIDIA GPU and its driver, and give the container its devices (docker run --gpus all)'
      : `the driver is too old for CUDA 12: install ${OLDEST_DRIVER} or a later one`;
  return {
    of: 'cuda',
    name: 'NVIDIA driver',
    wanted: `${OLDEST_DRIVER} or later`,
    found: version === undefined ? 'none' : [version, ...readDevices(nvidiaFolder)].join(', '),
    met,
    ...(!met && { advice }),
  };
}

function requireProviderLibrary({ runtimeFolder }: Machine): Requirement {
  const met = CUDA_LIBRARIES.every((library) => existsSync(join(runtimeFolder, library)));
  return {
    of: 'cuda',
    name: 'provider library',
    wanted: CUDA_LIBRARIES[0],
    found: met ? 'installed' : 'not installed',
    met,
    indispensable: true,
    ...(!met && {
      advice:
        'install the provider library with: ONNXRUNTIME_NODE_INSTALL=cuda12 node node_modules/onnxruntime-node/script/install.js',
    }),
  };
}

function requireVulkanDriver({
  manifestFolders = DRIVER_MANIFESTS,
  manifests: named = listConfiguredManifests(),
}: Machine): Requirement {
  const installed = manifestFolders
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder));
  const manifests = [...installed, ...named.map((file) => basename(file))];
  const met = manifests.some((manifest) => !SOFTWARE_RENDERER.test(manifest));
  return {
    of: 'webgpu',
    name: 'Vulkan driver',
    wanted: 'of a GPU, in icd.d',
    found: manifests.join(', ') || 'none',
    met,
    indispensable: true,
    ...(!met && {
      advice:
        'install the Vulkan part of the driver; a container gets it with NVIDIA_DRIVER_CAPABILITIES=compute,utility,graphics',
    }),
  };
}

/** Manifests that the loader is told to read in place of those of its folders. */
function listConfiguredManifests(): readonly string[] {
  const { VK_DRIVER_FILES, VK_ICD_FILENAMES } = process.env;
  return (VK_DRIVER_FILES ?? VK_ICD_FILENAMES ?? '').split(':').filter((file) => file !== '');
}

/** Gives advice if a trial failed because the dynamic loader did not find a library. */
export function adviseOn(reason: string): string | undefined {
  const library = /(\S+): cannot open shared object file/.exec(reason)?.[1];
  if (library === undefined) return undefined;
  if (library === 'libcuda.so.1') {
    return `${library} comes with the driver; a container gets it from its host with NVIDIA_DRIVER_CAPABILITIES=compute,utility`;
  }
  const source = library.startsWith('libvulkan')
    ? 'Debian and Ubuntu: libvulkan1'
    : 'NVIDIA’s images nvidia/cuda with cudnn-runtime in their tags have CUDA and cuDNN';
  return `install what has ${library} (${source}), or put its folder into LD_LIBRARY_PATH`;
}

/** `NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar  5 ...`, or `... Kernel Module for x86_64  580.65.06 ...` */
function driverVersion(folder: string): string | undefined {
  const file = join(folder, 'version');
  if (!existsSync(file)) return undefined;
  return /Kernel Module.*?\s(\d+\.\d+(?:\.\d+)?)\s/.exec(readFileSync(file, 'utf8'))?.[1];
}

/** `Model: NVIDIA H100 80GB HBM3`, of each device. */
function readDevices(folder: string): readonly string[] {
  const gpus = join(folder, 'gpus');
  if (!existsSync(gpus)) return [];
  return readdirSync(gpus).flatMap((gpu) => {
    const file = join(gpus, gpu, 'information');
    return existsSync(file) ? (/^Model:\s*(.+?)\s*$/m.exec(readFileSync(file, 'utf8'))?.[1] ?? []) : [];
  });
}

/** Whether version `left` is before `right`, part by part. */
export function isOlder(left: string, right: string): boolean {
  const [ours, theirs] = [left, right].map((version) => version.split('.').map(Number));
  for (const [index, part] of (theirs ?? []).entries()) {
    const own = ours?.[index] ?? 0;
    if (own !== part) return own < part;
  }
  return false;
}
