import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionProvider, ProviderTrial } from '@pilotlight/engine';
import { runtimeFolder } from '@pilotlight/engine/internal/session/try-provider';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type ChoiceOptions,
  chooseExecutionProvider,
} from '../../../../functions/server/execution-provider/choose.ts';
import { neededLibraries } from '../../../../functions/server/execution-provider/elf-needed.ts';
import { LibrarySearch } from '../../../../functions/server/execution-provider/library-search.ts';
import { cudaRequirements } from '../../../../functions/server/execution-provider/nvidia.ts';
import { reportText } from '../../../../functions/server/execution-provider/report.ts';
import { webgpuRequirements } from '../../../../functions/server/execution-provider/vulkan.ts';
import { sharedLibrary } from './shared-library.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pilotlight-provider-'));
  for (const name of ['driver/gpus/0000:01:00.0', 'runtime', 'lib', 'cuda-13', 'icd.d']) {
    mkdirSync(join(folder, name), { recursive: true });
  }
});
afterEach(() => rmSync(folder, { recursive: true }));

const at = (...parts: string[]): string => join(folder, ...parts);

function driver(version: string): void {
  writeFileSync(
    at('driver', 'version'),
    `NVRM version: NVIDIA UNIX ${version}  Tue Mar  5 22:23:56 UTC 2024\nGCC version: 12\n`,
  );
  writeFileSync(at('driver/gpus/0000:01:00.0/information'), 'Model: \t\t NVIDIA H100 80GB HBM3\nIRQ:   0\n');
}

/** The provider, and libraries beside each other as a container image has them; `missing` are left out. */
function installCuda(missing: readonly string[] = []): void {
  const needed = ['libcublas.so.12', 'libcudart.so.12', 'libcudnn.so.9'];
  writeFileSync(at('runtime/libonnxruntime_providers_cuda.so'), sharedLibrary(needed));
  writeFileSync(at('runtime/libonnxruntime_providers_shared.so'), sharedLibrary([]));
  const libraries: Readonly<Record<string, readonly string[]>> = {
    'libcuda.so.1': [],
    'libcublas.so.12': ['libcublasLt.so.12'],
    'libcublasLt.so.12': [],
    'libcudart.so.12.6.77': [],
    'libcudnn.so.9.5.1': [],
  };
  for (const [name, needs] of Object.entries(libraries)) {
    if (!missing.includes(name)) writeFileSync(at('lib', name), sharedLibrary(needs));
  }
  if (!missing.includes('libcudart.so.12.6.77'))
    symlinkSync('libcudart.so.12.6.77', at('lib/libcudart.so.12'));
  if (!missing.includes('libcudnn.so.9.5.1')) symlinkSync('libcudnn.so.9.5.1', at('lib/libcudnn.so.9'));
}

/** Looks in the folder of the test and nowhere else. */
function search({ cache = '', libraryPath = at('lib') } = {}): LibrarySearch {
  return new LibrarySearch({ libraryPath, cache, systemFolders: [], installations: [] });
}

function machine() {
  return { libraries: search(), runtimeFolder: at('runtime'), driverFolder: at('driver') };
}

const cuda = () => Object.fromEntries(cudaRequirements(machine()).map((part) => [part.name, part]));

describe('the libraries that a shared library needs', () => {
  it('are those that readelf finds in the binding of ONNX Runtime', () => {
    const binding = join(runtimeFolder(), 'onnxruntime_binding.node');
    const said = execFileSync('readelf', ['-d', binding], { encoding: 'utf8' });
    const expected = [...said.matchAll(/\(NEEDED\).*\[(.+)\]/g)].map(([, name]) => name);
    expect(expected).toContain('libonnxruntime.so.1');
    expect(neededLibraries(binding)).toEqual(expected);
  });

  it('are none of a file that is no library', () => {
    writeFileSync(at('text'), 'no library');
    expect(neededLibraries(at('text'))).toEqual([]);
  });
});

describe('what CUDA needs', () => {
  it('is all there on a machine that has it, with its versions', () => {
    driver('x86_64 Kernel Module  550.54.15');
    installCuda();
    const parts = cuda();
    expect(Object.values(parts).filter(({ met }) => !met)).toEqual([]);
    expect(parts['NVIDIA driver']?.found).toBe('550.54.15, NVIDIA H100 80GB HBM3');
    expect(parts['CUDA runtime']).toMatchObject({ wanted: '12.x (libcudart.so.12)', found: '12.6.77' });
    expect(parts.cuDNN).toMatchObject({ wanted: '9.x (libcudnn.so.9)', found: '9.5.1' });
  });

  it.each([
    ['Open Kernel Module for x86_64  580.65.06  Release Build', '580.65.06', true],
    ['x86_64 Kernel Module  525.60.13', '525.60.13', true],
    ['x86_64 Kernel Module  525.60.9', '525.60.9', false],
    ['x86_64 Kernel Module  470.256.02', '470.256.02', false],
  ])('takes the driver of %s for %s, new enough: %s', (line, version, met) => {
    driver(line);
    installCuda();
    expect(cuda()['NVIDIA driver']).toMatchObject({ found: expect.stringContaining(version), met });
  });

  it('names each library that is missing, and which one asks for it', () => {
    driver('x86_64 Kernel Module  550.54.15');
    installCuda(['libcublasLt.so.12', 'libcudnn.so.9.5.1']);
    const { libraries, cuDNN } = cuda();
    expect(libraries?.found).toBe('missing: libcublasLt.so.12 (for libcublas.so.12), libcudnn.so.9');
    expect(cuDNN).toMatchObject({
      found: 'none',
      met: false,
      advice: expect.stringContaining('install cuDNN 9'),
    });
  });

  it('is asked of the provider library itself, whatever CUDA it was built for', () => {
    driver('x86_64 Kernel Module  550.54.15');
    installCuda();
    writeFileSync(
      at('runtime/libonnxruntime_providers_cuda.so'),
      sharedLibrary(['libcudart.so.13', 'libcudnn.so.9']),
    );
    expect(cuda()['NVIDIA driver']).toMatchObject({ wanted: '580.65.06 or later', met: false });
    expect(cuda()['CUDA runtime']).toMatchObject({
      wanted: '13.x (libcudart.so.13)',
      found: '12.6.77',
      met: false,
    });
  });

  it('is found where the cache of the loader says', () => {
    writeFileSync(at('cuda-13/libcudart.so.12'), '');
    const cache = `1 libs found in cache\n\tlibcudart.so.12 (libc6,x86-64) => ${at('cuda-13/libcudart.so.12')}\n`;
    expect(search({ libraryPath: '', cache }).find('libcudart.so.12')).toBe(at('cuda-13/libcudart.so.12'));
    expect(search({ libraryPath: '' }).find('libcudart.so.12')).toBeUndefined();
  });
});

