import type { TokenModel } from '../serve/ports.ts';

/** What a call for one vector a text says of pooling: the mean, where neither manifest nor graph settles it. */
export function poolingFor({ manifest, variant }: TokenModel): { readonly pooling?: 'mean' } {
  const own = manifest.taskDefaults?.pooling ?? 'none';
  const pooled = variant.graphs.model.outputs.some(({ role }) => role === 'embeddings');
  return own === 'none' && !pooled ? { pooling: 'mean' } : {};
}
