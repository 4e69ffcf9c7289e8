import type { FieldTensor } from '../../instance.ts';
import type { Token } from '../token.ts';
import { newIds } from './id-memory.ts';

/** Tensors of a field by their names, joined by dots where they are nested. */
export type FieldTensors = Readonly<Record<string, FieldTensor>>;

export interface TokenIndexer {
  /** Makes the tensors of a text, which a batch pads. @throws EngineError INVALID_INPUT for tokens that it cannot index */
  index(tokens: readonly Token[]): Promise<FieldTensors>;
}

/** `[length]` */
export function idTensor(
  ids: readonly number[],
  more: Pick<FieldTensor, 'least' | 'padding'> = {},
): FieldTensor {
  const data = newIds(ids.length);
  for (let at = 0; at < ids.length; at++) data[at] = BigInt(ids[at] ?? 0);
  return { dims: [ids.length], data, ...more };
}

/** `[rows, columns]`, shorter rows filled up with `fill`. */
export function idRows(rows: readonly (readonly number[])[], columns: number, fill = 0): FieldTensor {
  const width = rows.reduce((most, row) => Math.max(most, row.length), columns);
  const data = newIds(rows.length * width).fill(BigInt(fill));
  for (const [index, row] of rows.entries()) {
    for (let at = 0; at < row.length; at++) data[index * width + at] = BigInt(row[at] ?? fill);
  }
  return { dims: [rows.length, width], data };
}

/** `[length]`, true throughout. */
export function maskTensor(length: number, least = 0): FieldTensor {
  return { dims: [length], data: new Uint8Array(length).fill(1), least: [least] };
}

/** `[pairs, 2]` */
export function pairTensor(pairs: readonly (readonly [number, number])[], least = 0): FieldTensor {
  return { dims: [pairs.length, 2], data: BigInt64Array.from(pairs.flat(), BigInt), least: [least, 2] };
}
