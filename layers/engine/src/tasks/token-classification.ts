/** Text in, labelled spans out: the token-classification (NER) of Hugging Face pipelines. */
import * as z from 'zod/mini';
import type { Task } from '../ports.ts';
import { groupEntities, labelTokens, labelWords } from './entities.ts';
import { commonParameters } from './parameters.ts';
import { scoredTokens } from './scored-tokens.ts';
import { offsetsIn, offsetUnit, trimSpan } from './spans.ts';
import { oneText } from './text-input.ts';

const MOST_IGNORED = 1000;

const parameters = z.strictObject({
  ...commonParameters,
  /** How sub-word tokens become words and spans; `none` gives every token by itself. */
  aggregation_strategy: z._default(z.enum(['none', 'simple', 'first', 'average', 'max']), 'simple'),
  /**
   * How labels are chosen: each token or word its best, as Hugging Face's pipelines do it, or the most probable sequence
   * of well-formed spans. @default - the model's own, or `argmax`
   */
  decoding: z.optional(z.enum(['argmax', 'constrained'])),
  /** Labels to leave out of the result: those of tokens with `none`, else those of spans, without `B-`. */
  ignore_labels: z._default(z.array(z.string()).check(z.maxLength(MOST_IGNORED)), ['O']),
  /**
   * Tokens that the windows over a text have in common which is too long for the model.
   * @default - there are none: such a text is refused, or cut
   */
  stride: z.optional(z.int().check(z.nonnegative())),
  offset_unit: offsetUnit,
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

/**
 * A labelled token, of the strategy `none`; `text.slice(start, end)` is `word`, and `token` is what the vocabulary has
 * for it. `index` counts the tokens of the whole text, special ones included.
 */
export interface Entity {
  readonly entity: string;
  readonly score: number;
  readonly index: number;
  readonly word: string;
  readonly token: string;
  readonly start: number;
  readonly end: number;
}

export const tokenClassification: Task<string, Parameters, (EntityGroup | Entity)[]> = {
  name: 'token-classification',
  input: oneText,
  parameters,
  outputs: ['logits'],
  alignment: true,

  serves: ({ task }) => task === 'token-classification',
  requests: (text, { stride }) => [
    { text, windows: stride === undefined ? undefined : { of: 'text', stride } },
  ],

  async result(
    text,
    [windows = []],
    { aggregation_strategy: strategy, ignore_labels, offset_unit: unit, ...parameters },
    { labels, taskDefaults, giveWay },
  ) {
    const decoding = parameters.decoding ?? taskDefaults?.decoding ?? 'argmax';
    const tagging = { labels, decoding, giveWay };
    const tokens = await scoredTokens(windows, labels, giveWay);
    const ignored = new Set(ignore_labels);
    const offset = offsetsIn(text, unit);
    const describePlace = (part: { start: number; end: number }) => {
      const [start, end] = trimSpan(text, [part.start, part.end]);
      return { word: text.slice(start, end), start: offset(start), end: offset(end) };
    };
    if (strategy === 'none') {
      return (await labelTokens(tokens, tagging))
        .filter(({ label }) => !ignored.has(label))
        .map((part) => {
          const { label: entity, score, index, token } = part;
          return { entity, score, index, token, ...describePlace(part) };
        });
    }
    const labelled = await (strategy === 'simple'
      ? labelTokens(tokens, tagging)
      : labelWords(text, tokens, tagging, strategy));
    await giveWay();
    return groupEntities(labelled, labels)
      .filter(({ label }) => !ignored.has(label))
      .map((group) => ({ entity_group: group.label, score: group.score, ...describePlace(group) }));
  },

  reading(spans) {
    if (spans.length === 0) return { labels: [NO_SPAN] };
    const score = spans.reduce((sum, span) => sum + span.score, 0) / spans.length;
    const labels = spans.map((span) =>
      'entity' in span ? span.entity.replace(/^[A-Z]-/, '') : span.entity_group,
    );
    return { labels, confidence: score };
  },
};

/** The label of what is in no span. */
const NO_SPAN = 'O';
