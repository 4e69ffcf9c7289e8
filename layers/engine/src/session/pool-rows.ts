/** Pools the hidden states of a batch where the graph ran, so that one vector a text goes to another thread. */
import { pool } from '../math/pooling.ts';
import type { Outputs, PooledRows } from '../ports.ts';

/**
 * Takes hidden states `[batch, tokens, hidden]` and gives `[batch, hidden]` in 32 bits, in memory of its own: each row is the
 * pooling of its own tokens, without padding. The sums are those of `pool`, so that they do not depend on where they are made.
 */
export function poolRows(outputs: Outputs, { output, rows }: PooledRows): Outputs {
  const states = outputs[output];
  const [, padded = 0, hidden = 0] = states?.dims ?? [];
  const data = new Float32Array(rows.length * hidden);
  for (const [row, { pooling, tokens }] of rows.entries()) {
    const start = row * padded * hidden;
    const own = states?.data.subarray(start, start + tokens * hidden) ?? [];
    data.set(pool(own, tokens, pooling), row * hidden);
  }
  return { [output]: { dims: [rows.length, hidden], data } };
}
