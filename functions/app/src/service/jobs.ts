/** POST /jobs, GET and DELETE /jobs/{id}. */
import type { Jobs, JobView } from '../jobs/job.ts';
import { isJobId } from '../jobs/job-id.ts';
import { acceptedJob, idempotencyKeyOf, RETRY_AFTER } from '../answer/accepted-job.ts';
import { publicPath } from '../request/base-path.ts';
import { HttpError } from '../answer/errors.ts';
import { checkInputs, checkLabels, parseBody } from '../request/parse.ts';
import type { Limits } from '../request/limits.ts';
import { respondJson } from '../answer/respond.ts';
import type { RouteHandler } from '../serve/serving.ts';

export function jobHandlers(jobs: Jobs | undefined, limits: Limits) {
  return {
    createJob: withJobs(jobs, (present) => createHandler(present, limits)),
    job: withJobs(jobs, (present) => byId((id) => present.read(id))),
    cancelJob: withJobs(jobs, (present) => byId((id) => present.cancel(id))),
  };
}

function withJobs(jobs: Jobs | undefined, make: (jobs: Jobs) => RouteHandler): RouteHandler {
  if (jobs) return make(jobs);
  return () => {
    throw new HttpError('NOT_FOUND', 'This service has no queue for jobs.');
  };
}

/** What can be refused without the model is refused here; the rest is for the worker to say. */
function createHandler(jobs: Jobs, limits: Limits): RouteHandler {
  return async (c, { body: sent }) => {
    const { jobRequest } = await import('./job-request.ts');
    const options = idempotencyKeyOf(c);
    const { model, ...request } = parseBody(jobRequest, await sent.json());
    checkInputs(request.inputs, limits);
    checkLabels(request.parameters ?? {}, limits);
    const path = `/models/${encodeURIComponent(model)}`;
    const body = Buffer.from(JSON.stringify(request));
    const job = await jobs.submit({ path, contentType: 'application/json', body }, model, options);
    return acceptedJob(c, job);
  };
}

function byId(find: (id: string) => Promise<JobView | undefined>): RouteHandler {
  return async (c) => {
    const id = c.req.param('id') ?? '';
    const job = isJobId(id) ? await find(id) : undefined;
    if (!job) {
      throw new HttpError(
        'JOB_NOT_FOUND',
        'There is no such job. Jobs are deleted some days after they came.',
      );
    }
    const waits = job.status === 'queued' || job.status === 'running';
    const seen = { ...job, status_url: publicPath(c, job.status_url) };
    return respondJson(c, seen, {
      'cache-control': 'no-store',
      ...(waits && { 'retry-after': RETRY_AFTER }),
    });
  };
}
