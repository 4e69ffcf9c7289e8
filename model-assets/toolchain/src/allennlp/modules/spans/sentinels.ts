/** Learned vectors that stand for what is outside a text. */
import type { Scope } from '../module.ts';
import { op, unsqueeze } from '../nodes/ops.ts';

/** The sentinel of that name where `isOutside`, `[batch, spans]` bool; `vectors` `[batch, spans, dim]` elsewhere. */
export function sentinelWhere(
  scope: Scope,
  isOutside: string,
  vectors: string,
  name: string,
  dim: number,
): string {
  return op(scope, 'Where', [unsqueeze(scope, isOutside, -1), scope.weight(name, [1, 1, dim]), vectors]);
}
