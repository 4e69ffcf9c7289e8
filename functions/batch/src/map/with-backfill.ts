/** The batch function as Step Functions calls it, beside what its queue sends it. */
import { addMetrics } from '@pilotlight/app/internal/telemetry/emf';
import type { BatchResponse, HandlerParts, LambdaContext, QueueEvent } from '../create-handler.ts';
import { type MapEvent, parseMapEvent } from './events.ts';
import { type BatchResult, predictBatch } from './predict-batch.ts';
import { type BackfillSummary, summarise } from './summarise.ts';

export interface BatchHandler {
  (event: QueueEvent, context: LambdaContext): Promise<BatchResponse>;
  (event: MapEvent, context: LambdaContext): Promise<BatchResult | BackfillSummary>;
}

/** Gives events of the queue to `ofQueue`, and answers those of a Distributed Map. What is thrown fails the batch. */
export function withBackfill(
  ofQueue: (event: QueueEvent, context: LambdaContext) => Promise<BatchResponse>,
  parts: HandlerParts,
): BatchHandler {
  function handler(event: QueueEvent, context: LambdaContext): Promise<BatchResponse>;
  function handler(event: MapEvent, context: LambdaContext): Promise<BatchResult | BackfillSummary>;
  function handler(event: QueueEvent | MapEvent, context: LambdaContext) {
    return 'Records' in event ? ofQueue(event, context) : answer(event, context, parts);
  }
  return handler;
}

async function answer(
  event: MapEvent,
  context: LambdaContext,
  { processor, logger, metrics }: HandlerParts,
): Promise<BatchResult | BackfillSummary> {
  try {
    const request = parseMapEvent(event);
    if ('source' in request) {
      const { model, ...summary } = await summarise(request, processor);
      logger.info('Summed up a backfill', { key: request.job.key, ...summary });
      metrics.addDimension('model', model);
      addMetrics(metrics, { BatchFiles: 1 });
      return summary;
    }
    const deadline = { remainingMs: () => context.getRemainingTimeInMillis() };
    const { model, isNew, ...result } = await predictBatch(request, processor, deadline);
    if (isNew) {
      metrics.addDimension('model', model);
      addMetrics(metrics, {
        BatchRows: result.rows,
        BatchRowErrors: Object.values(result.errors).reduce((sum, rows) => sum + rows, 0),
        BatchTime: result.seconds * 1000,
      });
    }
    return result;
  } catch (error) {
    logger.error('A request of Step Functions failed', { error });
    addMetrics(metrics, { BatchFailures: 1 });
    throw error;
  } finally {
    if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
  }
}
