import { lazyJobs } from '../jobs/lazy-jobs.ts';
import type { AppOptions, Logger } from '../serve/ports.ts';
import type { Config } from './config.ts';
import { readJobPlace } from './job-place.ts';

/** Makes the hand-over and the jobs that the settings name. Loads nothing for those that they do not name. */
export async function handOverOptions(
  config: Config,
  logger: Logger,
): Promise<Pick<AppOptions, 'handOver' | 'jobs'>> {
  const { PILOTLIGHT_SERVER: server } = config;
  const place = readJobPlace(config);
  const jobs = place && lazyJobs(place, server && (async () => Object.keys(server.models)));
  if (!server) return jobs ? { jobs } : {};
  const { createHandOver } = await import('../hand-over/create-hand-over.ts');
  return { handOver: createHandOver(server, logger, jobs), ...(jobs && { jobs }) };
}
