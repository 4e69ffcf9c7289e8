/** The batch function: SQS messages in, of which those that failed are delivered again. */
import { processPartialResponse } from '@aws-lambda-powertools/batch';
import type { Logger } from '@aws-lambda-powertools/logger';
import type { Metrics } from '@aws-lambda-powertools/metrics';
import { type ProcessorParts } from './src/object/process-object.ts';
/** The part of Lambda's SQS event that is read. */
export interface QueueEvent {
    readonly Records: QueueMessage[];
}
type QueueMessage = {
    readonly messageId: string;
    readonly body: string;
};
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
export declare function createHandler({ processor, logger, metrics }: HandlerParts): (event: QueueEvent, context: LambdaContext) => Promise<BatchResponse>;
export {};
//# sourceMappingURL=create-handler.d.ts.map