/** The view that clients get of a job. */
import { isOver, type JobResult, type JobState, type JobView, statusUrl } from './job.ts';
import type { JobStore } from './store.ts';
import { findDeadline } from './transitions.ts';

/** Larger results are fetched by a link. */
const INLINE_BYTES = 100_000;
/** Seconds for which a link works, unless the credentials that signed it end before. */
const LINK_SECONDS = 3600;

const JSON_TYPE = /^application\/json\b/;

/** Makes the view of a job: with the result, if the job is done and its result was not deleted. */
export async function viewJob(store: JobStore, state: JobState): Promise<JobView> {
  const result =
    state.status === 'done' && state.result ? await viewResult(store, state.id, state.result) : {};
  return {
    id: state.id,
    status: state.status,
    model: state.model,
    created_at: state.createdAt,
    ...(state.startedAt !== undefined && { started_at: state.startedAt }),
    ...(isOver(state)
      ? { finished_at: state.finishedAt }
      : { expires_at: findDeadline(state, store.deadlineMs) }),
    attempts: state.attempts,
    status_url: statusUrl(state.id),
    ...result,
    ...(state.status === 'failed' && { error: { code: state.error.code, message: state.error.message } }),
  };
}

async function viewResult(
  store: JobStore,
  id: string,
  { contentType, bytes, headers }: JobResult,
): Promise<Partial<JobView>> {
  const about = { result_type: contentType, result_headers: headers };
  if (bytes > INLINE_BYTES || !JSON_TYPE.test(contentType)) {
    return { result_url: await store.resultLink(id, LINK_SECONDS), ...about };
  }
  const body = await store.result(id);
  if (!body) return {};
  const result: unknown = JSON.parse(Buffer.from(body).toString('utf8'));
  return { result, ...about };
}
