/**
 * Makes the tree of a sentence of the probabilities of its spans, as `construct_trees` of AllenNLP's constituency_parser.py does it:
 * of two spans that overlap, the one with less to lose goes.
 */
import { argmax, at } from '../../math/activations.ts';
import type { Tree } from './tree.ts';

/** A part of a sentence; `end` is exclusive. */
interface Span {
  readonly start: number;
  readonly end: number;
  readonly label: number;
  readonly labelProbability: number;
  readonly noLabelProbability: number;
}

export interface SpanLabels {
  readonly names: readonly string[];
  /** The label of what is no constituent: `NO-LABEL`. */
  readonly none: number;
}

/** Both ends of `spans` are inclusive; `probabilities` is `[spans, labels]`. */
export function buildTree(
  spans: readonly (readonly [start: number, end: number])[],
  probabilities: Float32Array,
  labels: SpanLabels,
  words: readonly string[],
  posTags: readonly string[] | undefined,
): Tree {
  const selected = selectSpans(spans, probabilities, labels, words.length);
  const names = new Map(
    dropOverlaps(selected).map(({ start, end, label }) => [
      start * (words.length + 1) + end,
      labels.names[label] ?? '',
    ]),
  );
  const labelsOf = (start: number, end: number) => names.get(start * (words.length + 1) + end)?.split('-');
  const [tree] = assemble(0, words.length);
  return tree ?? { label: '', children: [] };

  function assemble(start: number, end: number): Tree[] {
    const nested = labelsOf(start, end);
    if (end - start === 1) return [leaf(words[start] ?? '', posTags?.[start], nested)];
    let split = end - 1;
    while (split > start + 1 && !labelsOf(start, split)) split--;
    const children = [...assemble(start, split), ...assemble(split, end)];
    return (nested ?? []).reduceRight<Tree[]>((inner, label) => [{ label, children: inner }], children);
  }
}

/** A word below its part of speech; without one, below its label, or below `XX`. */
function leaf(word: string, posTag: string | undefined, nested: readonly string[] | undefined): Tree {
  const labels = [...(nested ?? [])];
  const label = posTag ?? labels.pop() ?? 'XX';
  return labels.reduceRight<Tree>((tree, outer) => ({ label: outer, children: [tree] }), {
    label,
    children: [word],
  });
}

/** The spans that have a label, and the whole sentence in any case. */
function selectSpans(
  spans: readonly (readonly [start: number, end: number])[],
  probabilities: Float32Array,
  { names, none }: SpanLabels,
  words: number,
): Span[] {
  const selected: Span[] = [];
  for (const [index, [start, last]] of spans.entries()) {
    const end = last + 1;
    const row = probabilities.subarray(index * names.length, (index + 1) * names.length);
    const label = argmax(row);
    if (label === none && !(start === 0 && end === words)) continue;
    selected.push({
      start,
      end,
      label,
      labelProbability: at(row, label),
      noLabelProbability: at(row, none),
    });
  }
  return selected;
}

/** Goes over all pairs until none overlaps; a pass goes on behind a span that it has dropped, as AllenNLP's does. */
function dropOverlaps(spans: readonly Span[]): Span[] {
  const kept = [...spans];
  let isDone = false;
  while (!isDone) {
    isDone = true;
    for (let first = 0; first < kept.length; first++) {
      const span = kept[first];
      const second = kept.findIndex((other, index) => index > first && span && overlap(span, other));
      const other = kept[second];
      if (!span || !other) continue;
      isDone = false;
      kept.splice(isWorthMore(span, other) ? second : first, 1);
    }
  }
  return kept;
}

function overlap(a: Span, b: Span): boolean {
  return (
    (a.start < b.start && b.start < a.end && a.end < b.end) ||
    (b.start < a.start && a.start < b.end && b.end < a.end)
  );
}

function isWorthMore(span: Span, other: Span): boolean {
  return span.noLabelProbability + other.labelProbability < other.noLabelProbability + span.labelProbability;
}
