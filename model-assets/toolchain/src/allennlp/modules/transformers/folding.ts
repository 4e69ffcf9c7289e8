/**
 * Long sequences as segments, as the indexer cuts them: every segment has special tokens of its own, and is a row of the batch for the
 * transformer. What comes back has those of the first segment's start and of the last one's end alone.
 */
import { int } from '../../../graph/node.ts';
import type { Scope } from '../module.ts';
import { cast, concat, integer, integers, op, reshape, shape, sum, unsqueeze } from '../nodes/ops.ts';

export interface Folding {
  /** `[batch, segmented tokens]` to `[batch * segments, segment]`, filled up with 0. */
  fold(x: string): string;
  /** `[batch * segments, segment, hidden]` to `[batch, tokens, hidden]` */
  unfold(x: string, hidden: number): string;
}

/**
 * `mask` is `segment_concat_mask`, `[batch, segmented tokens]` bool. A batch that is not longer than `maxLength` is one segment as
 * long as it is.
 */
export function folding(
  scope: Scope,
  mask: string,
  maxLength: number,
  [start, end]: readonly [start: number, end: number],
): Folding {
  const longest = shape(scope, mask, 1, 2);
  const least = op(scope, 'Min', [longest, integers(scope, [maxLength])]);
  const segment = op(scope, 'Max', [least, integers(scope, [1])]);
  const segments = divideUp(scope, longest, segment);
  const missing = op(scope, 'Sub', [op(scope, 'Mul', [segments, segment]), longest]);
  const pads = concat(scope, [integers(scope, [0, 0, 0]), missing], 0);
  const rows = concat(scope, [integers(scope, [-1]), segment], 0);
  return {
    fold: (x) => op(scope, 'Reshape', [op(scope, 'Pad', [x, pads]), rows]),
    unfold(x, hidden) {
      const from = sources(scope, { mask, longest, segment, segments, start, end });
      return op(scope, 'Gather', [reshape(scope, x, [-1, hidden]), from], { axis: int(0) });
    },
  };
}

interface Lengths {
  readonly mask: string;
  /** `[1]` */
  readonly longest: string;
  readonly segment: string;
  readonly segments: string;
  readonly start: number;
  readonly end: number;
}

/** The row of all segments of the batch that each token of the whole sequences is: `[batch, tokens]`. */
function sources(scope: Scope, lengths: Lengths): string {
  const { mask, longest, segment, segments, start, end } = lengths;
  const specials = integers(scope, [start + end]);
  const own = unsqueeze(scope, sum(scope, cast(scope, mask, 'int64'), 1), 1);
  const dropped = op(scope, 'Mul', [minusOne(scope, divideUp(scope, own, segment)), specials]);
  const tokens = op(scope, 'Sub', [longest, op(scope, 'Mul', [minusOne(scope, segments), specials])]);
  const positions = op(scope, 'Range', [
    integer(scope, 0),
    op(scope, 'Squeeze', [tokens]),
    integer(scope, 1),
  ]);
  // The end of a row's last segment: as many places further as special tokens were dropped before it.
  const moved = op(scope, 'Add', [positions, dropped]);
  const afterStart = op(scope, 'Sub', [positions, integers(scope, [start])]);
  const content = op(scope, 'Max', [afterStart, integers(scope, [0])]);
  const room = op(scope, 'Max', [op(scope, 'Sub', [segment, specials]), integers(scope, [1])]);
  const before = op(scope, 'Mul', [op(scope, 'Div', [content, room]), specials]);
  const within = op(scope, 'Add', [positions, before]);
  const firstOfEnd = op(scope, 'Sub', [op(scope, 'Sub', [own, dropped]), integers(scope, [end])]);
  const isContent = op(scope, 'Less', [positions, firstOfEnd]);
  const place = op(scope, 'Where', [isContent, within, moved]);
  const width = op(scope, 'Mul', [segments, segment]);
  const column = op(scope, 'Min', [place, op(scope, 'Sub', [width, integers(scope, [1])])]);
  const batch = op(scope, 'Range', [
    integer(scope, 0),
    op(scope, 'Squeeze', [shape(scope, mask, 0, 1)]),
    integer(scope, 1),
  ]);
  const rowStart = op(scope, 'Mul', [unsqueeze(scope, batch, 1), width]);
  return op(scope, 'Add', [rowStart, column]);
}

function divideUp(scope: Scope, x: string, by: string): string {
  return op(scope, 'Div', [minusOne(scope, op(scope, 'Add', [x, by])), by]);
}

function minusOne(scope: Scope, x: string): string {
  return op(scope, 'Sub', [x, integers(scope, [1])]);
}
