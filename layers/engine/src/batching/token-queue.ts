/**
 * What waits for the next batch, whoever asked for it. Pure: the clock is an argument, and nothing runs here.
 *
 * Every batch begins with the entry that has waited longest and takes others of like length beside it, up to the budget. So
 * an entry waits for no more batches than there were entries ahead of it, however many come after it.
 */

export interface QueueLimits {
  /** Padded tokens of a batch: its size times its longest entry. A longer entry is a batch of its own. */
  readonly maxBatchTokens: number;
  /** Entries of a batch. */
  readonly maxBatchRequests: number;
  /** Milliseconds that a call may wait for its first batch. */
  readonly maxQueueMs: number;
  /**
   * Padding of the shortest entry of a batch, as a share of its own tokens, or of 32 where it has fewer. What a run costs
   * besides its tokens is what padding may cost at most: much on a GPU, on a CPU some ten tokens. @default 1, as long again
   */
  readonly maxPadding?: number;
}

/** What somebody waits for: any number of entries, pushed at once. */
export interface QueuedCall {
  /** On the clock of `take`. */
  readonly arrivedAt: number;
  /** Whether a batch has taken any of its entries. What has begun is finished, however long that takes. */
  begun: boolean;
  /** True once nobody waits for it any more. */
  readonly over: boolean;
}

export interface QueueEntry {
  readonly tokens: number;
  readonly call: QueuedCall;
}

/** Each entry that was pushed comes back once, in one of these. */
export interface Taken<Entry> {
  /** In the order of their arrival; empty only where nothing is left to wait. */
  readonly batch: readonly Entry[];
  /** Entries of calls that waited longer than they may. */
  readonly expired: readonly Entry[];
  /** Entries of calls that are over. */
  readonly dropped: readonly Entry[];
}

/** Tokens: more than `above`, and at most `most`. */
export interface Lengths {
  readonly above?: number;
  readonly most?: number;
}

/** Up to so many tokens, how long an entry is makes little difference. */
const SHORT_TOKENS = 32;
/** The oldest entries among which those of like length are looked for: what a choice costs does not grow with the queue. */
const LOOK_AHEAD = 1024;

export class TokenQueue<Entry extends QueueEntry> {
  readonly #limits: QueueLimits;
  /** In the order of their arrival. */
  readonly #entries = new Set<Entry>();
  #tokens = 0;

  constructor(limits: QueueLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Whether what waits is a batch's worth: waiting for more would gain nothing. */
  get full(): boolean {
    const { maxBatchTokens, maxBatchRequests } = this.#limits;
    return this.#tokens >= maxBatchTokens || this.size >= maxBatchRequests;
  }

  /** Milliseconds that the oldest call which no batch has taken any of has waited at the time `now`; 0 where there is none. */
  waited(now: number): number {
    for (const { call } of this.#entries) if (!call.begun && !call.over) return now - call.arrivedAt;
    return 0;
  }

  push(entries: Iterable<Entry>): void {
    for (const entry of entries) {
      this.#entries.add(entry);
      this.#tokens += entry.tokens;
    }
  }

  /** The next batch at the time `now`, of entries of such lengths. */
  take(now: number, { above = -1, most = Number.POSITIVE_INFINITY }: Lengths = {}): Taken<Entry> {
    const expired: Entry[] = [];
    const dropped: Entry[] = [];
    const waiting: Entry[] = [];
    for (const entry of this.#entries) {
      const { call } = entry;
      if (call.over) dropped.push(entry);
      else if (!call.begun && now - call.arrivedAt > this.#limits.maxQueueMs) expired.push(entry);
      else if (entry.tokens > most || entry.tokens <= above) continue;
      else if (waiting.push(entry) === LOOK_AHEAD) break;
    }
    const batch = this.#fill(waiting);
    for (const entry of [...expired, ...dropped, ...batch]) this.#remove(entry);
    for (const { call } of batch) call.begun = true;
    return { batch, expired, dropped };
  }

  /** The oldest, and those nearest to its length; among equals the older. */
  #fill(waiting: readonly Entry[]): Entry[] {
    const [oldest] = waiting;
    if (!oldest) return [];
    const { maxBatchTokens, maxBatchRequests, maxPadding = 1 } = this.#limits;
    const distance = ({ tokens }: Entry): number => Math.abs(tokens - oldest.tokens);
    const chosen = new Set<Entry>();
    let [shortest, longest] = [oldest.tokens, oldest.tokens];
    for (const entry of waiting.toSorted((a, b) => distance(a) - distance(b))) {
      if (chosen.size === maxBatchRequests) break;
      if (chosen.size > 0) {
        const [least, most] = [Math.min(shortest, entry.tokens), Math.max(longest, entry.tokens)];
        const fits = most * (chosen.size + 1) <= maxBatchTokens;
        if (!fits || most - least > maxPadding * Math.max(least, SHORT_TOKENS)) continue;
        [shortest, longest] = [least, most];
      }
      chosen.add(entry);
    }
    return waiting.filter((entry) => chosen.has(entry));
  }

  #remove(entry: Entry): void {
    this.#entries.delete(entry);
    this.#tokens -= entry.tokens;
  }
}
