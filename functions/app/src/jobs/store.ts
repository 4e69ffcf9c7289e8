/** Jobs in a bucket. Objects that two processes may write at once are written on condition: ADR-jobs.md. */
import { createHash } from 'node:crypto';
import { PilotlightError } from '@pilotlight/engine';
import { pause } from '../aws/pause.ts';
import type { ObjectHead, S3Objects } from '../aws/s3-objects.ts';
import { type JobRequest, type JobResult, type JobState, jobKeys, jobStateSchema } from './job.ts';
import { expire, finish, type RequestDigest } from './transitions.ts';

/** Writers of one job that may be faster, one after the other, before a change is given up. */
const CONFLICTS = 30;
const LONGEST_PAUSE_MS = 50;

const JSON_TYPE = 'application/json';
const TYPE = 'content-type';

/** The facts on which all processes that know of a job must agree. */
export interface JobTerms {
  /** Ends in a slash. */
  readonly prefix: string;
  /** After so long a job that nobody could do has failed. */
  readonly deadlineMs: number;
}

export interface JobAnswer {
  readonly body: Uint8Array;
  readonly contentType: string;
  readonly headers: Readonly<Record<string, string>>;
}

export class JobStore {
  readonly objects: S3Objects;
  readonly prefix: string;
  readonly deadlineMs: number;

  constructor(objects: S3Objects, { prefix, deadlineMs }: JobTerms) {
    this.objects = objects;
    this.prefix = prefix;
    this.deadlineMs = deadlineMs;
  }

  /** Writes the request before the state, so that a process that finds a state finds its request. Gives the state that was there first. */
  async create(state: JobState, body: Uint8Array): Promise<JobState> {
    const keys = this.#keys(state.id);
    const { contentType } = state.request;
    const request = { key: keys.request, body: Buffer.from(body), contentType, metadata: {} };
    await this.objects.put(request, undefined);
    if (await this.#write(state, undefined)) return state;
    // Another request has the same Idempotency-Key, or the answer to our own write was lost.
    return (await this.read(state.id)) ?? state;
  }

  /** Gives nothing if there is no such job. @throws PilotlightError JOB_CORRUPT */
  async read(id: string): Promise<JobState | undefined> {
    return (await this.#load(id))?.state;
  }

  /**
   * Replaces the state by what `transition` makes of it, as often as it takes until nobody else was faster, and gives
   * what lies there then: another state where `transition` gave nothing. Nothing where there is no such job.
   */
  async change(
    id: string,
    transition: (state: JobState) => JobState | undefined,
  ): Promise<JobState | undefined> {
    for (let conflicts = 0; conflicts < CONFLICTS; conflicts++) {
      const found = await this.#load(id);
      if (!found) return undefined;
      const next = transition(found.state);
      if (!next || JSON.stringify(next) === JSON.stringify(found.state)) return found.state;
      if (await this.#write(next, found.head)) return next;
      await pause(Math.random() * LONGEST_PAUSE_MS);
    }
    throw new PilotlightError('JOB_CONTENDED', 'A job is changed by others all the time.');
  }

  /** Makes an overdue job a failed one, unless its answer was kept or a process works on it. */
  async expire(id: string): Promise<JobState | undefined> {
    const kept = await this.keptResult(id);
    return this.change(id, (state) =>
      kept ? finish(state, kept, Date.now()) : expire(state, Date.now(), this.deadlineMs),
    );
  }

  /** Gives nothing if the request was deleted. */
  async request(id: string): Promise<Uint8Array | undefined> {
    return (await this.objects.read(this.#keys(id).request))?.body;
  }

  /** Keeps an answer, unless there is one already, and says what the answer is that is kept. */
  async keepResult(id: string, { body, contentType, headers }: JobAnswer): Promise<JobResult> {
    const key = this.#keys(id).result;
    const metadata = { ...headers, [TYPE]: contentType };
    const kept = await this.objects.put({ key, body: Buffer.from(body), contentType, metadata }, undefined);
    const earlier = kept ? undefined : await this.keptResult(id);
    return earlier ?? { contentType, bytes: body.byteLength, headers };
  }

  /** Finds the result of a run that ended before it could say so. */
  async keptResult(id: string): Promise<JobResult | undefined> {
    const head = await this.objects.head(this.#keys(id).result);
    if (!head) return undefined;
    const { [TYPE]: contentType = JSON_TYPE, ...headers } = head.metadata;
    return { contentType, bytes: head.bytes, headers };
  }

  async result(id: string): Promise<Uint8Array | undefined> {
    return (await this.objects.read(this.#keys(id).result))?.body;
  }

  /** A link to the result that works for so long, without credentials. */
  async resultLink(id: string, seconds: number): Promise<string> {
    const { presignObject } = await import('../aws/s3-presign.ts');
    return presignObject(this.objects, this.#keys(id).result, seconds);
  }

  async deleteResult(id: string): Promise<void> {
    await this.objects.delete(this.#keys(id).result);
  }

  async deleteRequest(id: string): Promise<void> {
    await this.objects.delete(this.#keys(id).request);
  }

  /** Deletes a job whose id no client has learnt. */
  async deleteAll(id: string): Promise<void> {
    await this.objects.delete(this.#keys(id).state);
    await this.deleteRequest(id);
  }

  async #load(id: string): Promise<{ state: JobState; head: ObjectHead } | undefined> {
    const object = await this.objects.read(this.#keys(id).state);
    if (!object) return undefined;
    return { state: parseState(object.body), head: object };
  }

  #write(state: JobState, replaces: ObjectHead | undefined): Promise<boolean> {
    const body = Buffer.from(JSON.stringify(state));
    const object = { key: this.#keys(state.id).state, body, contentType: JSON_TYPE, metadata: {} };
    return this.objects.put(object, replaces);
  }

  #keys(id: string) {
    return jobKeys(this.prefix, id);
  }
}

/** The error quotes nothing: the state begins with the id of the job, which is the only key to it. */
function parseState(bytes: Uint8Array): JobState {
  const { success, data, error } = jobStateSchema.safeParse(parseJson(bytes));
  if (success) return data;
  throw new PilotlightError(
    'JOB_CORRUPT',
    'The state of a job cannot be read. Its message in the queue names it: delete the job, or deploy the version that wrote it.',
    { cause: error },
  );
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
}

/** Gives equal digests for equal requests. */
export function digestRequest({ body, ...head }: JobRequest): RequestDigest {
  const { path, contentType, accept = null } = head;
  const said = JSON.stringify([path, contentType, accept]);
  const sha256 = createHash('sha256').update(said).update(body).digest('hex');
  return { ...head, bytes: body.byteLength, sha256 };
}
