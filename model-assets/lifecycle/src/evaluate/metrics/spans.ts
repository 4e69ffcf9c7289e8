/** Metrics of tagged words: a span is right where its label, its first word and its last agree, as seqeval and conlleval count. */
import { findChunks } from '@pilotlight/toolchain/internal/stages/evaluate/spans';
import { add, type LabelCounts, noCounts } from './classification.ts';

/** How often each label of one row was right, given and wanted. */
export type SpanCounts = ReadonlyMap<string, readonly [right: number, given: number, wanted: number]>;

/** `gold` and `given` have a tag for each word. */
export function countSpans(gold: readonly string[], given: readonly string[]): SpanCounts {
  const counts = new Map<string, [number, number, number]>();
  const of = (label: string): [number, number, number] => {
    const known = counts.get(label) ?? [0, 0, 0];
    counts.set(label, known);
    return known;
  };
  const key = ({ label, start, end }: ReturnType<typeof findChunks>[number]) => `${start}:${end}:${label}`;
  const chunks = findChunks(gold);
  const wanted = new Set(chunks.map(key));
  for (const { label } of chunks) of(label)[2] += 1;
  for (const chunk of findChunks(given)) {
    const count = of(chunk.label);
    count[1] += 1;
    if (wanted.has(key(chunk))) count[0] += 1;
  }
  return counts;
}

/** The counts of rows by label, in the order of `labels`. */
export function sumSpans(rows: Iterable<SpanCounts>, labels: readonly string[]): LabelCounts {
  const sums = noCounts(labels.length);
  const placeOf = new Map(labels.map((label, place) => [label, place]));
  for (const row of rows) {
    for (const [label, [right, given, wanted]] of row) {
      const place = placeOf.get(label) ?? -1;
      add(sums.right, place, right);
      add(sums.given, place, given);
      add(sums.wanted, place, wanted);
    }
  }
  return sums;
}
