/**
 * Jobs in a world whose clock is the test's: workers that are killed and told to end, messages that come twice, requests
 * to S3 and SQS that fail before or after they had their effect. Everything but S3, the network of SQS and the model is
 * the code that runs in the container. Needs fake timers.
 */
import { createHash } from 'node:crypto';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { type NewObject, type ObjectHead, S3Objects } from '../../../../functions/app/src/aws/s3-objects.ts';
import { type Delivery, type ReceiveOptions, SqsQueue } from '../../../../functions/app/src/aws/sqs-queue.ts';
import { type JobState, type JobStatus, jobStateSchema } from '../../../../functions/app/src/jobs/job.ts';
import { S3Jobs } from '../../../../functions/app/src/jobs/s3-jobs.ts';
import { JobStore } from '../../../../functions/app/src/jobs/store.ts';
import { begin } from '../../../../functions/app/src/jobs/transitions.ts';
import { JobWorker } from '../../../../functions/server/jobs/job-worker.ts';
import { Queues } from '../../../../infra/local/src/sqs/queues.ts';
import type { Random } from '../../../fixtures/random.ts';

export const LEASE_MS = 60_000;
export const MAX_ATTEMPTS = 4;
export const GRACE_MS = 25_000;
export const DEADLINE_MS = 2 * 3_600_000;
const PLACE = { prefix: 'jobs/', deadlineMs: DEADLINE_MS };
const MAX_RECEIVES = 5;
const MESSAGE_WAIT_MS = 20_000;

const quiet = { info: () => {}, warn: () => {}, error: () => {} };
const client = new S3Client({ region: 'us-east-1' });
const sqs = new SQSClient({ region: 'us-east-1' });

/** How requests to S3 and SQS fare: for up to so long, and how often of a thousand they fail. */
export interface Weather {
  readonly random: Random;
  readonly slowestMs: number;
  readonly failures: number;
}

/** One process: once it is dead, nothing that it asks for is answered any more. */
class Process {
  dead = false;
  readonly #weather: Weather;
  #thawed: Promise<void> = Promise.resolve();

  constructor(weather: Weather) {
    this.#weather = weather;
  }

  /** For so long nothing that it asks for goes out or comes in; then all of it does, as if no time had passed. */
  freeze(ms: number): void {
    this.#thawed = wait(ms);
  }

  /** Does something elsewhere. It may fail before or after it had its effect. */
  async ask<T>(effect: () => T): Promise<T> {
    const { random, failures, slowestMs } = this.#weather;
    const fate = random.below(1000);
    await this.#travel(slowestMs);
    if (fate < failures / 2) throw new TypeError('The request was lost.');
    const value = effect();
    await this.#travel(slowestMs);
    if (fate < failures) throw new TypeError('The answer was lost.');
    return value;
  }

  async #travel(slowestMs: number): Promise<void> {
    await wait(this.#weather.random.below(slowestMs));
    await this.#thawed;
    if (this.dead) await new Promise<never>(() => {});
  }
}

/** Conditional writes as S3 has them; keeps every state that was ever written. */
class Objects {
  readonly stored = new Map<string, ObjectHead & { readonly body: Buffer }>();
  readonly states = new Map<string, JobState[]>();
  /** Results that were written, by their keys. */
  readonly results = new Map<string, number>();
  #writes = 0;

