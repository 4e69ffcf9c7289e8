/** Which execution provider this process uses: the first of CUDA and WebGPU that proves that it works, else the CPU. */

import type { ExecutionProvider, ProviderTrial } from '@pilotlight/engine';
import {
  adviseOn,
  listRequirements,
  type Machine,
  type Requirement,
} from '@pilotlight/engine/internal/session/provider-requirements';
import { runtimeFolder, tryProvider } from '@pilotlight/engine/internal/session/try-provider';
import type { ExecutionProviderReport, ProviderCandidate } from './report.ts';

/** In the order of preference, after which there is always the CPU. */
const ON_GPU = ['cuda', 'webgpu'] as const;

export interface ChoiceOptions {
  /** The provider to use, or none. @default - the first that works */
  readonly forced?: ExecutionProvider | undefined;
  /** Whether the CPU is not good enough. @default false */
  readonly requireGpu?: boolean;
}

/** The machine and the trial that the choice depends on. */
export interface ChoiceDependencies {
  readonly machine: Machine;
  readonly trial: (provider: ExecutionProvider) => Promise<ProviderTrial>;
}

/** Does not throw if there is no GPU: a report without `chosen` says why no provider is good enough. */
export async function chooseExecutionProvider(
  { forced, requireGpu = false }: ChoiceOptions,
  parts: ChoiceDependencies = inspectThisMachine(),
): Promise<ExecutionProviderReport> {
  if (forced === 'cpu' && !requireGpu) {
    return { chosen: 'cpu', forced: true, candidates: [], requirements: [] };
  }
  const wanted = forced === undefined ? ON_GPU : ON_GPU.filter((provider) => provider === forced);
  const candidates: ProviderCandidate[] = [];
  const requirements: Requirement[] = [];
  for (const provider of wanted) {
    const needs = listRequirements(provider, parts.machine);
    requirements.push(...needs);
    const hopeless = needs.find(({ indispensable, met }) => indispensable && !met);
    const candidate = hopeless ? notTried(provider, hopeless) : advised(await parts.trial(provider));
    candidates.push(candidate);
    if (candidate.works) return { chosen: provider, forced: forced !== undefined, candidates, requirements };
  }
  const cpuWillDo = forced === undefined && !requireGpu;
  return { ...(cpuWillDo && { chosen: 'cpu' }), forced: forced !== undefined, candidates, requirements };
}

function notTried(provider: ExecutionProvider, { name, wanted, found }: Requirement): ProviderCandidate {
  return { provider, works: false, reason: `not tried: ${name} wanted ${wanted}, found ${found}` };
}

/** Adds advice to a trial that failed because a library is missing. */
function advised(trial: ProviderTrial): ProviderCandidate {
  const advice = trial.works ? undefined : adviseOn(trial.reason);
  return advice === undefined ? trial : { ...trial, advice };
}

function inspectThisMachine(): ChoiceDependencies {
  return {
    machine: { runtimeFolder: runtimeFolder() },
    trial: tryProvider,
  };
}
