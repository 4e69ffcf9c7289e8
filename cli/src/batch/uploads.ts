/** Files in S3 on this machine, predicted as the batch function does on AWS, in this process. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { S3Objects } from '@pilotlight/app/internal/aws/s3-objects';
import type { Logger } from '@pilotlight/app/internal/serve/ports';
import { readBatchConfig } from '@pilotlight/app/internal/settings/batch-config';
import { parseMessage } from '@pilotlight/batch/internal/object/events';
import {
  type Processed,
  type ProcessorDependencies,
  processObject,
} from '@pilotlight/batch/internal/object/process-object';
import { createProcessor } from '@pilotlight/batch/internal/object/processor';
import { ENGINE_VERSION, type Engine, PilotlightError } from '@pilotlight/engine';
import { startS3, startSqs } from '@pilotlight/local';
import { asCalled } from '../kit/called-as.ts';
import { CliError } from '../kit/errors.ts';

export const BUCKET = 'uploads';
const QUEUE = 'batch';
export const DEAD_LETTERS = 'batch-dead-letters';
const MAX_RECEIVES = 3;
const RETRY_SECONDS = 1;
const POLL_MS = 60_000;
/** Nothing else handles a message, so that it need not come back for as long as it takes. */
const VISIBILITY_SECONDS = 86_400;
/** Twenty days, the longest that a timer takes. */
const NO_DEADLINE_MS = 20 * 86_400_000;

export interface UploadsOptions {
  readonly engine: Engine;
  readonly logger: Logger;
  /** Port of S3, 0 for a free one; whether it may be a free one where it is in use. */
  readonly port: { readonly wanted: number; readonly elseFree?: boolean };
}

export interface Uploads {
  /** Address of S3; the bucket is `uploads`. */
  readonly endpoint: string;
  /** Address of the queues, which `pilotlight batch redrive` asks. */
  readonly queues: string;
  close(): Promise<void>;
}

/** @throws CliError PORT_UNAVAILABLE */
export async function startUploads({ engine, logger, port }: UploadsOptions): Promise<Uploads> {
  const folder = mkdtempSync(join(tmpdir(), 'pilotlight-uploads-'));
  const sqs = await startSqs({
    [QUEUE]: {
      visibilitySeconds: VISIBILITY_SECONDS,
      deadLetters: { queue: DEAD_LETTERS, maxReceives: MAX_RECEIVES },
    },
    [DEAD_LETTERS]: { visibilitySeconds: VISIBILITY_SECONDS },
  });
  const queue = sqs.queues.queue(QUEUE);
  const notify = (message: string) => queue.send(message);
  const s3 = await startS3({ bucket: BUCKET, folder, port, notify }).catch(async (cause) => {
    await sqs.close();
    rmSync(folder, { recursive: true, force: true });
    if (!PilotlightError.is(cause) || cause.code !== 'PORT_UNAVAILABLE') throw cause;
    const message = `Port ${port.wanted}, for S3, is in use. Choose another with --s3-port.`;
    throw new CliError('PORT_UNAVAILABLE', message, { cause });
  });
  const client = new S3Client({
    endpoint: s3.endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const config = readBatchConfig({
    PILOTLIGHT_BATCH_BUCKET: BUCKET,
    PILOTLIGHT_BATCH_QUEUE_URL: sqs.url(QUEUE),
  });
  const parts = createProcessor(config, {
    engine,
    engineVersion: ENGINE_VERSION,
    objects: new S3Objects(client, BUCKET),
    goOnLater: async (message) => {
      queue.send(JSON.stringify(message));
    },
  });
  let isClosing = false;
  const work = async () => {
    while (!isClosing) {
      const [message] = await sqs.queues.receive(QUEUE, { waitMs: POLL_MS });
      if (!message) continue;
      const failure = await take(message.body, parts, logger);
      const isLast = message.receives === MAX_RECEIVES;
      if (failure === undefined) queue.delete(message.receiptHandle);
      else queue.changeVisibility(message.receiptHandle, isLast ? 0 : RETRY_SECONDS);
      if (failure !== undefined && isLast) {
        const redrive = `pilotlight batch redrive --queue ${sqs.arn(DEAD_LETTERS)} --endpoint ${sqs.endpoint}`;
        const again = asCalled(redrive);
        logger.info(`gave up on ${failure} To try again:\n  ${again}`, {});
      }
    }
  };
  void work();
  return {
    endpoint: s3.endpoint,
    queues: sqs.endpoint,
    close: async () => {
      isClosing = true;
      client.destroy();
      await s3.close();
      await sqs.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Handles one message, and says what failed and why, if anything did. */
async function take(body: string, parts: ProcessorDependencies, logger: Logger): Promise<string | undefined> {
  let subject = 'a message';
  try {
    for (const job of parseMessage(body)) {
      subject = job.key;
      const processed = await processObject(job, parts, { remainingMs: () => NO_DEADLINE_MS });
      if (processed.outcome !== 'ignored') logger.info(said(job.key, processed), {});
    }
    return undefined;
  } catch (error) {
    return `${subject}: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function said(key: string, { outcome, rows, rowErrors, seconds }: Processed): string {
  const rate = seconds > 0 ? `, ${Math.round(rows / seconds).toLocaleString('en')} rows/s` : '';
  const bad = rowErrors > 0 ? `, ${rowErrors.toLocaleString('en')} with an error` : '';
  return `${outcome} ${key} ${rows.toLocaleString('en')} rows${bad}${rate}`;
}
