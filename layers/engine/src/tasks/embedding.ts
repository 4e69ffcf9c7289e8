/** Makes one vector for a text: the graph pools it, or it comes from the hidden states of its tokens. */

import type { EngineError } from '@pilotlight/model-format/errors';
import { type Pooling, pool } from '../math/pooling.ts';
import type { OutputRole, TaskContext, TokenResult } from '../ports.ts';
import { outputData } from './output.ts';
import { invalidParameter } from './refusals.ts';

/** The outputs of a graph that embeds: a task needs one of these. */
export const EMBEDDING_OUTPUTS: readonly (readonly OutputRole[])[] = [['hidden_states', 'embeddings']];

/**
 * Puts the embedding of a window, `[hidden]`, in place of its hidden states, which are many times larger. The call names
 * `pooling`; `usual` holds where neither call nor model names one. A graph that pools does it its own way.
 *
 * @throws EngineError INVALID_PARAMETER where the call wants a pooling that the graph left behind
 */
export function condenseToEmbedding(
  window: TokenResult,
  pooling: Pooling | undefined,
  usual: Pooling,
  taskDefaults: TaskContext['taskDefaults'],
): TokenResult {
  const { embeddings, hidden_states } = window.outputs;
  const own = taskDefaults?.pooling;
  if (embeddings && (pooling === undefined || pooling === own)) {
    return { ...window, outputs: { embeddings: { dims: embeddings.dims, data: embeddings.data.slice() } } };
  }
  if (embeddings && !hidden_states) throw alreadyPooled(own);
  const chosen = pooling ?? poolingOf(own) ?? usual;
  const pooled = pool(outputData(window, 'hidden_states'), window.encoding.ids.length, chosen);
  return {
    ...window,
    outputs: { embeddings: { dims: [pooled.length], data: Float32Array.from(pooled) } },
  };
}

/** `none`, one vector a token, is no pooling. */
export function poolingOf(named: Pooling | 'none' | undefined): Pooling | undefined {
  return named === 'none' ? undefined : named;
}

export function alreadyPooled(own: string | undefined): EngineError {
  const how = own === undefined ? '' : `, by ${own}`;
  return invalidParameter('pooling', `this model gives one vector a text, pooled already${how}`);
}
