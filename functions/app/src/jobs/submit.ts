/** Creates a job so that it is whole before anybody can see it: ADR-jobs.md. */
import { createHash, randomBytes } from 'node:crypto';
import { EngineError, parseModelRef } from '@pilotlight/engine';
import * as z from 'zod/mini';
import type { SqsQueue } from '../aws/sqs-queue.ts';
import { JobRefused } from './errors.ts';
import {
  idempotencyObject,
  type JobMessage,
  type JobRequest,
  type JobState,
  jobStateSchema,
  type SubmitOptions,
} from './job.ts';
import { digestRequest, type JobStore } from './store.ts';
import { queued } from './transitions.ts';

const ID_BYTES = 16;

const claimSchema = z.strictObject({ format: z.literal(1), job: z.string(), sha256: z.string() });

export interface SubmitDependencies {
  readonly store: JobStore;
  readonly queue: Pick<SqsQueue, 'send'>;
  /** Names of the models that a worker serves, where that is known. */
  readonly models?: () => Promise<readonly string[]>;
}

/** @throws EngineError MODEL_NOT_FOUND, INVALID_INPUT with `field`; JobRefused IDEMPOTENCY_KEY_REUSED, JOB_NOT_QUEUED */
export async function submitJob(
  { store, queue, models }: SubmitDependencies,
  request: JobRequest,
  model: string,
  { idempotencyKey }: SubmitOptions = {},
): Promise<JobState> {
  await refuseUnknown(model, models);
  const digest = digestRequest(request);
  refuseUnreadable(queued(newId(), model, digest, Date.now()));
  const create = (id: string) => store.create(queued(id, model, digest, Date.now()), request.body);
  if (idempotencyKey === undefined) {
    const state = await create(newId());
    return send(queue, state, () => store.deleteAll(state.id));
  }
  const id = await claimedId(store, idempotencyKey, digest.sha256);
  const state = (await store.read(id)) ?? (await create(id));
  // A job that waits already is sent again: nobody knows whether it was sent, and twice does no harm.
  return state.status === 'queued' ? send(queue, state) : state;
}

/** Leave `undo` out for a job with an Idempotency-Key, because another client may wait for the same job. */
async function send(
  queue: SubmitDependencies['queue'],
  state: JobState,
  undo?: () => Promise<void>,
): Promise<JobState> {
  try {
    await queue.send({ format: 1, job: state.id } satisfies JobMessage);
    return state;
  } catch (cause) {
    await undo?.();
    throw new JobRefused('JOB_NOT_QUEUED', 'The job could not be queued. Send it again.', { cause });
  }
}

/** Gives the id that the first request with this key has chosen. The object has only a hash of the key. */
async function claimedId(
  { objects, prefix }: JobStore,
  idempotencyKey: string,
  sha256: string,
): Promise<string> {
  const id = newId();
  const key = idempotencyObject(prefix, createHash('sha256').update(idempotencyKey).digest('hex'));
  const body = Buffer.from(JSON.stringify({ format: 1, job: id, sha256 }));
  const claim = { key, body, contentType: 'application/json', metadata: {} };
  if (await objects.put(claim, undefined)) return id;
  const first = await objects.read(key);
  const { job, sha256: known } = claimSchema.parse(JSON.parse(Buffer.from(first?.body ?? []).toString()));
  if (known === sha256) return job;
  throw new JobRefused(
    'IDEMPOTENCY_KEY_REUSED',
    'This Idempotency-Key was sent with another request before. Choose another key for another request.',
    { details: { field: 'Idempotency-Key' } },
  );
}

async function refuseUnknown(model: string, models: SubmitDependencies['models']): Promise<void> {
  const known = await models?.();
  if (!known || known.includes(parseModelRef(model).name)) return;
  throw new EngineError(
    'MODEL_NOT_FOUND',
    `No worker serves such a model; they serve: ${known.join(', ') || 'none'}.`,
    { details: { models: [...known] } },
  );
}

/** The names of headers as clients know them. */
const HEADERS: Readonly<Record<string, string>> = { contentType: 'Content-Type', accept: 'Accept' };

/** Refuses a state that its schema would not take, because it could be written and never be read again. */
function refuseUnreadable(state: JobState): void {
  const issue = jobStateSchema.safeParse(state).error?.issues[0];
  if (!issue) return;
  const name = String(issue.path.at(-1));
  const field = HEADERS[name] ?? name;
  throw new EngineError('INVALID_INPUT', `${field}: ${issue.message}.`, { details: { field } });
}

function newId(): string {
  return randomBytes(ID_BYTES).toString('base64url');
}
