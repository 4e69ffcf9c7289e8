/** Jobs whose state lies in S3 and whose messages go over SQS. Loaded with the first of them. */
import { createS3Client } from '../aws/s3-client.ts';
import { S3Objects } from '../aws/s3-objects.ts';
import { createSqsClient, SqsQueue } from '../aws/sqs-queue.ts';
import type { JobState, Jobs, JobView } from './job.ts';
import { isJobId } from './job-id.ts';
import { JobStore, type JobTerms } from './store.ts';
import { type SubmitDependencies, submitJob } from './submit.ts';
import { cancel, forgetResult, isOverdue } from './transitions.ts';
import { viewJob } from './view.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where jobs lie and wait. */
export interface JobPlace extends JobTerms {
  readonly queueUrl: string;
  readonly bucket: string;
}

export interface JobStorage {
  readonly store: JobStore;
  readonly queue: SqsQueue;
}

export function openJobStorage(
  { queueUrl, bucket, ...terms }: JobPlace,
  environment: Environment,
): JobStorage {
  return {
    store: new JobStore(new S3Objects(createS3Client(environment), bucket), terms),
    queue: new SqsQueue(createSqsClient(environment), queueUrl),
  };
}

export class S3Jobs implements Jobs {
  readonly #desk: SubmitDependencies;

  constructor(desk: SubmitDependencies) {
    this.#desk = desk;
  }

  async submit(...request: Parameters<Jobs['submit']>): Promise<JobView> {
    return viewJob(this.#desk.store, await submitJob(this.#desk, ...request));
  }

  read(id: string): Promise<JobView | undefined> {
    return this.#view(id, async (store) => {
      const state = await store.read(id);
      return state && isOverdue(state, Date.now(), store.deadlineMs) ? store.expire(id) : state;
    });
  }

  cancel(id: string): Promise<JobView | undefined> {
    return this.#view(id, async (store) => {
      const state = await store.change(id, (found) => cancel(found, Date.now()) ?? forgetResult(found));
      if (state) await Promise.all([store.deleteRequest(id), store.deleteResult(id)]);
      return state;
    });
  }

  async #view(
    id: string,
    find: (store: JobStore) => Promise<JobState | undefined>,
  ): Promise<JobView | undefined> {
    const { store } = this.#desk;
    const state = isJobId(id) ? await find(store) : undefined;
    return state && viewJob(store, state);
  }
}
