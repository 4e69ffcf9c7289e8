/** What all span extractors have in common: the embedding of the width, and taking the ends out of the spans. */
import { z } from 'zod';
import { ToolchainError } from '../../../errors.ts';
import { int } from '../../../graph/node.ts';
import { count } from '../build.ts';
import type { Mask, Scope, SpanExtractor } from '../module.ts';
import { embedBuckets } from '../nodes/buckets.ts';
import { column } from '../nodes/masks.ts';
import { concat, integer, op, unsqueeze } from '../nodes/ops.ts';

export const widthParams = {
  input_dim: count,
  num_width_embeddings: count.nullish(),
  span_width_embedding_dim: count.nullish(),
  bucket_widths: z.boolean().default(false),
};
const parsedWidths = z.object(widthParams);
export type WidthParams = z.infer<typeof parsedWidths>;

/** The ends of spans, both inclusive, `[batch, spans]` int64. Those of padding are made 0. */
export interface Ends {
  readonly starts: string;
  readonly ends: string;
}

/** An extractor out of what it makes of the tokens, `[batch, spans, dim]`, which gets the embedding of the width beside it. */
export function spanExtractor(
  scope: Scope,
  params: WidthParams,
  dim: number,
  embed: (x: string, ends: Ends, mask: Mask) => string,
): SpanExtractor {
  const { num_width_embeddings: rows, span_width_embedding_dim: width } = params;
  if (((rows ?? undefined) === undefined) !== ((width ?? undefined) === undefined)) {
    throw new ToolchainError(
      'SOURCE_INVALID',
      `${scope.path}: num_width_embeddings and span_width_embedding_dim go together.`,
    );
  }
  return {
    outputDim: dim + (width ?? 0),
    extract(x, spans, mask, spanMask) {
      const starts = endOf(scope, spans, 0);
      const ends = endOf(scope, spans, 1);
      const inside = { starts: notNegative(scope, starts), ends: notNegative(scope, ends) };
      const vectors = embed(x, inside, mask);
      const all =
        rows && width
          ? concat(scope, [vectors, embedWidths(scope, params.bucket_widths, rows, width, starts, ends)], -1)
          : vectors;
      return spanMask === undefined ? all : op(scope, 'Mul', [all, column(scope, spanMask)]);
    },
  };
}

/** Vectors at indices: `x` `[batch, tokens, dim]` at `[batch, ...]` int64 to `[batch, ..., dim]`. */
export function takeTokens(scope: Scope, x: string, indices: string): string {
  const places = unsqueeze(scope, indices, -1);
  return op(scope, 'GatherND', [x, places], { batch_dims: int(1) });
}

function endOf(scope: Scope, spans: string, end: 0 | 1): string {
  return op(scope, 'Gather', [spans, integer(scope, end)], { axis: int(-1) });
}

function notNegative(scope: Scope, indices: string): string {
  return op(scope, 'Max', [indices, integer(scope, 0)]);
}

function embedWidths(
  scope: Scope,
  isBucketed: boolean,
  rows: number,
  dim: number,
  starts: string,
  ends: string,
): string {
  const place = scope.at('_span_width_embedding');
  const widths = op(scope, 'Sub', [ends, starts]);
  if (isBucketed) return embedBuckets(place, place.tensor('weight', [rows, dim]), rows, widths);
  return op(scope, 'Gather', [place.weight('weight', [rows, dim]), widths], { axis: int(0) });
}
