/** What masked_language_model and next_token_lm have in common: a text field, and a head that gives each token of a vocabulary a score. */
import { buildModule, ignored, type NestedParams, nested } from '../modules/build.ts';
import type { LanguageModelHead, Mask, Scope } from '../modules/module.ts';
import { cast, integers, softmax } from '../modules/nodes/ops.ts';

export const languageModelParams = {
  text_field_embedder: nested,
  language_model_head: nested,
  /** The namespace of the tokens in the answer. */
  target_namespace: ignored,
  dropout: ignored,
  initializer: ignored,
  regularizer: ignored,
};

export const languageModelParts = {
  text_field_embedder: { role: 'text_field_embedder' },
  language_model_head: { role: 'language_model_head' },
} as const;

/** The vectors of the text field `tokens`, `[batch, tokens, dim]`, and the head for them. */
export function embedTokens(
  scope: Scope,
  parsed: { readonly text_field_embedder: NestedParams; readonly language_model_head: NestedParams },
): { readonly vectors: string; readonly mask: Mask; readonly head: LanguageModelHead } {
  const embedder = buildModule(
    'text_field_embedder',
    scope.at('_text_field_embedder'),
    parsed.text_field_embedder,
  );
  const head = buildModule(
    'language_model_head',
    scope.at('_language_model_head'),
    parsed.language_model_head,
  );
  return { ...embedder.embed('tokens'), head };
}

/** The greatest probabilities of `logits` `[..., classes]`, and the classes that have them: `[..., count]` float32. */
export function topProbabilities(
  scope: Scope,
  logits: string,
  count: number,
): { readonly values: string; readonly indices: string } {
  const [values = '', indices = ''] = scope.graph.ops(
    'TopK',
    [softmax(scope, logits), integers(scope, [count])],
    scope.name('TopK'),
    2,
  );
  return { values, indices: cast(scope, indices, 'float32') };
}