describe('what WebGPU needs', () => {
  it('is a driver of a GPU: a renderer on the CPU is none', () => {
    writeFileSync(at('lib/libvulkan.so.1'), '');
    const met = (...named: readonly string[]) =>
      webgpuRequirements(search(), [at('icd.d'), at('nowhere')], named).map((part) => part.met);
    writeFileSync(at('icd.d/lvp_icd.x86_64.json'), '{}');
    expect(met()).toEqual([true, false]);
    expect(met('/tmp/vk_swiftshader_icd.json')).toEqual([true, false]);
    expect(met('/opt/driver/nvidia_icd.json')).toEqual([true, true]);
    writeFileSync(at('icd.d/nvidia_icd.json'), '{}');
    expect(met()).toEqual([true, true]);
  });
});

describe('the choice of the execution provider', () => {
  /** Chooses on a machine where what `working` names works, and everything is installed unless it is said to be bare. */
  async function choose(working: readonly ExecutionProvider[], options: ChoiceOptions = {}, bare = false) {
    const tried: ExecutionProvider[] = [];
    if (!bare) {
      driver('x86_64 Kernel Module  550.54.15');
      installCuda();
      writeFileSync(at('lib/libvulkan.so.1'), '');
      writeFileSync(at('icd.d/nvidia_icd.json'), '{}');
    }
    const trial = async (provider: ExecutionProvider): Promise<ProviderTrial> => {
      tried.push(provider);
      const works = working.includes(provider);
      return works ? { provider, works, ms: 1 } : { provider, works, ms: 1, reason: 'no device' };
    };
    const report = await chooseExecutionProvider(options, {
      machine: machine(),
      requirementsOfWebgpu: (libraries) => webgpuRequirements(libraries, [at('icd.d')], []),
      trial,
    });
    return { report, tried };
  }

  it.each([
    [['cuda', 'webgpu'], {}, 'cuda', ['cuda']],
    [['webgpu'], {}, 'webgpu', ['cuda', 'webgpu']],
    [[], {}, 'cpu', ['cuda', 'webgpu']],
    [['cuda'], { forced: 'cpu' }, 'cpu', []],
    [['cuda', 'webgpu'], { forced: 'webgpu' }, 'webgpu', ['webgpu']],
    [['webgpu'], { forced: 'cuda' }, undefined, ['cuda']],
    [['webgpu'], { requireGpu: true }, 'webgpu', ['cuda', 'webgpu']],
    [[], { requireGpu: true }, undefined, ['cuda', 'webgpu']],
    [['cuda'], { forced: 'cpu', requireGpu: true }, undefined, []],
  ] as const)('where %j work, with %j, is %s after trying %j', async (working, options, chosen, tries) => {
    const { report, tried } = await choose(working, options);
    expect(report.chosen).toBe(chosen);
    expect(tried).toEqual(tries);
    expect(report.forced).toBe('forced' in options);
  });

  it('starts no process for what can not even begin', async () => {
    const { report, tried } = await choose(['cuda', 'webgpu'], {}, true);
    expect(tried).toEqual([]);
    expect(report.chosen).toBe('cpu');
    expect(report.candidates.map(({ reason }) => reason)).toEqual([
      'not tried: provider library wanted libonnxruntime_providers_cuda.so, found not installed',
      'not tried: Vulkan loader wanted libvulkan.so.1, found none',
    ]);
  });

  it('is told with what is wanted, what is found and what to do', async () => {
    const { report } = await choose([], { requireGpu: true }, true);
    const text = reportText(report);
    expect(text).toMatch(/^Execution provider: none\n/);
    expect(text).toMatch(/^cuda +NVIDIA driver +525\.60\.13 or later +none +NO$/m);
    expect(text).toMatch(/^cuda +CUDA runtime +12\.x \(libcudart\.so\.12\) +\S.* +NO$/m);
    expect(text).toMatch(/^webgpu +Vulkan loader +libvulkan\.so\.1 +none +NO$/m);
    expect(text).toContain('ONNXRUNTIME_NODE_INSTALL=cuda12');
  });
});
