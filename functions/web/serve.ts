/** The server in an environment of Lambda: what is given by Lambda, what waits for requests, and its end within a second. */

import type { Logger } from '@aws-lambda-powertools/logger';
import type { ConnectionTimes } from '@pilotlight/app/internal/serve/node-server';
import { endOnSignals } from '@pilotlight/app/internal/serve/signals';
import { handOverOptions } from '@pilotlight/app/internal/settings/hand-over-options';
import type { ServerConfig } from '@pilotlight/app/internal/settings/server';
import type { ServedModels } from '../server/models.ts';
import { createService, type Fetch } from '../server/service.ts';
import type { Address } from './address.ts';
import { aroundGoldens } from './goldens.ts';
import { observe } from './observe.ts';

/** Lambda kills the process a second after SIGTERM. What is left of it is for the last metrics and traces. */
const GRACE_MS = 700;

/**
 * Only Lambda connects, and it limits requests itself. A process that is frozen would close a connection as it thaws: the one that
 * brings the request for which it does, also where Lambda had opened it ahead of need.
 */
export const NEVER_CLOSES: ConnectionTimes = { headersMs: 0, requestMs: 0, keepAliveMs: 0 };

/** The id of a request, which is in Lambda's own logs and in the answer. Lambda removes what a client sends by this name. */
const REQUEST_ID = 'lambda-web-request-id';

/** Resolves once the server listens and the models are loaded or refused. */
export async function serve(
  config: ServerConfig,
  models: ServedModels,
  logger: Logger,
  { host, port }: Address,
): Promise<void> {
  const { emf, started, metrics } = observe(config);
  const { drain, listen, dispose } = await createService({
    config,
    models,
    logger,
    telemetry: [emf],
    emf: metrics,
    elsewhere: await handOverOptions(config.shared, logger),
    around: (fetch) =>
      aroundGoldens(withRequestId(fetch), {
        ready: models.preloaded.settled,
        loaded: () => models.engine.loaded(),
        logger,
      }),
    times: NEVER_CLOSES,
    mayFreeze: true,
  });
  endOnSignals(async (signal) => {
    logger.info('Draining', { signal, inFlight: drain.inFlight });
    const inTime = await drain.close(GRACE_MS, 0);
    emf.flush();
    await dispose();
    return inTime ? 0 : 1;
  });
  const initMs = await listen(port, host);
  await models.preloaded.settled;
  started(initMs, models.engine.loaded());
}

/** The log and the answer call a request as Lambda does. */
function withRequestId(fetch: Fetch): Fetch {
  return (request, env, ...rest) =>
    fetch(request, { ...Object(env), requestId: request.headers.get(REQUEST_ID) ?? undefined }, ...rest);
}
