/** The keeper of jobs for a process that may never see one: the clients of S3 and SQS are loaded with the first. */
import type { Jobs } from './job.ts';
import type { JobPlace } from './s3-jobs.ts';

/** `models` names those that a worker serves; without it, jobs for any model are taken. */
export function lazyJobs(place: JobPlace, models?: () => Promise<readonly string[]>): Jobs {
  let loaded: Promise<Jobs> | undefined;
  const jobs = () => {
    loaded ??= import('./s3-jobs.ts').then(
      ({ openJobStorage, S3Jobs }) =>
        new S3Jobs({ ...openJobStorage(place, process.env), ...(models && { models }) }),
    );
    return loaded;
  };
  return {
    submit: async (...request) => (await jobs()).submit(...request),
    read: async (id) => (await jobs()).read(id),
    cancel: async (id) => (await jobs()).cancel(id),
  };
}
