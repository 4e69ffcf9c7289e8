/** Text in, labelled spans out: the token-classification (NER) of Hugging Face pipelines. */
import * as z from 'zod/mini';
import { EngineError } from '../errors.ts';
import { softmax } from '../math/activations.ts';
import { toCodePoints } from '../math/offsets.ts';
import type { Task, TokenResult } from '../ports.ts';
import { groupEntities, labelTokens, labelWords, type ScoredToken } from './entities.ts';
import { alignmentOf, outputData } from './output.ts';
import { commonParameters } from './parameters.ts';

const parameters = z.strictObject({
  ...commonParameters,
  /** How sub-word tokens become words and spans; `none` gives every token by itself. */
  aggregation_strategy: z._default(z.enum(['none', 'simple', 'first', 'average', 'max']), 'simple'),
  /** Labels to leave out of the result. */
  ignore_labels: z._default(z.array(z.string()), ['O']),
  /** What `start` and `end` count: UTF-16 code units as JavaScript, or code points as Python. */
  offset_unit: z._default(z.enum(['utf16', 'codepoint']), 'utf16'),
});
type Parameters = z.infer<typeof parameters>;

/** A labelled span; `text.slice(start, end)` is `word`. */
export interface EntityGroup {
  readonly entity_group: string;
  readonly score: number;
  readonly word: string;
  readonly start: number;
  readonly end: number;
}

/** A labelled token, of the strategy `none`; `index` counts tokens, special ones included. */
export interface Entity {
  readonly entity: string;
  readonly score: number;
  readonly index: number;
  readonly word: string;
  readonly start: number;
  readonly end: number;
}

export const tokenClassification: Task<string, Parameters, (EntityGroup | Entity)[]> = {
  name: 'token-classification',
  input: z.string(),
  parameters,
  outputs: ['logits'],
  alignment: true,

  serves: ({ task }) => task === 'token-classification',
  requests: (text) => [{ text }],

  result(text, [windows], { aggregation_strategy: strategy, ignore_labels, offset_unit }, { labels }) {
    const tokens = scoredTokens(windows?.[0], labels);
    const ignored = new Set(ignore_labels);
    const position = offset_unit === 'codepoint' ? toCodePoints(text) : (offset: number) => offset;
    const place = ({ start, end }: { start: number; end: number }) => ({
      start: position(start),
      end: position(end),
    });
    if (strategy === 'none') {
      return labelTokens(tokens, labels)
        .filter(({ label }) => !ignored.has(label))
        .map((token) => ({
          entity: token.label,
          score: token.score,
          index: token.index,
          word: token.token,
          ...place(token),
        }));
    }
    const labelled =
      strategy === 'simple' ? labelTokens(tokens, labels) : labelWords(tokens, labels, strategy);
    return groupEntities(labelled)
      .filter(({ label }) => !ignored.has(label))
      .map((group) => ({
        entity_group: group.label,
        score: group.score,
        word: text.slice(group.start, group.end),
        ...place(group),
      }));
  },
};

/** Scores of every token of the text; special tokens are left out. */
function scoredTokens(result: TokenResult | undefined, labels: readonly string[]): ScoredToken[] {
  const logits = outputData(result, 'logits');
  const encoding = result?.encoding;
  if (!encoding || logits.length !== encoding.ids.length * labels.length) {
    throw new EngineError(
      'PACKAGE_INVALID',
      `The model gave ${logits.length / (encoding?.ids.length || 1)} logits for each token, but its manifest has ${labels.length} labels.`,
    );
  }
  const { specialTokensMask, spans, wordIds, tokens } = alignmentOf(encoding);
  return encoding.ids.flatMap((_, index) => {
    const [start, end] = spans[index] ?? [0, 0];
    if (specialTokensMask[index] === 1) return [];
    const scores = softmax(logits.subarray(index * labels.length, (index + 1) * labels.length));
    return [{ index, token: tokens[index] ?? '', word: wordIds[index] ?? null, start, end, scores }];
  });
}
