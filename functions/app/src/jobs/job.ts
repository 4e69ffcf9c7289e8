/** A job: an HTTP request that nobody waits for. This file has its form in S3, in the queue, and for clients. */
import * as z from 'zod/mini';
import { JOB_ID } from './job-id.ts';

const id = z.string().check(z.regex(JOB_ID));

/** A job must not make more jobs. */
const PATH = /^\/(?!jobs(?:[/?]|$))[^\s]{0,2000}$/;
const path = z
  .string()
  .check(z.regex(PATH, 'must be that of a prediction, of at most 2000 characters and without spaces'));

const time = z.iso.datetime();
const text = z.string().check(z.maxLength(2000, 'must have at most 2000 characters'));

/** Always a POST, to one of the app's prediction routes. */
export interface JobRequest {
  readonly path: string;
  readonly contentType: string;
  readonly accept?: string;
  /** Decompressed. */
  readonly body: Uint8Array;
}

const request = z.strictObject({
  path,
  contentType: text,
  accept: z.exactOptional(text),
  bytes: z.int(),
  /** The hash of everything that makes the request: equal requests have equal hashes. */
  sha256: z.string().check(z.regex(/^[\da-f]{64}$/)),
});

const result = z.strictObject({
  contentType: text,
  bytes: z.int(),
  /** The headers of the answer that say which model answered. */
  headers: z.record(z.string(), z.string()),
});
export type JobResult = z.infer<typeof result>;

const error = z.strictObject({ code: z.string(), message: text, status: z.int() });
export type JobError = z.infer<typeof error>;

const common = {
  format: z.literal(1),
  id,
  /** The model as the path names it, with its version if it names one. */
  model: text,
  request,
  createdAt: time,
  /** How often it was begun; where the server was full or was told to end, that does not count. */
  attempts: z.int().check(z.nonnegative()),
};
const begun = { ...common, startedAt: time };

/** `<id>/job.json`, written on condition only. A job that is over keeps its status for good. */
export const jobStateSchema = z.discriminatedUnion('status', [
  z.strictObject({ ...common, status: z.literal('queued'), startedAt: z.exactOptional(time) }),
  /** `run` is the process that works on it. It loses the job if it does not renew the lease before the lease ends. */
  z.strictObject({ ...begun, status: z.literal('running'), run: z.string(), leaseUntil: time }),
  z.strictObject({
    ...begun,
    status: z.literal('done'),
    finishedAt: time,
    /** Nothing once it was deleted. */
    result: z.exactOptional(result),
  }),
  z.strictObject({
    ...common,
    status: z.literal('failed'),
    startedAt: z.exactOptional(time),
    finishedAt: time,
    error,
  }),
  z.strictObject({
    ...common,
    status: z.literal('cancelled'),
    startedAt: z.exactOptional(time),
    finishedAt: time,
  }),
]);
export type JobState = z.infer<typeof jobStateSchema>;
export type JobStatus = JobState['status'];

export const JOB_STATUSES = [
  'queued',
  'running',
  'done',
  'failed',
  'cancelled',
] as const satisfies JobStatus[];

export type OverState = Extract<JobState, { readonly finishedAt: string }>;

export function isOver(state: JobState): state is OverState {
  return state.status !== 'queued' && state.status !== 'running';
}

/** The message in the queue: it names the work and does not hold it. */
export const jobMessageSchema = z.strictObject({ format: z.literal(1), job: id });
export type JobMessage = z.infer<typeof jobMessageSchema>;

/** A job as clients see it; times are ISO 8601 in UTC. */
export interface JobView {
  readonly id: string;
  readonly status: JobStatus;
  readonly model: string;
  readonly created_at: string;
  readonly started_at?: string;
  readonly finished_at?: string;
  /** When it will have failed, unless it is worked on then; nothing once it is over. */
  readonly expires_at?: string;
  readonly attempts: number;
  readonly status_url: string;
  /** The answer, where it is JSON and small. */
  readonly result?: unknown;
  /** Where the answer can be fetched for a while, in any other case. */
  readonly result_url?: string;
  readonly result_type?: string;
  readonly result_headers?: Readonly<Record<string, string>>;
  readonly error?: { readonly code: string; readonly message: string };
}

export interface SubmitOptions {
  /** The key of the client, which gets the same job for the same key and the same request. */
  readonly idempotencyKey?: string | undefined;
}

/** Where jobs are kept; what the app asks of it. */
export interface Jobs {
  /**
   * Resolves once the job cannot be lost any more.
   *
   * @throws EngineError MODEL_NOT_FOUND where it is known that no worker serves it; JobRefused IDEMPOTENCY_KEY_REUSED, JOB_NOT_QUEUED
   */
  submit(request: JobRequest, model: string, options?: SubmitOptions): Promise<JobView>;
  /** Gives nothing if there is no such job. */
  read(id: string): Promise<JobView | undefined>;
  /** Cancels a job that waits or runs; deletes request and result of a job that is over. Gives nothing if there is no such job. */
  cancel(id: string): Promise<JobView | undefined>;
}

export const statusUrl = (job: string): string => `/jobs/${job}`;

/** `prefix` ends in a slash. */
export function jobKeys(prefix: string, job: string) {
  const folder = `${prefix}${job}/`;
  return { state: `${folder}job.json`, request: `${folder}request`, result: `${folder}result` };
}

/** Which job an Idempotency-Key stands for, by the SHA-256 of the key in hex. No id is so short. */
export const idempotencyObject = (prefix: string, digest: string): string => `${prefix}keys/${digest}`;
