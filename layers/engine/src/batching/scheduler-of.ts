import type { Manifest, Variant } from '../manifest.ts';
import type { BatchingSettings } from '../options.ts';
import type { Session } from '../ports.ts';
import { DynamicScheduler } from './dynamic-scheduler.ts';
import { GraphRunner } from './graph-runner.ts';
import type { Scheduler } from './scheduler.ts';
import { TurnScheduler } from './turn-scheduler.ts';

export interface SchedulerParts {
  readonly manifest: Pick<Manifest, 'name' | 'version' | 'textProcessing'>;
  readonly variant: Variant;
  readonly session: Session;
  readonly batching: BatchingSettings;
}

/** The scheduler of one model, as the engine's options say. */
export function schedulerOf({ manifest, variant, session, batching }: SchedulerParts): Scheduler {
  const { name: model, version, textProcessing } = manifest;
  const { padTokenId } = textProcessing;
  const graph = new GraphRunner({ graph: variant.graphs.model, session, padTokenId });
  if (batching.kind === 'turns') return new TurnScheduler(graph, variant.tokenBudget);
  const limits = {
    maxBatchTokens: variant.tokenBudget,
    maxBatchRequests: 64,
    maxQueueMs: 30_000,
    ...batching.limits,
  };
  return new DynamicScheduler(graph, limits, (batch) => batching.onBatch({ model, version, ...batch }));
}
