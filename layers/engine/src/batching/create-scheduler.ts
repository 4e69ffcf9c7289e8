import { describeScheme, type OnnxManifest, type Variant } from '@pilotlight/model-format';
import type { Session } from '../ports.ts';
import { BatchLoop } from './batch-loop.ts';
import type { BatchingSettings } from './batching-settings.ts';
import { GraphRunner } from './graph-runner.ts';
import { PlannedSource } from './planned-source.ts';
import type { Scheduler } from './scheduler.ts';
import { SharedSource } from './shared-source.ts';
import { DEFAULT_QUEUE_LIMITS } from './token-queue.ts';

export interface SchedulerDependencies {
  readonly manifest: Pick<OnnxManifest, 'name' | 'version' | 'textProcessing'>;
  readonly variant: Variant;
  readonly session: Session;
  /** A session for short texts alone. @default - they share the other one */
  readonly shortSession?: Session | undefined;
  readonly batching: BatchingSettings;
}

/** Makes the batch loop of one model, as the engine's options say. */
export function createScheduler(dependencies: SchedulerDependencies): Scheduler {
  const { manifest, variant, session, shortSession, batching } = dependencies;
  const { name: model, version, textProcessing } = manifest;
  const padding = { ...textProcessing, multipleOf: describeScheme(variant.scheme).lengthMultiple };
  const graphOn = (on: Session) => new GraphRunner({ graph: variant.graphs.model, session: on, padding });
  const graph = graphOn(session);
  if (batching.kind === 'turns') {
    const source = new PlannedSource(variant.tokenBudget);
    return new BatchLoop({ graph, shortGraph: undefined, source, onBatch: () => {} });
  }
  const limits = { ...DEFAULT_QUEUE_LIMITS, maxBatchTokens: variant.tokenBudget, ...batching.limits };
  return new BatchLoop({
    graph,
    shortGraph: shortSession && graphOn(shortSession),
    source: new SharedSource(limits, batching.shortLaneTokens),
    onBatch: (batch) => batching.onBatch({ model, version, ...batch }),
  });
}
