import { describeScheme, type OnnxManifest, type Variant } from '@pilotlight/model-format';
import type { Session } from '../ports.ts';
import type { Sessions } from '../session/open-sessions.ts';
import { BatchLoop, type Graphs } from './batch-loop.ts';
import type { BatchingSettings } from './batching-settings.ts';
import { GraphRunner } from './graph-runner.ts';
import { PlannedSource } from './planned-source.ts';
import type { Scheduler } from './scheduler.ts';
import { SharedSource } from './shared-source.ts';
import { DEFAULT_QUEUE_LIMITS } from './token-queue.ts';

export interface SchedulerDependencies extends Sessions {
  readonly manifest: Pick<OnnxManifest, 'name' | 'version' | 'textProcessing'>;
  readonly variant: Variant;
  readonly batching: BatchingSettings;
}

/** Makes the batch loop of one model, as the engine's options say. */
export function createScheduler(dependencies: SchedulerDependencies): Scheduler {
  const { manifest, variant, session, shortSession, partSessions, usefulTokens, batching } = dependencies;
  const { name: model, version, textProcessing } = manifest;
  const padding = { ...textProcessing, multipleOf: describeScheme(variant.scheme).lengthMultiple };
  const graphOn = (on: Session) => new GraphRunner({ graph: variant.graphs.model, session: on, padding });
  if (batching.kind === 'turns') {
    const source = new PlannedSource(variant.tokenBudget);
    return new BatchLoop({ graphs: { only: graphOn(session) }, source, onBatch: () => {} });
  }
  const maxBatchTokens = Math.min(variant.tokenBudget, usefulTokens ?? variant.tokenBudget);
  const limits = { ...DEFAULT_QUEUE_LIMITS, maxBatchTokens, ...batching.limits };
  let graphs: Graphs = { only: graphOn(session) };
  if (partSessions) {
    graphs = {
      whole: graphOn(session),
      openParts: async () => (await partSessions.open()).map(graphOn),
      closeParts: () => partSessions.close(),
    };
  } else if (shortSession) graphs = { long: graphOn(session), short: graphOn(shortSession) };
  return new BatchLoop({
    graphs,
    source: new SharedSource(limits, batching.shortLaneTokens),
    onBatch: (batch) => batching.onBatch({ model, version, ...batch }),
  });
}
