/** Numbers counted along an axis whose length only a run tells. */
import type { Scope } from '../module.ts';
import { cast, integer, op, shape, squeeze } from './ops.ts';

/** 0, 1, 2, ... along an axis of `x`: an int64 vector. */
export function range(scope: Scope, x: string, axis: number): string {
  const end = axis === -1 ? shape(scope, x, -1) : shape(scope, x, axis, axis + 1);
  return rangeTo(scope, end);
}

/** 0, 1, 2, ... up to, not including, `end`, an int64 vector of one number. */
export function rangeTo(scope: Scope, end: string): string {
  return op(scope, 'Range', [integer(scope, 0), squeeze(scope, end, 0), integer(scope, 1)]);
}

/** `a < b` as float32 of 1 and 0, broadcast. */
export function isLess(scope: Scope, a: string, b: string): string {
  return cast(scope, op(scope, 'Less', [a, b]), 'float32');
}
