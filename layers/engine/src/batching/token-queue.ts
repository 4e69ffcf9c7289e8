/**
 * The queue of entries that wait for the next batch, of all calls together. It is pure: the clock is an argument, and nothing runs here.
 *
 * Every batch begins with the entry that has waited longest and takes others of like length beside it, up to the budget. So
 * an entry waits for no more batches than there were entries ahead of it, however many come after it.
 *
 * Entries of the background, which nobody waits for, come after all others. While both wait, one batch of eight begins with the
 * background, so that neither starves the other.
 */

export interface QueueLimits {
  /** Padded tokens of a batch: its size times its longest entry. A longer entry is a batch of its own. */
  readonly maxBatchTokens: number;
  /** Entries of a batch. */
  readonly maxBatchRequests: number;
  /** Milliseconds that a call may wait for its first batch, unless it is one of the background. */
  readonly maxQueueMs: number;
  /**
   * Padding of the shortest entry of a batch, as a share of its own tokens, or of 32 where it has fewer. What a run costs
   * besides its tokens is what padding may cost at most: much on a GPU, on a CPU some ten tokens. @default 1, as long again
   */
  readonly maxPadding?: number;
  /**
   * Whether a batch may have entries of the background beside others. On a GPU they hardly make it longer; on a CPU
   * they cost there what they cost in a batch of their own, and somebody waits for it. @default true
   */
  readonly mixBackground?: boolean;
}

/** The limits that hold unless the engine's options say otherwise. */
export const DEFAULT_QUEUE_LIMITS = { maxBatchRequests: 64, maxQueueMs: 30_000 } as const;

/** A call that somebody waits for: any number of entries, pushed at once. */
export interface QueuedCall {
  /** The time of arrival, on the clock of `take`. */
  readonly arrivedAt: number;
  /** Whether a batch has taken any of its entries. A call that has begun is finished, however long that takes. */
  begun: boolean;
  /** True once nobody waits for it any more. */
  readonly over: boolean;
  /** Whether it gives way to others. */
  readonly background: boolean;
}

export interface QueueEntry {
  /** The tokens that it has when it is padded alone. */
  readonly tokens: number;
  readonly call: QueuedCall;
}

/** Each entry that was pushed comes back once, in one of these, unless nobody waits for its call any more. */
export interface Taken<Entry> {
  /** In the order of their arrival, those of the background last; empty only where nothing is left to wait. */
  readonly batch: readonly Entry[];
  /** Entries of calls that waited longer than they may. */
  readonly expired: readonly Entry[];
}

/** A range of lengths in tokens: more than `above`, and at most `most`. */
export interface Lengths {
  readonly above?: number;
  readonly most?: number;
}

/** Up to this number of tokens, the length of an entry makes little difference. */
const SHORT_TOKENS = 32;
/** The number of oldest entries that are searched for those of like length, so that the cost of a choice does not grow with the queue. */
const LOOK_AHEAD = 1024;
/** While other entries wait too, one batch of this many begins with an entry of the background. */
const BACKGROUND_SHARE = 8;

export class TokenQueue<Entry extends QueueEntry> {
  readonly #limits: QueueLimits;
  /** The entries in the order of their arrival, like those of the background. */
  readonly #entries = new Set<Entry>();
  readonly #background = new Set<Entry>();
  /** How many batches went before an entry of the background while it was the oldest of them. */
  readonly #passedOver = new WeakMap<Entry, number>();
  /** The tokens of all entries but the background, and those of the background. */
  #tokens = 0;
  #backgroundTokens = 0;

  constructor(limits: QueueLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#entries.size + this.#background.size;
  }

  /** Tokens of all entries that wait, without padding. */
  get tokens(): number {
    return this.#tokens + this.#backgroundTokens;
  }

  /**
   * Whether what waits is a batch's worth: waiting for more would gain nothing. The background does not count, because
   * whatever comes until the next batch is taken goes before it.
   */
  get full(): boolean {
    const { maxBatchTokens, maxBatchRequests } = this.#limits;
    return this.#tokens >= maxBatchTokens || this.#entries.size >= maxBatchRequests;
  }

