/** The base model of a family: the part of it that every head, and every embedder of an AllenNLP archive, stands on. */
import type { GraphBuilder } from './builder.ts';
import type { Weights } from './weights.ts';

/** Values of the graph that a base model reads. */
export interface BaseInputs {
  /** [batch, tokens] int64 */
  readonly ids: string;
  /** [batch, tokens] of any type, 0 for padding */
  readonly mask: string;
  /** [batch, tokens] int64. @default - each token is of the first type */
  readonly types?: string | undefined;
}

export interface BaseModel {
  readonly hidden: number;
  readonly epsilon: number;
  /** Longest sequence that the position embeddings allow. */
  readonly maxTokens: number;
  readonly vocabulary: number;
  /** The token types that it tells apart; 0 where it takes none. */
  readonly tokenTypes: number;
  /**
   * The hidden states after each layer, the last ones last: [batch, tokens, hidden]. With `firstTokenOnly` the last ones are
   * [batch, 2, hidden], the first token twice.
   */
  encode(
    graph: GraphBuilder,
    weights: Weights,
    inputs: BaseInputs,
    options: { readonly firstTokenOnly: boolean },
  ): readonly string[];
}
