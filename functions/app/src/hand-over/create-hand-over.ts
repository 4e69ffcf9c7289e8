import type { Jobs } from '../jobs/job.ts';
import type { HandOver } from '../serve/hand-over-port.ts';
import type { Logger } from '../serve/ports.ts';
import { ServerClient } from './client.ts';
import { type HandOverSettings, ServerHandOver } from './server-hand-over.ts';

/** The server of the settings. Import it only if there are settings, because a cold start has no time for it otherwise. */
export function createHandOver(settings: HandOverSettings, logger: Logger, jobs?: Jobs): HandOver {
  const client = new ServerClient(settings.url);
  return new ServerHandOver({ settings, client, logger, ...(jobs && { jobs }) });
}