  /**
   * Milliseconds that the oldest call which no batch has taken any of has waited at the time `now`, those of the background
   * aside; 0 where there is none.
   */
  waited(now: number): number {
    for (const { call } of this.#entries) if (!call.begun && !call.over) return now - call.arrivedAt;
    return 0;
  }

  push(entries: Iterable<Entry>): void {
    for (const entry of entries) {
      if (entry.call.background) {
        this.#background.add(entry);
        this.#backgroundTokens += entry.tokens;
      } else {
        this.#entries.add(entry);
        this.#tokens += entry.tokens;
      }
    }
  }

  /** Takes the next batch at the time `now`, of entries of these lengths, of at most so many padded tokens. */
  take(now: number, lengths: Lengths = {}, maxTokens: number = this.#limits.maxBatchTokens): Taken<Entry> {
    const expired: Entry[] = [];
    const dropped: Entry[] = [];
    const listWaiting = (entries: Iterable<Entry>): Entry[] => {
      const { above = -1, most = Number.POSITIVE_INFINITY } = lengths;
      const waiting: Entry[] = [];
      for (const entry of entries) {
        const { call } = entry;
        if (call.over) dropped.push(entry);
        else if (this.#isOverdue(call, now)) expired.push(entry);
        else if (entry.tokens > most || entry.tokens <= above) continue;
        else if (waiting.push(entry) === LOOK_AHEAD) break;
      }
      return waiting;
    };
    const batch = this.#fill(listWaiting(this.#entries), listWaiting(this.#background), maxTokens);
    for (const entry of [...expired, ...dropped, ...batch]) this.#remove(entry);
    for (const { call } of batch) call.begun = true;
    return { batch, expired };
  }

  #isOverdue({ background, begun, arrivedAt }: QueuedCall, now: number): boolean {
    return !background && !begun && now - arrivedAt > this.#limits.maxQueueMs;
  }

  /** Chooses the entry whose turn it is, and those nearest to its length; among equals the older. */
  #fill(waiting: readonly Entry[], background: readonly Entry[], maxTokens: number): Entry[] {
    const first = this.#first(waiting[0], background[0]);
    if (!first) return [];
    const { maxBatchRequests, maxPadding = 1, mixBackground = true } = this.#limits;
    const distance = ({ tokens }: Entry): number => Math.abs(tokens - first.tokens);
    const alike = first.call.background ? background : waiting;
    const beside = (mixBackground ? [waiting, background] : [alike]).flatMap((entries) =>
      entries.toSorted((a, b) => distance(a) - distance(b)),
    );
    const chosen = new Set([first]);
    let [shortest, longest] = [first.tokens, first.tokens];
    for (const entry of beside) {
      if (chosen.size === maxBatchRequests) break;
      const [least, most] = [Math.min(shortest, entry.tokens), Math.max(longest, entry.tokens)];
      const fits = most * (chosen.size + 1) <= maxTokens;
      if (chosen.has(entry) || !fits || most - least > maxPadding * Math.max(least, SHORT_TOKENS)) continue;
      [shortest, longest] = [least, most];
      chosen.add(entry);
    }
    return [...waiting, ...background].filter((entry) => chosen.has(entry));
  }

  /** Chooses, between the oldest entries of both kinds, the one that the next batch begins with. */
  #first(waiting: Entry | undefined, background: Entry | undefined): Entry | undefined {
    if (!waiting || !background) return waiting ?? background;
    const passedOver = (this.#passedOver.get(background) ?? 0) + 1;
    if (passedOver === BACKGROUND_SHARE) return background;
    this.#passedOver.set(background, passedOver);
    return waiting;
  }

  #remove(entry: Entry): void {
    if (this.#background.delete(entry)) {
      this.#backgroundTokens -= entry.tokens;
      return;
    }
    this.#entries.delete(entry);
    this.#tokens -= entry.tokens;
  }
}
