/** /health, /ready and /metrics, and the same questions by other names: what load balancers, schedulers and scrapers ask. */
import { HttpError } from '../answer/errors.ts';
import type { Readiness, ServingEngine } from '../serve/ports.ts';
import type { RouteHandler } from '../serve/serving.ts';

/** One answer for every way to ask it. */
export function operationHandlers(engine: ServingEngine, readiness: Readiness | undefined) {
  const ready = readyHandler(engine, readiness);
  const live: RouteHandler = (c) => c.json({ live: true });
  return { health: healthHandler, v2Live: live, ready, v2Ready: ready, sageMakerPing: ready };
}

const healthHandler: RouteHandler = (c) => c.json({ status: 'ok', uptimeSeconds: process.uptime() });

/** A model whose preloading failed counts as ready once a request has loaded it. */
function readyHandler(engine: ServingEngine, readiness: Readiness | undefined): RouteHandler {
  return (c) => {
    const loaded = [...engine.loaded(), ...engine.loadedPipelines()].flatMap(({ manifest }) => [
      manifest.name,
      `${manifest.name}@${manifest.version}`,
    ]);
    const states = [...(readiness?.states() ?? [])].filter(
      ([ref, state]) => state !== 'ready' && !loaded.includes(ref),
    );
    const inState = (wanted: string) => states.flatMap(([ref, state]) => (state === wanted ? [ref] : []));
    const [loading, failed] = [inState('loading'), inState('failed')];
    if (states.length === 0)
      return c.json({ ready: true, models: loaded.filter((ref) => ref.includes('@')) });
    const reasons = [
      ...(loading.length > 0 ? [`loading: ${loading.join(', ')}`] : []),
      ...(failed.length > 0 ? [`refused: ${failed.join(', ')}`] : []),
    ];
    throw new HttpError('NOT_READY', `Not every model is loaded (${reasons.join('; ')}).`, {
      details: { loading, failed },
    });
  };
}

export function metricsHandler(render: () => string): RouteHandler {
  return (c) => c.body(render(), 200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
}
