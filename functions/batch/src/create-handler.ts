/** The batch function: files by the messages of a queue, and batches of rows by Step Functions. */
import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import type { Logger } from '@aws-lambda-powertools/logger';
import type { Metrics } from '@aws-lambda-powertools/metrics';
import { addMetrics } from '@pilotlight/app/internal/telemetry/emf';
import { BatchError } from './errors.ts';
import { type MessageQueues, settleFailed } from './failed-message.ts';
import { parseInvocation, type QueueEvent, type QueueMessage } from './invocation.ts';
import type { MapRequest, RowBatch } from './map/events.ts';
import { type BatchResult, predictBatch } from './map/predict-batch.ts';
import { type BackfillSummary, summarise } from './map/summarise.ts';
import type { Deadline } from './object/deadline.ts';
import { parseMessage } from './object/events.ts';
import { type Processed, type ProcessorDependencies, processObject } from './object/process-object.ts';
import { sha256 } from './object/run.ts';

/** The part of Lambda's context that is read. */
export interface LambdaContext {
  getRemainingTimeInMillis(): number;
}

export type BatchResponse = Awaited<ReturnType<typeof processPartialResponse>>;

export interface HandlerDependencies {
  readonly processor: ProcessorDependencies;
  readonly queues: MessageQueues;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

export interface BatchHandler {
  (event: QueueEvent, context: LambdaContext): Promise<BatchResponse>;
  (event: MapRequest, context: LambdaContext): Promise<BatchResult | BackfillSummary>;
  /** Any other event is refused. */
  (event: unknown, context: LambdaContext): Promise<BatchResponse | BatchResult | BackfillSummary>;
}

/**
 * Takes SQS events whose messages are notifications of S3, events of EventBridge or continuations of its own, and events of a
 * Distributed Map of Step Functions. Every other event is thrown back (`EVENT_NOT_UNDERSTOOD`), so that whoever sent it
 * learns that nothing was done.
 *
 * Messages are processed one after the other; only those that failed are reported, and come again soon, unless no try would
 * help: then they become dead letters at once. Give it one message at a time (`batchSize: 1`): a file may need all the time that
 * there is. What is thrown for a Map fails its batch.
 *
 * The log names files by the sha256 of their keys, which the metadata of their results have too, because clients choose the keys.
 */
export function createHandler(parts: HandlerDependencies): BatchHandler {
  function handler(event: QueueEvent, context: LambdaContext): Promise<BatchResponse>;
  function handler(event: MapRequest, context: LambdaContext): Promise<BatchResult | BackfillSummary>;
  function handler(
    event: unknown,
    context: LambdaContext,
  ): Promise<BatchResponse | BatchResult | BackfillSummary>;
  async function handler(event: unknown, context: LambdaContext) {
    const { logger, metrics } = parts;
    try {
      const request = parseInvocation(event);
      return await ('Records' in request
        ? answerQueue(request, context, parts)
        : answerMap(request, context, parts));
    } catch (error) {
      logger.error('An event failed', { error });
      addMetrics(metrics, { BatchFailures: 1 });
      throw error;
    } finally {
      if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
    }
  }
  return handler;
}

async function answerQueue(
  event: QueueEvent,
  context: LambdaContext,
  { processor, queues, logger, metrics }: HandlerDependencies,
): Promise<BatchResponse> {
  const whole = context.getRemainingTimeInMillis();
  const deadline = { remainingMs: () => context.getRemainingTimeInMillis() };
  const take = async (record: QueueMessage): Promise<void> => {
    if (deadline.remainingMs() < whole / 2) throw outOfTime();
    for (const job of parseMessage(record.body)) {
      const processed = await processObject(job, processor, deadline);
      const input = sha256(job.key);
      if (processed.outcome === 'ignored') logger.warn('Passed over an object', { input });
      else logger.info('Processed an object', { input, ...processed });
      emit(metrics, processed);
    }
  };
  const logged = async (record: QueueMessage): Promise<void> => {
    try {
      await take(record);
    } catch (error) {
      addMetrics(metrics, { BatchFailures: 1 });
      if (!(await settleFailed(record, error, queues, logger))) throw error;
    }
  };
  return processPartialResponse(event, logged, new BatchProcessor(EventType.SQS, { logger }), {
    processInParallel: false,
    throwOnFullBatchFailure: false,
  });
}

async function answerMap(
  request: MapRequest,
  context: LambdaContext,
  { processor, logger, metrics }: HandlerDependencies,
): Promise<BatchResult | BackfillSummary> {
  if ('source' in request) {
    const { model, folder, ...sums } = await summarise(request, processor);
    logger.info('Summed up a backfill', { input: sha256(request.job.key), ...sums });
    metrics.addDimension('model', model);
    addMetrics(metrics, { BatchFiles: 1 });
    return { folder, ...sums };
  }
  const deadline = mapDeadline(request, context);
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
}

/** The state of Step Functions may end before the function does, and nobody takes the answer then. */
function mapDeadline({ BatchInput: { seconds } }: RowBatch, context: LambdaContext): Deadline {
  const until = performance.now() + 1000 * (seconds ?? Number.POSITIVE_INFINITY);
  return { remainingMs: () => Math.min(context.getRemainingTimeInMillis(), until - performance.now()) };
}

function outOfTime(): BatchError {
  return new BatchError('OUT_OF_TIME', 'The messages before this one took too long. It will come again.');
}

function emit(metrics: Metrics, { outcome, model, rows, rowErrors, seconds }: Processed): void {
  if (model === undefined) return;
  metrics.addDimension('model', model);
  addMetrics(metrics, {
    BatchFiles: outcome === 'done' ? 1 : 0,
    BatchRows: rows,
    BatchRowErrors: rowErrors,
    BatchTime: seconds * 1000,
  });
  metrics.publishStoredMetrics();
}
