/** Which execution provider this process uses: the first of CUDA and WebGPU that proves that it works, else the CPU. */
import type { ExecutionProvider, ProviderTrial } from '@pilotlight/engine';
import { runtimeFolder, tryProvider } from '@pilotlight/engine/internal/session/try-provider';
import { LibrarySearch } from './library-search.ts';
import { cudaRequirements, type Machine } from './nvidia.ts';
import type { ExecutionProviderReport, ProviderCandidate, Requirement } from './report.ts';
import { webgpuRequirements } from './vulkan.ts';

/** In the order of preference, after which there is always the CPU. */
const ON_GPU = ['cuda', 'webgpu'] as const;

export interface ChoiceOptions {
  /** The provider to use, or none. @default - the first that works */
  readonly forced?: ExecutionProvider | undefined;
  /** Whether the CPU is not good enough. @default false */
  readonly requireGpu?: boolean;
}

/** What the choice asks of the world. */
export interface ChoiceParts {
  readonly machine: Machine;
  readonly requirementsOfWebgpu: (libraries: LibrarySearch) => readonly Requirement[];
  readonly trial: (provider: ExecutionProvider) => Promise<ProviderTrial>;
}

/** Never throws for want of a GPU: a report without `chosen` says why there is none that will do. */
export async function chooseExecutionProvider(
  { forced, requireGpu = false }: ChoiceOptions,
  parts: ChoiceParts = partsOfThisMachine(),
): Promise<ExecutionProviderReport> {
  if (forced === 'cpu' && !requireGpu) {
    return { chosen: 'cpu', forced: true, candidates: [], requirements: [] };
  }
  const { machine, requirementsOfWebgpu } = parts;
  const wanted = forced === undefined ? ON_GPU : ON_GPU.filter((provider) => provider === forced);
  const candidates: ProviderCandidate[] = [];
  const requirements: Requirement[] = [];
  for (const provider of wanted) {
    const needs = provider === 'cuda' ? cudaRequirements(machine) : requirementsOfWebgpu(machine.libraries);
    requirements.push(...needs);
    const hopeless = needs.find(({ indispensable, met }) => indispensable && !met);
    const candidate = hopeless ? notTried(provider, hopeless) : await parts.trial(provider);
    candidates.push(candidate);
    if (candidate.works) return { chosen: provider, forced: forced !== undefined, candidates, requirements };
  }
  const cpuWillDo = forced === undefined && !requireGpu;
  return { ...(cpuWillDo && { chosen: 'cpu' }), forced: forced !== undefined, candidates, requirements };
}

function notTried(provider: ExecutionProvider, { name, wanted, found }: Requirement): ProviderCandidate {
  return { provider, works: false, reason: `not tried: ${name} wanted ${wanted}, found ${found}` };
}

function partsOfThisMachine(): ChoiceParts {
  return {
    machine: { libraries: LibrarySearch.ofThisMachine(), runtimeFolder: runtimeFolder() },
    requirementsOfWebgpu: webgpuRequirements,
    trial: tryProvider,
  };
}
