/** POST /jobs, GET and DELETE /jobs/{id}. */
import { acceptJob, RETRY_AFTER } from '../http/answer/accepted-job.ts';
import { respondJson } from '../http/answer/respond.ts';
import { publicPath } from '../http/base-path.ts';
import { HttpError } from '../http/errors.ts';
import { checkInputs, checkLabels, parseBody } from '../http/request/parse.ts';
import { readIdempotencyKey } from '../http/request/preference.ts';
import type { Jobs, JobView } from '../jobs/job.ts';
import { isJobId } from '../jobs/job-id.ts';
import type { Call } from '../serve/call.ts';
import type { AppDependencies } from '../serve/ports.ts';
import type { Codec } from '../serve/wire-format.ts';

/** Whatever can be refused without the model is refused here; the worker says the rest. */
export const createJob: Codec = {
  tell: async ({ c, body: sent }, parts) => {
    const jobs = requireJobs(parts);
    const { jobRequest } = await import('./job-request.ts');
    const idempotencyKey = readIdempotencyKey(c.req.raw.headers);
    const { model, ...request } = parseBody(jobRequest, await sent.json());
    checkInputs(request.inputs, parts.limits);
    checkLabels(request.parameters ?? {}, parts.limits);
    const path = `/models/${encodeURIComponent(model)}`;
    const body = Buffer.from(JSON.stringify(request));
    const contentType = 'application/json';
    return acceptJob(c, await jobs.submit({ path, contentType, body }, model, { idempotencyKey }));
  },
};

export const job: Codec = {
  tell: (call, parts) => {
    const jobs = requireJobs(parts);
    return tellJob(call, (id) => jobs.read(id));
  },
};

export const cancelJob: Codec = {
  tell: (call, parts) => {
    const jobs = requireJobs(parts);
    return tellJob(call, (id) => jobs.cancel(id));
  },
};

function requireJobs({ jobs }: AppDependencies): Jobs {
  if (jobs) return jobs;
  throw new HttpError('NOT_FOUND', 'This service has no queue for jobs.');
}

async function tellJob({ c }: Call, find: (id: string) => Promise<JobView | undefined>): Promise<Response> {
  const id = c.req.param('id') ?? '';
  const found = isJobId(id) ? await find(id) : undefined;
  if (!found) {
    throw new HttpError('JOB_NOT_FOUND', 'There is no such job. Jobs are deleted some days after they came.');
  }
  const waits = found.status === 'queued' || found.status === 'running';
  const seen = { ...found, status_url: publicPath(c, found.status_url) };
  return respondJson(c, seen, {
    'cache-control': 'no-store',
    ...(waits && { 'retry-after': RETRY_AFTER }),
  });
}
