import type { OnnxManifest, Variant } from '@pilotlight/model-format';
import type { BatchingSettings } from '../load/options.ts';
import type { Session } from '../ports.ts';
import { type BatchShape, DynamicScheduler } from './dynamic-scheduler.ts';
import { GraphRunner } from './graph-runner.ts';
import type { Scheduler } from './scheduler.ts';
import { TurnScheduler } from './turn-scheduler.ts';

export interface SchedulerParts {
  readonly manifest: Pick<OnnxManifest, 'name' | 'version' | 'textProcessing'>;
  readonly variant: Variant;
  readonly session: Session;
  /** Of short texts alone. @default - they share the other one */
  readonly shortSession?: Session;
  readonly batching: BatchingSettings;
}

/** CUDA's fused attention takes a bias of scores for lengths that are multiples of this, and tensor cores work in such tiles. */
const GPU_LENGTHS = 8;

/** The scheduler of one model, as the engine's options say. */
export function schedulerOf(parts: SchedulerParts): Scheduler {
  const { manifest, variant, session, shortSession, batching } = parts;
  const { name: model, version, textProcessing } = manifest;
  const padding = { ...textProcessing, multipleOf: variant.scheme === 'fp16' ? GPU_LENGTHS : 1 };
  const graphOn = (on: Session) => new GraphRunner({ graph: variant.graphs.model, session: on, padding });
  const graph = graphOn(session);
  if (batching.kind === 'turns') return new TurnScheduler(graph, variant.tokenBudget);
  const limits = {
    maxBatchTokens: variant.tokenBudget,
    maxBatchRequests: 64,
    maxQueueMs: 30_000,
    ...batching.limits,
  };
  const onBatch = (batch: BatchShape) => batching.onBatch({ model, version, ...batch });
  const shortLane = shortSession && { graph: graphOn(shortSession), longest: batching.shortLaneTokens };
  return new DynamicScheduler(graph, limits, onBatch, shortLane);
}
