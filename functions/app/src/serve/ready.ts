/** Whether every model that is to be preloaded is loaded: one answer for every way to ask it. */
import { formatModelRef } from '@pilotlight/engine';
import { HttpError } from '../http/errors.ts';
import type { AppDependencies } from './ports.ts';

/** A model whose preloading failed counts as ready once a request has loaded it. @throws HttpError NOT_READY */
export function tellReady({ engine, readiness }: Pick<AppDependencies, 'engine' | 'readiness'>) {
  const loaded = engine.loaded().flatMap(({ manifest }) => [manifest.name, formatModelRef(manifest)]);
  const states = [...(readiness?.states() ?? [])].filter(
    ([ref, state]) => state !== 'ready' && !loaded.includes(ref),
  );
  if (states.length === 0) return { ready: true, models: loaded.filter((ref) => ref.includes('@')) };
  const inState = (wanted: string) => states.flatMap(([ref, state]) => (state === wanted ? [ref] : []));
  const [loading, failed] = [inState('loading'), inState('failed')];
  const reasons = [
    ...(loading.length > 0 ? [`loading: ${loading.join(', ')}`] : []),
    ...(failed.length > 0 ? [`refused: ${failed.join(', ')}`] : []),
  ];
  throw new HttpError('NOT_READY', `Not every model is loaded (${reasons.join('; ')}).`, {
    details: { loading, failed },
  });
}
