/**
 * Makes the tree of a sentence of the probabilities of its spans, as `construct_trees` of AllenNLP's constituency_parser.py does it:
 * of two spans that overlap, the one with less to lose goes.
 */
import { argmax, at } from '../../../math/activations.ts';
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

/**
 * Goes over all pairs until none overlaps, the spans by their starts and then by their ends; a pass goes on behind a span that it has
 * dropped, as AllenNLP's does.
 */
function dropOverlaps(spans: readonly Span[]): readonly Span[] {
  const kept = new KeptSpans(spans);
  for (let isDone = false; !isDone; ) {
    isDone = true;
    let isSkipped = false;
    for (const span of spans) {
      if (!kept.has(span)) continue;
      const other: Span | undefined = isSkipped ? undefined : kept.firstOver(span);
      isSkipped = false;
      if (!other) continue;
      isDone = false;
      // The span that takes the place of a dropped one is not looked at in this pass.
      isSkipped = !isWorthMore(span, other);
      kept.drop(isSkipped ? span : other);
    }
  }
  return spans.filter((span) => kept.has(span));
}

/** Spans by their starts, in which the first that overlaps another is found without a look at all. */
class KeptSpans {
  readonly #kept: Set<Span>;
  readonly #byStart = new Map<number, Span[]>();

  constructor(spans: readonly Span[]) {
    this.#kept = new Set(spans);
    for (const span of spans) {
      const list = this.#byStart.get(span.start);
      if (list) list.push(span);
      else this.#byStart.set(span.start, [span]);
    }
  }

  has(span: Span): boolean {
    return this.#kept.has(span);
  }

  drop(span: Span): void {
    this.#kept.delete(span);
    const list = this.#byStart.get(span.start) ?? [];
    list.splice(list.indexOf(span), 1);
  }

  /** The first span behind this one that begins in it and ends after it. */
  firstOver({ start, end }: Span): Span | undefined {
    for (let inside = start + 1; inside < end; inside++) {
      const list = this.#byStart.get(inside);
      const other = list?.[firstEndAfter(list, end)];
      if (other) return other;
    }
    return undefined;
  }
}

/** The place of the first span that ends after `end`, by bisection. */
function firstEndAfter(spans: readonly Span[], end: number): number {
  let [low, high] = [0, spans.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((spans[middle]?.end ?? end) > end) high = middle;
    else low = middle + 1;
  }
  return low;
}

function isWorthMore(span: Span, other: Span): boolean {
  return span.noLabelProbability + other.labelProbability < other.noLabelProbability + span.labelProbability;
}
