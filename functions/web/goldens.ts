/** Answers the revision gate, which asks a new revision for its goldens before clients reach it. */
import {
  GOLDEN_REPORT_PATH,
  type GoldenReport,
  PREVIEW_ENDPOINT,
} from '@pilotlight/app/internal/aws/golden-report';
import type { Logger } from '@pilotlight/app/internal/serve/ports';
import { isFault, runGoldens } from '@pilotlight/app/internal/serve/rollout/goldens';
import { formatModelRef, type GoldenCheck, type LoadedModel } from '@pilotlight/engine';
import type { Fetch } from '../server/service.ts';

export interface GoldensOf {
  /** Settles once the models of the preload list are loaded or refused. */
  readonly ready: Promise<unknown>;
  readonly loaded: () => readonly Pick<LoadedModel, 'manifest' | 'checkGolden'>[];
  readonly logger: Logger;
}

/** The name of the endpoint by which a request came. Lambda adds it, and removes what a client sends by this name. */
const ENDPOINT_NAME = 'lambda-web-endpoint-name';

/** The time for all goldens together, within the 30 s that a request has by default. */
const LONGEST_MS = 10_000;

/**
 * Stands around the app, before any key is asked for: the gate has none, but an endpoint of its own. What comes by the endpoint of
 * clients is left to the app, which knows no goldens. The goldens are run once in each environment, and the report names no model.
 */
export function aroundGoldens(fetch: Fetch, { ready, loaded, logger }: GoldensOf): Fetch {
  let report: Promise<GoldenReport> | undefined;
  return async (request, ...rest) => {
    const { pathname } = new URL(request.url);
    const endpoint = request.headers.get(ENDPOINT_NAME) ?? PREVIEW_ENDPOINT;
    const isAsked = pathname === GOLDEN_REPORT_PATH && request.method === 'GET';
    if (!isAsked || endpoint !== PREVIEW_ENDPOINT) return fetch(request, ...rest);
    report ??= ready.then(() => reportGoldens(loaded(), logger));
    return Response.json(await report);
  };
}

async function reportGoldens(loaded: ReturnType<GoldensOf['loaded']>, logger: Logger): Promise<GoldenReport> {
  const models = loaded.filter((model) => model.checkGolden !== undefined);
  const checks: Partial<GoldenCheck>[] = [];
  for (const model of models) {
    for (const check of await runGoldens(model, LONGEST_MS / models.length)) {
      checks.push(check);
      if (isFault(check))
        logger.error('A model does not answer as its golden says', {
          model: formatModelRef(model.manifest),
          ...check,
        });
    }
  }
  return {
    models: models.length,
    goldens: checks.length,
    problems: checks.filter(({ drift }) => drift === undefined).length,
    drift: Math.max(0, ...checks.map(({ drift = 0 }) => drift)),
  };
}
