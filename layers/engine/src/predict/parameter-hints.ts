/** Hints at the parameter that was meant by one that a task does not know: often another library has it by that name. */
import { closest } from '@pilotlight/model-format/errors';

/** Names of transformers, sentence-transformers and rerankers, and what a task of ours calls the same. */
const SYNONYMS: ReadonlyMap<string, readonly string[]> = new Map([
  ['truncation', ['truncate']],
  ['truncation_strategy', ['truncate']],
  ['truncation_side', ['truncation_direction']],
  ['max_length', ['truncate']],
  ['max_seq_length', ['max_seq_len', 'truncate']],
  ['max_tokens', ['truncate']],
  ['return_all_scores', ['top_k']],
  ['topk', ['top_k']],
  ['top_n', ['top_k']],
  ['k', ['top_k']],
  ['n', ['top_k']],
  ['activation', ['function_to_apply', 'raw_scores']],
  ['return_documents', ['return_text']],
  ['grouped_entities', ['aggregation_strategy']],
  ['ignore_subwords', ['aggregation_strategy']],
  ['labels', ['candidate_labels', 'ignore_labels']],
  ['multi_class', ['multi_label']],
  ['template', ['hypothesis_template']],
  ['normalize_embeddings', ['normalize']],
  ['truncate_dim', ['dimensions']],
  ['pooling_mode', ['pooling']],
]);

/** Names of settings that nobody needs here, because the engine pads and batches by itself. */
const NEEDLESS: ReadonlySet<string> = new Set([
  'padding',
  'padding_side',
  'pad_to_multiple_of',
  'batch_size',
  'num_workers',
  'device',
  'return_tensors',
]);

/** Ends the sentence that says that a parameter is not known. `known` are the names that the task has. */
export function hintAt(name: string, known: readonly string[]): string {
  if (NEEDLESS.has(name)) return '; texts are padded and batched as the model needs it, so leave it out.';
  const meant = SYNONYMS.get(name)?.find((synonym) => known.includes(synonym)) ?? closest(name, known);
  return meant === undefined ? '.' : `; did you mean ${meant}?`;
}
