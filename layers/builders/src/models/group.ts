import { sumOfBytes } from '@pilotlight/model-format';

interface Sized {
  readonly bytes: number;
}

interface Plan<Item> {
  readonly groups: readonly (readonly Item[])[];
  /** Sum over all items of the bytes of the group that they are in. */
  readonly cost: number;
}

/**
 * Divides items, given largest first, into at most `count` groups so that few bytes are uploaded when one of them
 * changes: its whole group is. The sum of that over all items is the least there is.
 *
 * The best groups are runs of the sorted items: by the rearrangement inequality the groups of many items hold the
 * small ones. So it is enough to try every last run, group by group (dynamic programming).
 */
export function groupBySize<Item extends Sized>(items: readonly Item[], count: number): Item[][] {
  const nothing: Plan<Item> = { groups: [], cost: 0 };
  const impossible: Plan<Item> = { groups: [], cost: Number.POSITIVE_INFINITY };
  /** `plans[end]` is the best for the first `end` items. */
  let plans = [nothing, ...items.map(() => impossible)];
  for (let group = 0; group < count; group++) {
    const before = plans;
    plans = before.map((plan, end) => withLastRun(items.slice(0, end), before, plan));
  }
  return (plans.at(-1) ?? nothing).groups.map((group) => [...group]);
}

/** The cheapest of `unchanged` and the plans that put the last items into one more group. */
function withLastRun<Item extends Sized>(
  items: readonly Item[],
  before: readonly Plan<Item>[],
  unchanged: Plan<Item>,
): Plan<Item> {
  return before.slice(0, items.length).reduce((best, { groups, cost }, from) => {
    const run = items.slice(from);
    const total = cost + run.length * sumOfBytes(run);
    return total < best.cost ? { groups: [...groups, run], cost: total } : best;
  }, unchanged);
}
