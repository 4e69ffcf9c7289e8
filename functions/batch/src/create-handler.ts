/** The batch function: SQS messages in, of which those that failed are delivered again. */
import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import type { Logger } from '@aws-lambda-powertools/logger';
import type { Metrics } from '@aws-lambda-powertools/metrics';
import { METRICS, type MetricName } from '@pilotlight/app/internal/telemetry/metric-names';
import { BatchError } from './errors.ts';
import { jobsOf } from './object/events.ts';
import { type Processed, type ProcessorParts, processObject } from './object/process-object.ts';

/** The part of Lambda's SQS event that is read. */
export interface QueueEvent {
  readonly Records: QueueMessage[];
}

type QueueMessage = { readonly messageId: string; readonly body: string };

/** The part of Lambda's context that is read. */
export interface LambdaContext {
  getRemainingTimeInMillis(): number;
}

export type BatchResponse = Awaited<ReturnType<typeof processPartialResponse>>;

export interface HandlerParts {
  readonly processor: ProcessorParts;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/**
 * Takes SQS events whose messages are notifications of S3, events of EventBridge or continuations of its own. Messages
 * are processed one after the other; only those that failed are reported, and come again. Give it one message at a time
 * (`batchSize: 1`): a file may need all the time that there is.
 */
export function createHandler({ processor, logger, metrics }: HandlerParts) {
  return async (event: QueueEvent, context: LambdaContext): Promise<BatchResponse> => {
    const whole = context.getRemainingTimeInMillis();
    const deadline = { remainingMs: () => context.getRemainingTimeInMillis() };
    const take = async (record: QueueMessage): Promise<void> => {
      if (deadline.remainingMs() < whole / 2) throw outOfTime();
      for (const job of jobsOf(record.body)) {
        const processed = await processObject(job, processor, deadline);
        logger.info('Processed an object', { key: job.key, ...processed });
        emit(metrics, processed);
      }
    };
    const logged = async (record: QueueMessage): Promise<void> => {
      try {
        await take(record);
      } catch (error) {
        logger.error('A message failed', { messageId: record.messageId, body: record.body, error });
        add(metrics, 'BatchFailures', 1);
        throw error;
      }
    };
    try {
      return await processPartialResponse(event, logged, new BatchProcessor(EventType.SQS, { logger }), {
        processInParallel: false,
        throwOnFullBatchFailure: false,
      });
    } finally {
      if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
    }
  };
}

function outOfTime(): BatchError {
  return new BatchError('OUT_OF_TIME', 'The messages before this one took too long. It will come again.');
}

function emit(metrics: Metrics, { outcome, model, rows, rowErrors, seconds }: Processed): void {
  if (model === undefined) return;
  metrics.addDimension('model', model);
  add(metrics, 'BatchFiles', outcome === 'done' ? 1 : 0);
  add(metrics, 'BatchRows', rows);
  add(metrics, 'BatchRowErrors', rowErrors);
  add(metrics, 'BatchTime', seconds * 1000);
  metrics.publishStoredMetrics();
}

function add(metrics: Metrics, name: MetricName, value: number): void {
  metrics.addMetric(name, METRICS[name].unit, value);
}
