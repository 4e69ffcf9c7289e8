/** The table of usage for a process that may never count: the client of DynamoDB is loaded with the first request for it. */
import type { UsageTable, UsageTableOptions } from '../aws/usage-table.ts';
import type { UsageStore } from '../serve/callers/ports.ts';
import { dayOf, minuteOf } from '../serve/callers/windows.ts';

export function lazyUsage(options: UsageTableOptions): UsageStore {
  let loaded: Promise<UsageTable> | undefined;
  const table = () => {
    loaded ??= import('../aws/usage-table.ts').then(({ UsageTable }) => new UsageTable(options));
    return loaded;
  };
  return {
    read: async (...asked) => (await table()).read(...asked),
    add: async (key, amount, at) => {
      const window = { day: dayOf(at), minute: minuteOf(at) };
      return (await table()).add(key, amount, window);
    },
  };
}
