import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionProvider, ProviderTrial } from '@pilotlight/engine';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type ChoiceOptions,
  chooseExecutionProvider,
} from '../../../../functions/server/execution-provider/choose.ts';
import { reportText } from '../../../../functions/server/execution-provider/report.ts';
import { adviseOn, listRequirements } from '../../../../layers/engine/src/session/provider-requirements.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pilotlight-provider-'));
  for (const name of ['driver/gpus/0000:01:00.0', 'runtime', 'icd.d']) {
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

function installProvider(): void {
  writeFileSync(at('runtime/libonnxruntime_providers_cuda.so'), '');
  writeFileSync(at('runtime/libonnxruntime_providers_shared.so'), '');
}

/** The folders of the test and nothing else. */
function machine(manifests: readonly string[] = []) {
  return {
    runtimeFolder: at('runtime'),
    nvidiaFolder: at('driver'),
    manifestFolders: [at('icd.d'), at('nowhere')],
    manifests,
  };
}

const cuda = () => Object.fromEntries(listRequirements('cuda', machine()).map((part) => [part.name, part]));

describe('requirementsOf CUDA', () => {
  it('finds the driver with its version and device, and the provider library', () => {
    driver('x86_64 Kernel Module  550.54.15');
    installProvider();
    const parts = cuda();
    expect(Object.values(parts).filter(({ met }) => !met)).toEqual([]);
    expect(parts['NVIDIA driver']?.found).toBe('550.54.15, NVIDIA H100 80GB HBM3');
    expect(parts['provider library']?.found).toBe('installed');
  });

  it.each([
    ['Open Kernel Module for x86_64  580.65.06  Release Build', '580.65.06', true],
    ['x86_64 Kernel Module  525.60.13', '525.60.13', true],
    ['x86_64 Kernel Module  525.60.9', '525.60.9', false],
    ['x86_64 Kernel Module  470.256.02', '470.256.02', false],
  ])('takes the driver of %s for %s, new enough: %s', (line, version, met) => {
    driver(line);
    expect(cuda()['NVIDIA driver']).toMatchObject({ found: expect.stringContaining(version), met });
  });
});

describe('requirementsOf WebGPU', () => {
  it('takes the driver of a GPU, and no renderer on the CPU', () => {
    const met = (...named: readonly string[]) =>
      listRequirements('webgpu', machine(named)).map((part) => part.met);
    writeFileSync(at('icd.d/lvp_icd.x86_64.json'), '{}');
    expect(met()).toEqual([false]);
    expect(met('/tmp/vk_swiftshader_icd.json')).toEqual([false]);
    expect(met('/opt/driver/nvidia_icd.json')).toEqual([true]);
    writeFileSync(at('icd.d/nvidia_icd.json'), '{}');
    expect(met()).toEqual([true]);
  });
});

describe('adviseOn', () => {
  it.each([
    ['libcudnn.so.9: cannot open shared object file', 'install what has libcudnn.so.9 (NVIDIA'],
    ['libvulkan.so.1: cannot open shared object file', 'libvulkan1'],
    ['libcuda.so.1: cannot open shared object file', 'comes with the driver'],
  ])('says where the library of "%s" comes from', (reason, advice) => {
    expect(adviseOn(reason)).toContain(advice);
  });

  it('has nothing to say where no library is missing', () => {
    expect(adviseOn('CUDA failure 35: CUDA driver version is insufficient')).toBeUndefined();
  });
});

describe('the choice of the execution provider', () => {
  /** Chooses on a machine where what `working` names works, and everything is installed unless it is said to be bare. */
  async function choose(working: readonly ExecutionProvider[], options: ChoiceOptions = {}, bare = false) {
    const tried: ExecutionProvider[] = [];
    if (!bare) {
      driver('x86_64 Kernel Module  550.54.15');
      installProvider();
      writeFileSync(at('icd.d/nvidia_icd.json'), '{}');
    }
    const trial = async (provider: ExecutionProvider): Promise<ProviderTrial> => {
      tried.push(provider);
      const works = working.includes(provider);
      return works ? { provider, works, ms: 1 } : { provider, works, ms: 1, reason: 'no device' };
    };
    const report = await chooseExecutionProvider(options, { machine: machine(), trial });
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

  it('starts no process for what cannot even begin', async () => {
    const { report, tried } = await choose(['cuda', 'webgpu'], {}, true);
    expect(tried).toEqual([]);
    expect(report.chosen).toBe('cpu');
    expect(report.candidates.map(({ reason }) => reason)).toEqual([
      'not tried: provider library wanted libonnxruntime_providers_cuda.so, found not installed',
      'not tried: Vulkan driver wanted of a GPU, in icd.d, found none',
    ]);
  });

  it('is told with what is wanted, what is found and what to do', async () => {
    const { report } = await choose([], { requireGpu: true }, true);
    const text = reportText(report);
    expect(text).toMatch(/^Execution provider: none\n/);
    expect(text).toMatch(/^cuda +NVIDIA driver +525\.60\.13 or later +none +NO$/m);
    expect(text).toMatch(/^webgpu +Vulkan driver +of a GPU, in icd\.d +none +NO$/m);
    expect(text).toContain('ONNXRUNTIME_NODE_INSTALL=cuda12');
  });

  it('says in the words of the dynamic loader which library is missing, and what has it', async () => {
    driver('x86_64 Kernel Module  550.54.15');
    installProvider();
    const reason = 'libcudnn.so.9: cannot open shared object file';
    const report = await chooseExecutionProvider(
      {},
      { machine: machine(), trial: async (provider) => ({ provider, works: false, ms: 1240, reason }) },
    );
    expect(report.chosen).toBe('cpu');
    const text = reportText(report);
    expect(text).toContain(`  cuda: ${reason} (1240 ms)`);
    expect(text).toContain('  - cuda: install what has libcudnn.so.9 (NVIDIA');
  });
});
