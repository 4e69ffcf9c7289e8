/** Files in S3 on this machine, predicted as the batch function does on AWS, in this process. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { S3Objects } from '@pilotlight/app/internal/aws/s3-objects';
import type { Logger } from '@pilotlight/app/internal/serve/ports';
import { readBatchConfig } from '@pilotlight/app/internal/settings/batch-config';
import type { Deadline } from '@pilotlight/batch/internal/object/deadline';
import { parseMessage } from '@pilotlight/batch/internal/object/events';
import {
  type Processed,
  type ProcessorDependencies,
  processObject,
} from '@pilotlight/batch/internal/object/process-object';
import { createProcessor } from '@pilotlight/batch/internal/object/processor';
import { ENGINE_VERSION, type Engine, PilotlightError } from '@pilotlight/engine';
import { startS3Process, startSqs } from '@pilotlight/local';
import { asCalled } from '../kit/called-as.ts';
import { CliError } from '../kit/errors.ts';
import { MAX_RECEIVES, type UploadWork, workOff } from './upload-worker.ts';

export const BUCKET = 'uploads';
const QUEUE = 'batch';
export const DEAD_LETTERS = 'batch-dead-letters';
/** Files that are predicted at the same time, so that a slow one does not keep the others waiting. */
const WORKERS = 3;
/** Nothing else handles a message, so that it need not come back before it is given up. */
const VISIBILITY_SECONDS = 86_400;

export interface UploadsOptions {
  readonly engine: Engine;
  /** The versions of a registry. @default - those of the packages */
  readonly versions?: ProcessorDependencies['versions'];
  readonly logger: Logger;
  /** Port of S3, 0 for a free one; whether it may be a free one where it is in use. */
  readonly port: { readonly wanted: number; readonly elseFree?: boolean };
  /** Names by which clients of S3 may call this machine beside `localhost`. @default - none */
  readonly allowedHosts?: readonly string[];
}

export interface Uploads {
  /** Address of S3; the bucket is `uploads`. */
  readonly endpoint: string;
  /** Address of the queues, which `pilotlight batch redrive` asks. */
  readonly queues: string;
  close(): Promise<void>;
}

/** @throws CliError PORT_UNAVAILABLE */
export async function startUploads(options: UploadsOptions): Promise<Uploads> {
  const { engine, versions, logger, port, allowedHosts = [] } = options;
  const folder = mkdtempSync(join(tmpdir(), 'pilotlight-uploads-'));
  const sqs = await startSqs({
    [QUEUE]: {
      visibilitySeconds: VISIBILITY_SECONDS,
      deadLetters: { queue: DEAD_LETTERS, maxReceives: MAX_RECEIVES },
    },
    [DEAD_LETTERS]: { visibilitySeconds: VISIBILITY_SECONDS },
  });
  const queue = sqs.queues.queue(QUEUE);
  const s3 = await startS3Process({
    bucket: BUCKET,
    folder,
    port,
    allowedHosts,
    notify: (message) => queue.send(message),
    failed: (problem) => logger.warn(`S3: ${problem}`, {}),
  }).catch(async (cause) => {
    await sqs.close();
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
    versions,
    engineVersion: ENGINE_VERSION,
    objects: new S3Objects(client, BUCKET),
    goOnLater: async (message) => {
      queue.send(JSON.stringify(message));
    },
  });
  const closing = new AbortController();
  const gaveUp = (reason: string) => {
    const redrive = `pilotlight batch redrive --queue ${sqs.arn(DEAD_LETTERS)} --endpoint ${sqs.endpoint}`;
    logger.info(`gave up on ${reason} To try again:`, {});
    logger.info(`  ${asCalled(redrive)}`, {});
  };
  const work: UploadWork = {
    queues: sqs.queues,
    queue: QUEUE,
    handle: (body, deadline) => predictUploads(body, deadline, parts, logger),
    gaveUp,
    logger,
    closed: closing.signal,
  };
  for (let worker = 0; worker < WORKERS; worker++) {
    workOff(work).catch((error: unknown) => logger.error('Files that are put into S3 wait', { error }));
  }
  return {
    endpoint: s3.endpoint,
    queues: sqs.endpoint,
    close: async () => {
      closing.abort();
      client.destroy();
      await s3.close();
      await sqs.close();
    },
  };
}

/** Predicts the files that one message tells of. @throws CliError UPLOAD_FAILED with the key of the file */
async function predictUploads(
  body: string,
  deadline: Deadline,
  parts: ProcessorDependencies,
  logger: Logger,
): Promise<void> {
  let subject = 'a message';
  try {
    for (const job of parseMessage(body)) {
      subject = job.key;
      const processed = await processObject(job, parts, deadline);
      if (processed.outcome !== 'ignored') logger.info(said(job.key, processed), {});
    }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CliError('UPLOAD_FAILED', `${subject}: ${reason}`, { cause });
  }
}

function said(key: string, { outcome, rows, rowErrors, seconds }: Processed): string {
  const rate = seconds > 0 ? `, ${Math.round(rows / seconds).toLocaleString('en')} rows/s` : '';
  const bad = rowErrors > 0 ? `, ${rowErrors.toLocaleString('en')} with an error` : '';
  return `${outcome} ${key} ${rows.toLocaleString('en')} rows${bad}${rate}`;
}
