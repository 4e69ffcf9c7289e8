/** A query and texts in, the texts by how well they fit out: a cross-encoder reads each pair. */

import { EngineError } from '@pilotlight/model-format/errors';
import * as z from 'zod/mini';
import { at, sigmoid } from '../math/activations.ts';
import type { Task } from '../ports.ts';
import { finiteData } from './output.ts';
import { commonParameters } from './parameters.ts';

const SHAPE = 'must be {"query": "...", "texts": ["...", "..."]}';
const input = z.strictObject(
  {
    query: z.string(SHAPE),
    texts: z.array(z.string(SHAPE), SHAPE).check(z.minLength(1, 'must have a text')),
  },
  SHAPE,
);
const parameters = z.strictObject({
  ...commonParameters,
  /** How many texts to give. @default - all */
  top_k: z.optional(z.int().check(z.positive())),
  /** Logits instead of scores from 0 to 1. */
  raw_scores: z._default(z.boolean(), false),
  /** Whether results repeat the text. */
  return_text: z._default(z.boolean(), false),
});

/** `index` is the place of the text in the input. */
export interface RankedText {
  readonly index: number;
  readonly score: number;
  readonly text?: string;
}

export const textRanking: Task<z.infer<typeof input>, z.infer<typeof parameters>, RankedText[]> = {
  name: 'text-ranking',
  input,
  parameters,
  outputs: ['logits'],
  alignment: false,

  serves: ({ task, labels }) =>
    task === 'text-ranking' || (task === 'text-classification' && labels.length === 1),
  *requests({ query, texts }) {
    for (const [item, text] of texts.entries())
      yield { text: query, pair: text, part: { field: 'texts', item } };
  },

  result({ texts }, results, { top_k, raw_scores, return_text }, { taskDefaults }) {
    const raw = raw_scores || taskDefaults?.functionToApply === 'none';
    return results
      .map(([window], index) => {
        const logit = readRelevance(finiteData(window, 'logits'));
        const score = raw ? logit : at(sigmoid([logit]), 0);
        return { index, score, ...(return_text && { text: texts[index] ?? '' }) };
      })
      .sort((a, b) => b.score - a.score)
      .slice(0, top_k ?? texts.length);
  },
};

/**
 * The logit of "it fits". Of two logits, "it does not" and "it does", that is their difference, whose sigmoid is the
 * softmax of the second.
 */
function readRelevance(logits: Float32Array): number {
  if (logits.length === 1) return at(logits, 0);
  if (logits.length === 2) return at(logits, 1) - at(logits, 0);
  throw new EngineError(
    'PACKAGE_INVALID',
    `The model gave ${logits.length} logits for a pair; a model that ranks texts gives one, or two.`,
  );
}
