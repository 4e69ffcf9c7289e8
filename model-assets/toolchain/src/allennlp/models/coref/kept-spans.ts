/** The spans of a document that are kept as mentions: as many of the best as the document has room for. */
import { int } from '../../../graph/node.ts';
import { ELEMENT, rawTensor, viewBytes } from '../../../graph/tensor.ts';
import type { Mask, Scope } from '../../modules/module.ts';
import { greatest, smallest } from '../../modules/nodes/masked-topk.ts';
import { fillPadding, LOWEST, takeRows } from '../../modules/nodes/masks.ts';
import { cast, integer, max, op, shape, sum } from '../../modules/nodes/ops.ts';
import { isLess, rangeTo } from '../../modules/nodes/ranges.ts';

/** Spans of a batch of documents; documents with fewer than others have a mask of 0 at the end. */
export interface Spans {
  /** `[batch, spans, 2]` int64, both ends inclusive */
  readonly ends: string;
  /** `[batch, spans, dim]` */
  readonly vectors: string;
  /** `[batch, spans]` */
  readonly scores: string;
  /** `[batch, spans]` */
  readonly mask: Mask;
}

/**
 * Keeps floor(`spansPerWord` * tokens) spans of each document, in the order in which they stand in it. AllenNLP counts the tokens of
 * the longest document of a batch for all of them; counted for each, a document has the mentions that it has alone.
 */
export function keepBestSpans(scope: Scope, spans: Spans, textMask: Mask, spansPerWord: number): Spans {
  const kept = numberKept(scope, spans.mask, textMask, spansPerWord);
  const most = max(scope, kept, 0);
  const best = greatest(scope, fillPadding(scope, spans.scores, spans.mask, LOWEST), most);
  const isKept = op(scope, 'Less', [rangeTo(scope, most), kept]);
  // An index past the last span sorts those that are too many to the end.
  const spanCount = shape(scope, spans.scores, 1);
  const ordered = smallest(scope, op(scope, 'Where', [isKept, best, spanCount]), most);
  const mask = isLess(scope, ordered, spanCount);
  const indices = op(scope, 'Min', [ordered, op(scope, 'Sub', [spanCount, integer(scope, 1)])]);
  return {
    ends: takeRows(scope, spans.ends, indices),
    vectors: takeRows(scope, spans.vectors, indices),
    scores: op(scope, 'GatherElements', [spans.scores, indices], { axis: int(1) }),
    mask,
  };
}

/** `[batch, 1]` int64. Rounded down in float64, as Python does. */
function numberKept(scope: Scope, spanMask: Mask, textMask: Mask, spansPerWord: number): string {
  const share = scope.graph.constant(
    rawTensor(scope.name('spans_per_word'), ELEMENT.float64, [], viewBytes(Float64Array.of(spansPerWord))),
  );
  const tokens = cast(scope, sum(scope, textMask, -1, true), 'float64');
  const room = cast(scope, op(scope, 'Floor', [op(scope, 'Mul', [tokens, share])]), 'int64');
  return op(scope, 'Min', [room, cast(scope, sum(scope, spanMask, -1, true), 'int64')]);
}

/** One where the first index of `ends` `[batch, spans, 2]` is not negative, which it is for padding. */
export function maskOfSpans(scope: Scope, ends: string): Mask {
  const starts = op(scope, 'Gather', [ends, integer(scope, 0)], { axis: int(2) });
  return cast(scope, op(scope, 'GreaterOrEqual', [starts, integer(scope, 0)]), 'float32');
}
