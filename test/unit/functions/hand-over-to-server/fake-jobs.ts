/** A keeper of jobs that only remembers what it was given. */
import type { JobRequest, Jobs, JobView, SubmitOptions } from '../../../../functions/app/src/jobs/job.ts';

export interface FakeJobs extends Jobs {
  readonly submitted: { request: JobRequest; model: string; options: SubmitOptions | undefined }[];
}

export function fakeJobs(): FakeJobs {
  const submitted: FakeJobs['submitted'] = [];
  return {
    submitted,
    submit: async (request, model, options) => {
      const id = String(submitted.push({ request, model, options })).padStart(22, '0');
      const view: JobView = {
        id,
        model,
        status: 'queued',
        created_at: '2026-01-01T00:00:00.000Z',
        attempts: 0,
        status_url: `/jobs/${id}`,
      };
      return view;
    },
    read: async () => undefined,
    cancel: async () => undefined,
  };
}
