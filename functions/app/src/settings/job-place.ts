import type { JobPlace } from '../jobs/s3-jobs.ts';
import type { Config } from './config.ts';

/** Where the environment says that jobs wait and lie; nothing if it names no queue. */
export function readJobPlace(config: Config): JobPlace | undefined {
  const { PILOTLIGHT_JOB_QUEUE_URL: queueUrl, PILOTLIGHT_JOB_BUCKET: bucket } = config;
  if (queueUrl === undefined || bucket === undefined) return undefined;
  const deadlineMs = config.PILOTLIGHT_JOB_DEADLINE_HOURS * 3_600_000;
  return { queueUrl, bucket, prefix: config.PILOTLIGHT_JOB_PREFIX, deadlineMs };
}
