import type { HandOver } from '../serve/hand-over-port.ts';
import type { Logger } from '../serve/ports.ts';
import type { Jobs } from '../jobs/job.ts';
import { ContainerClient } from './client.ts';
import { ContainerHandOver } from './server-hand-over.ts';
import type { ContainerSettings } from './settings.ts';

/** The container of the settings. To be imported only where there are some: a cold start has no time for it else. */
export function handOverOf(settings: ContainerSettings, logger: Logger, jobs?: Jobs): HandOver {
  const client = new ContainerClient(settings.url);
  return new ContainerHandOver({ settings, client, logger, ...(jobs && { jobs }) });
}
