/** The keeper of jobs for a process that may never see one: the clients of S3 and SQS are loaded with the first. */
import type { Config } from '../settings/config.ts';
import type { Jobs } from './job.ts';
import type { JobPlace } from './s3-jobs.ts';

/** Nothing where the environment names no queue. */
export function jobPlaceOf(config: Config): JobPlace | undefined {
  const { PILOTLIGHT_JOB_QUEUE_URL: queueUrl, PILOTLIGHT_JOB_BUCKET: bucket } = config;
  if (queueUrl === undefined || bucket === undefined) return undefined;
  const deadlineMs = config.PILOTLIGHT_JOB_DEADLINE_HOURS * 3_600_000;
  return { queueUrl, bucket, prefix: config.PILOTLIGHT_JOB_PREFIX, deadlineMs };
}

/** `models` names those that a worker serves; without it, jobs for any model are taken. */
export function lazyJobs(place: JobPlace, models?: () => Promise<readonly string[]>): Jobs {
  let loaded: Promise<Jobs> | undefined;
  const jobs = () => {
    loaded ??= import('./s3-jobs.ts').then(
      ({ jobParts, S3Jobs }) => new S3Jobs({ ...jobParts(place, process.env), ...(models && { models }) }),
    );
    return loaded;
  };
  return {
    submit: async (...request) => (await jobs()).submit(...request),
    read: async (id) => (await jobs()).read(id),
    cancel: async (id) => (await jobs()).cancel(id),
  };
}
