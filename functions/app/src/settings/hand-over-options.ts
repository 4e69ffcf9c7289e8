import type { AppOptions, Logger } from '../api/ports.ts';
import { jobPlaceOf, lazyJobs } from '../jobs/lazy-jobs.ts';
import type { Config } from './config.ts';

/** What the environment says of the container and of jobs. Where it says nothing, nothing is loaded. */
export async function handOverOptions(
  config: Config,
  logger: Logger,
): Promise<Pick<AppOptions, 'handOver' | 'jobs'>> {
  const { PILOTLIGHT_SERVER: container } = config;
  const place = jobPlaceOf(config);
  const jobs = place && lazyJobs(place, container && (async () => Object.keys(container.models)));
  if (!container) return jobs ? { jobs } : {};
  const { handOverOf } = await import('../hand-over/hand-over-of.ts');
  return { handOver: handOverOf(container, logger, jobs), ...(jobs && { jobs }) };
}
