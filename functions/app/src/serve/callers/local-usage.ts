/** The usage of keys in the memory of this process: for one's own machine, and for tests. */
import type { Amount, Usage, UsageStore } from './ports.ts';
import { dayOf, minuteOf } from './windows.ts';

export class LocalUsage implements UsageStore {
  readonly #days = new Map<string, Usage>();

  async read(key: string, day: string): Promise<Usage | undefined> {
    return this.#days.get(`${key} ${day}`);
  }

  async add(key: string, { requests, tokens }: Amount, at: number): Promise<Usage> {
    const [day, minute] = [dayOf(at), minuteOf(at)];
    const before = this.#days.get(`${key} ${day}`);
    const usage: Usage = {
      day,
      requests: (before?.requests ?? 0) + requests,
      tokens: (before?.tokens ?? 0) + tokens,
      minute,
      minuteRequests: (before?.minute === minute ? before.minuteRequests : 0) + requests,
    };
    this.#days.set(`${key} ${day}`, usage);
    return usage;
  }
}
