/** The batch function: SQS messages in, of which those that failed are delivered again. */
import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import { METRICS } from '@pilotlight/app/internal/telemetry/metric-names';
import { BatchError } from './src/errors.js';
import { jobsOf } from './src/object/events.js';
import { processObject } from './src/object/process-object.js';
/**
 * Takes SQS events whose messages are notifications of S3, events of EventBridge or continuations of its own. Messages
 * are processed one after the other; only those that failed are reported, and come again. Give it one message at a time
 * (`batchSize: 1`): a file may need all the time that there is.
 */
export function createHandler({ processor, logger, metrics }) {
    return async (event, context) => {
        const whole = context.getRemainingTimeInMillis();
        const deadline = { remainingMs: () => context.getRemainingTimeInMillis() };
        const take = async (record) => {
            if (deadline.remainingMs() < whole / 2)
                throw outOfTime();
            for (const job of jobsOf(record.body)) {
                const processed = await processObject(job, processor, deadline);
                logger.info('Processed an object', { key: job.key, ...processed });
                emit(metrics, processed);
            }
        };
        const logged = async (record) => {
            try {
                await take(record);
            }
            catch (error) {
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
        }
        finally {
            if (metrics.hasStoredMetrics())
                metrics.publishStoredMetrics();
        }
    };
}
function outOfTime() {
    return new BatchError('OUT_OF_TIME', 'The messages before this one took too long. It will come again.');
}
function emit(metrics, { outcome, model, rows, rowErrors, seconds }) {
    if (model === undefined)
        return;
    metrics.addDimension('model', model);
    add(metrics, 'BatchFiles', outcome === 'done' ? 1 : 0);
    add(metrics, 'BatchRows', rows);
    add(metrics, 'BatchRowErrors', rowErrors);
    add(metrics, 'BatchTime', seconds * 1000);
    metrics.publishStoredMetrics();
}
function add(metrics, name, value) {
    metrics.addMetric(name, METRICS[name].unit, value);
}
//# sourceMappingURL=create-handler.js.map