/** Spans of tokens that a tagger marks. */
import { softmax } from '@pilotlight/engine/internal/math/activations';
import { decodeTags } from '@pilotlight/engine/internal/tasks/tag-decoding';
import { createTagReader } from '@pilotlight/engine/internal/tasks/tags';
import { marginOf, type ReadDecisions, scoresOf } from './served.ts';

/** The tag of each token of the text, as the model decodes tags, and its probability. */
export const readTags: ReadDecisions = async ({ encoding, outputs }, { labels, taskDefaults }, reference) => {
  const logits = outputs.logits?.data ?? new Float32Array();
  const { specialTokensMask = [] } = encoding.alignment ?? {};
  const rows = [...encoding.ids.keys()]
    .filter((token) => specialTokensMask[token] !== 1)
    .map((token) => logits.subarray(token * labels.length, (token + 1) * labels.length));
  const chosen = await decodeTags(rows, labels, taskDefaults?.decoding ?? 'argmax', async () => {});
  return rows.map((row, index) => {
    const scores = softmax(row);
    const label = chosen[index] ?? 0;
    const columns = reference?.[index]?.columns ?? [label];
    return {
      choice: labels[label] ?? '',
      margin: marginOf(scores),
      scores: scoresOf(scores, columns),
      columns,
    };
  });
};

/** A span of one kind, from token `first` to token `last`, both inclusive. */
interface TaggedSpan {
  readonly tag: string;
  readonly first: number;
  readonly last: number;
}

/** Tags that say that a token is in no span. */
const OUTSIDE = new Set(['O', '']);

/** The spans of a sequence of tags, by the scheme that the labels are written in. */
export function spansOfTags(tags: readonly string[], labels: readonly string[]): readonly TaggedSpan[] {
  const read = createTagReader(labels);
  const spans: { tag: string; first: number; last: number; open: boolean }[] = [];
  for (const [token, label] of tags.entries()) {
    if (OUTSIDE.has(label)) continue;
    const { tag, begins, ends } = read(label);
    const before = spans.at(-1);
    const goesOn = before?.last === token - 1 && before.open && before.tag === tag && !begins;
    if (goesOn) [before.last, before.open] = [token, !ends];
    else spans.push({ tag, first: token, last: token, open: !ends });
  }
  return spans.map(({ tag, first, last }) => ({ tag, first, last }));
}
