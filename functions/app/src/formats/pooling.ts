import type { TokenModel } from '../serve/ports.ts';

/** The parameters of a call for one vector per text: the mean, if neither manifest nor graph settles the pooling. */
export function poolingFor({ manifest, variant }: TokenModel): { readonly pooling?: 'mean' } {
  const own = manifest.taskDefaults?.pooling ?? 'none';
  const pooled = variant.graphs.model.outputs.some(({ role }) => role === 'embeddings');
  return own === 'none' && !pooled ? { pooling: 'mean' } : {};
}