  put({ key, body, metadata }: NewObject, replaces: ObjectHead | undefined): boolean {
    if (this.stored.get(key)?.etag !== replaces?.etag) return false;
    this.#writes += 1;
    this.stored.set(key, { etag: String(this.#writes), bytes: body.byteLength, metadata, body });
    if (key.endsWith('/result')) this.results.set(key, (this.results.get(key) ?? 0) + 1);
    if (key.endsWith('/job.json')) this.#record(key, jobStateSchema.parse(JSON.parse(body.toString())));
    return true;
  }

  #record(key: string, state: JobState): void {
    this.states.set(key, [...(this.states.get(key) ?? []), state]);
  }
}

class RemoteObjects extends S3Objects {
  readonly #process: Process;
  readonly #objects: Objects;

  constructor(process: Process, objects: Objects) {
    super(client, 'jobs');
    this.#process = process;
    this.#objects = objects;
  }

  override head(key: string) {
    return this.#process.ask(() => this.#objects.stored.get(key));
  }

  override read(key: string) {
    return this.#process.ask(() => this.#objects.stored.get(key));
  }

  override put(object: NewObject, replaces: ObjectHead | undefined) {
    return this.#process.ask(() => this.#objects.put(object, replaces));
  }

  override async delete(key: string) {
    await this.#process.ask(() => this.#objects.stored.delete(key));
  }
}

class RemoteQueue extends SqsQueue {
  readonly #process: Process;
  readonly #queues: Queues;

  constructor(process: Process, queues: Queues) {
    super(sqs, 'http://queue.invalid/jobs');
    this.#process = process;
    this.#queues = queues;
  }

  override async send(message: unknown) {
    await this.#process.ask(() => this.#queues.queue('jobs').send(JSON.stringify(message)));
  }

  override async receive({ count, visibilitySeconds, signal }: ReceiveOptions): Promise<Delivery[]> {
    const ended = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
    });
    const received = this.#queues
      .receive('jobs', { count, waitMs: MESSAGE_WAIT_MS, visibilitySeconds })
      .then((messages) => this.#process.ask(() => messages));
    const messages = await Promise.race([received, ended]);
    return messages.map(({ messageId: id, receiptHandle: receipt, body, receives }) => ({
      id,
      receipt,
      body,
      receives,
    }));
  }

  override async delete({ receipt }: Delivery) {
    await this.#process.ask(() => this.#queues.queue('jobs').delete(receipt));
  }

  override async hide({ receipt }: Delivery, seconds: number) {
    await this.#process.ask(() => this.#queues.queue('jobs').changeVisibility(receipt, Math.ceil(seconds)));
  }

  override mostReceives() {
    return this.#process.ask(() => MAX_RECEIVES);
  }
}

/** The behaviour of the model for one request: its status, after some time; every answer differs. */
export interface Behaviour {
  readonly statuses: readonly (200 | 422 | 429 | 500)[];
  readonly ms: number;
}

export class Simulation {
  readonly #weather: Weather;
  readonly #objects = new Objects();
  readonly #queues = new Queues({
    jobs: { visibilitySeconds: 300, deadLetters: { queue: 'dead', maxReceives: MAX_RECEIVES } },
    dead: { visibilitySeconds: 300 },
  });
  readonly #store: JobStore;
  readonly #clients: S3Jobs;
  /** Answers of the model to requests that somebody waited for to the end, by their paths. */
  readonly answered = new Map<string, number>();
  readonly #workers: { readonly process: Process; readonly worker: JobWorker }[] = [];
  readonly #behaviours = new Map<string, Behaviour>();
  #answers = 0;

  constructor(weather: Weather) {
    this.#weather = weather;
    const clients = new Process({ ...weather, failures: 0 });
    this.#store = new JobStore(new RemoteObjects(clients, this.#objects), PLACE);
    this.#clients = new S3Jobs({ store: this.#store, queue: new RemoteQueue(clients, this.#queues) });
  }

  /** Gives the id of the job. */
  async submit(behaviour: Behaviour): Promise<string> {
    const model = `model-${this.#behaviours.size}`;
    const path = `/models/${model}`;
    this.#behaviours.set(path, behaviour);
    const request = { path, contentType: 'application/json', body: Buffer.from('{}') };
    return (await this.#clients.submit(request, model)).id;
  }

  async ask(id: string): Promise<JobStatus | undefined> {
    return (await this.#clients.read(id))?.status;
  }

  async cancel(id: string): Promise<JobStatus | undefined> {
    return (await this.#clients.cancel(id))?.status;
  }

  /** Leaves a job in the state of a run that was killed between its result and its last state. */
  async abandon(id: string, body: Buffer): Promise<void> {
    await this.#store.change(id, (state) => begin(state, 'killed', Date.now(), 0));
    await this.#store.keepResult(id, { body, contentType: 'application/json', headers: {} });
  }

  /** SQS delivers a message twice, now and then. */
  sendAgain(id: string): void {
    this.#queues.queue('jobs').send(JSON.stringify({ format: 1, job: id }));
  }

  startWorker(): void {
    const process = new Process(this.#weather);
    const worker = new JobWorker({
      store: new JobStore(new RemoteObjects(process, this.#objects), PLACE),
      queue: new RemoteQueue(process, this.#queues),
      fetch: (request) => this.#answer(request),
      logger: quiet,
      leaseMs: LEASE_MS,
      maxAttempts: MAX_ATTEMPTS,
      concurrency: 4,
    });
    this.#workers.push({ process, worker });
  }

  /** SIGKILL: of what it was doing, only what is elsewhere is left. */
  killWorker(): void {
    const [oldest] = this.#workers.splice(0, 1);
    if (oldest) oldest.process.dead = true;
  }

  /** Pauses the machine: the worker does not know that its leases have ended, and goes on as if it had them. */
  freezeWorker(ms: number): void {
    this.#workers[0]?.process.freeze(ms);
  }

  /** SIGTERM, with the grace that a container has. Where S3 and SQS are silent, nothing that it asks for is answered. */
  async stopWorker({ areSilent = false } = {}): Promise<void> {
    const [oldest] = this.#workers.splice(0, 1);
    if (oldest && areSilent) oldest.process.dead = true;
    await oldest?.worker.stop(GRACE_MS);
    if (oldest) oldest.process.dead = true;
  }

  /** Every state that was written, in order. */
  history(id: string): readonly JobState[] {
    return this.#objects.states.get(`jobs/${id}/job.json`) ?? [];
  }

  result(id: string) {
    const key = `jobs/${id}/result`;
    return { body: this.#objects.stored.get(key)?.body, writes: this.#objects.results.get(key) ?? 0 };
  }

  /** Treats dead letters as an operator does. */
  redrive(): void {
    this.#queues.redrive('dead');
  }

  get deadLetters(): number {
    return this.#queues.queue('dead').counts().visible;
  }

  /** Messages, dead letters among them. */
  get waiting(): number {
    const counts = [this.#queues.queue('jobs').counts(), this.#queues.queue('dead').counts()];
    return counts.reduce((sum, { visible, hidden }) => sum + visible + hidden, 0);
  }

  /** The status of an answer is the next one of the behaviour, or its last. */
  async #answer({ url, signal }: Request): Promise<Response> {
    const { pathname } = new URL(url);
    const { statuses, ms } = this.#behaviours.get(pathname) ?? { statuses: [500], ms: 0 };
    const [status = 500, ...rest] = statuses;
    if (rest.length > 0) this.#behaviours.set(pathname, { statuses: rest, ms });
    await Promise.race([wait(ms), new Promise((done) => signal.addEventListener('abort', done))]);
    if (signal.aborted) return Response.json({ error: 'gone', code: 'INVALID_REQUEST' }, { status: 400 });
    this.#answers += 1;
    this.answered.set(pathname, (this.answered.get(pathname) ?? 0) + 1);
    if (status === 200) {
      return Response.json({ answer: this.#answers, padding: ' '.repeat(this.#answers % 50) });
    }
    const codes = { 422: 'INVALID_INPUT', 429: 'OVERLOADED', 500: 'SESSION_FAILED' } as const;
    return Response.json({ error: 'It was refused.', code: codes[status] }, { status });
  }
}

export const wait = (ms: number): Promise<void> =>
  new Promise((done) => {
    setTimeout(done, ms);
  });

export const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
