/** Limits of keys. They are held before a request is answered, by counts that are written after. See ADR-quotas.md. */
import { setTimeout as pause } from 'node:timers/promises';
import { PilotlightError } from '@pilotlight/model-format/errors';
import { HttpError } from '../../http/errors.ts';
import type { Logger } from '../ports.ts';
import type { Amount, Caller, CallerLimits, Usage, UsageStore } from './ports.ts';
import {
  dayOf,
  minuteOf,
  secondsToNextDay,
  secondsToNextMinute,
  startOfNextDay,
  startOfNextMinute,
} from './windows.ts';

/** Older knowledge of a key is refreshed before the next request of that key is let in. */
const FRESH_MS = 1000;
/** A store that did not answer is asked again after so long. */
const AGAIN_MS = 5000;
/** The longest that a request waits for a write of earlier ones. */
const FOLLOW_MS = 1000;
const NOTHING: Amount = { requests: 0, tokens: 0 };

export interface QuotasOptions {
  readonly logger: Logger;
  /** Limits of keys that have none of their own. @default - none */
  readonly defaults?: CallerLimits;
  /**
   * Whether the process is frozen after each answer, as on Lambda. Counts then wait until `settle` is called, and nothing is read
   * before the first of them is written, because a cold start would have to load the client for it. @default false
   */
  readonly frozen?: boolean;
  /**
   * Whether the process may stand still whenever it has no request, as a web function: a count that was on its way then would be lost.
   * Counts are written while there are other requests, and the last ones before the next request is let in, in place of the read that
   * it would wait for. @default false
   */
  readonly mayFreeze?: boolean;
  /** Milliseconds since 1970. @default Date.now */
  readonly clock?: () => number;
}

/** A request that was let in. Exactly one of the two is called. */
export interface Admission {
  count(tokens: number): void;
  /** It was counted elsewhere. */
  release(): void;
}

interface Allowance {
  readonly used: number;
  /** Null where there is no limit. */
  readonly limit: number | null;
  readonly remaining: number | null;
  readonly resets_at: string;
}

/** The body of `GET /usage`. */
export interface UsageReport {
  readonly key: string;
  readonly requests_per_minute: Allowance;
  readonly tokens_per_day: Allowance;
  readonly requests_today: number;
}

/** What this process knows of one key. */
interface Account {
  known: Usage | undefined;
  /** Milliseconds since 1970 until which it is taken for what there is. */
  freshUntil: number;
  /** Whether the store did not answer when it was asked last. */
  isCutOff: boolean;
  /** Let in, and not answered yet. */
  underWay: number;
  /** Answered, and not written yet. */
  pending: Amount;
  /** Milliseconds since 1970 when the last of them was: it may be written minutes later. */
  countedAt: number;
  /** Part of a write that is under way. */
  sent: Amount;
  writing: Promise<void> | undefined;
  reading: Promise<void> | undefined;
}

export class Quotas {
  readonly #store: UsageStore;
  readonly #options: Required<Omit<QuotasOptions, 'logger'>> & Pick<QuotasOptions, 'logger'>;
  readonly #accounts = new Map<string, Account>();
  #hasWritten = false;
  /** Let in, of all keys, and not answered yet. */
  #underWay = 0;

  constructor(store: UsageStore, options: QuotasOptions) {
    const { defaults = {}, frozen = false, mayFreeze = false, clock = Date.now, logger } = options;
    this.#store = store;
    this.#options = { defaults, frozen, mayFreeze, clock, logger };
  }

  /** @throws HttpError RATE_LIMITED, QUOTA_EXCEEDED */
  async admit(caller: Caller): Promise<Admission> {
    const { clock, frozen, mayFreeze } = this.#options;
    const account = this.#account(caller.name);
    if (this.#isStale(account) && (this.#hasWritten || !frozen)) await this.#refresh(caller.name, account);
    this.#refuseBeyond(caller, account);
    account.underWay += 1;
    this.#underWay += 1;
    return {
      count: (tokens) => {
        account.underWay -= 1;
        this.#underWay -= 1;
        account.pending = sum(account.pending, { requests: 1, tokens });
        account.countedAt = clock();
        const mayRest = mayFreeze && this.#underWay === 0;
        if (!frozen && !mayRest) void this.#write(caller.name, account);
      },
      release: () => {
        account.underWay -= 1;
        this.#underWay -= 1;
        // Whoever counted it added to what is known here.
        account.freshUntil = Math.min(account.freshUntil, clock());
      },
    };
  }

  /** Resolves once everything that was answered is written, or could not be. */
  async settle(): Promise<void> {
    await Promise.all([...this.#accounts].map(([key, account]) => this.#write(key, account)));
  }

  /** @throws HttpError USAGE_UNAVAILABLE */
  async report(caller: Caller): Promise<UsageReport> {
    const account = this.#account(caller.name);
    if (this.#isStale(account)) await this.#refresh(caller.name, account);
    if (account.isCutOff) {
      throw new HttpError(
        'USAGE_UNAVAILABLE',
        'The counts cannot be read now. Send the request again later.',
      );
    }
    const { requestsPerMinute, tokensPerDay } = this.#limitsOf(caller);
    const now = this.#options.clock();
    const used = usedBy(account, now);
    return {
      key: caller.name,
      requests_per_minute: allowance(used.minuteRequests, requestsPerMinute, startOfNextMinute(now)),
      tokens_per_day: allowance(used.tokens, tokensPerDay, startOfNextDay(now)),
      requests_today: used.requests,
    };
  }

  #refuseBeyond(caller: Caller, account: Account): void {
    const { requestsPerMinute = Infinity, tokensPerDay = Infinity } = this.#limitsOf(caller);
    const now = this.#options.clock();
    const { minuteRequests, tokens } = usedBy(account, now);
    if (tokens >= tokensPerDay) {
      throw new HttpError(
        'QUOTA_EXCEEDED',
        `The key ${caller.name} has used its ${tokensPerDay} tokens of today. GET /usage tells when there are new ones.`,
        { details: { retryAfterSeconds: secondsToNextDay(now) } },
      );
    }
    if (minuteRequests + account.underWay < requestsPerMinute) return;
    throw new HttpError(
      'RATE_LIMITED',
      `The key ${caller.name} may ask for ${requestsPerMinute} predictions a minute. Send the request again later.`,
      { details: { retryAfterSeconds: secondsToNextMinute(now) } },
    );
  }

  #limitsOf({ limits }: Caller): CallerLimits {
    const { defaults } = this.#options;
    return {
      requestsPerMinute: limits.requestsPerMinute ?? defaults.requestsPerMinute,
      tokensPerDay: limits.tokensPerDay ?? defaults.tokensPerDay,
    };
  }

  #account(key: string): Account {
    const existing = this.#accounts.get(key);
    if (existing) return existing;
    const account: Account = {
      known: undefined,
      freshUntil: Number.NEGATIVE_INFINITY,
      isCutOff: false,
      underWay: 0,
      pending: NOTHING,
      countedAt: 0,
      sent: NOTHING,
      writing: undefined,
      reading: undefined,
    };
    this.#accounts.set(key, account);
    return account;
  }

  #isStale({ freshUntil }: Account): boolean {
    const freshFor = freshUntil - this.#options.clock();
    // A clock that was set back would make knowledge fresh for as long.
    return freshFor <= 0 || freshFor > AGAIN_MS;
  }

  /**
   * A write that is under way tells what there is, too. Requests that come meanwhile wait for the same answer of the store; without one
   * nobody is refused who was not before.
   */
  #refresh(key: string, account: Account): Promise<void> {
    const isHeldBack = this.#options.mayFreeze && account.pending !== NOTHING;
    const writing = isHeldBack ? this.#write(key, account) : account.writing;
    account.reading ??= (writing ? this.#follow(key, account, writing) : this.#read(key, account)).finally(
      () => {
        account.reading = undefined;
      },
    );
    return account.reading;
  }

  /** Waits for a write for as long as a read may take. */
  async #follow(key: string, account: Account, writing: Promise<void>): Promise<void> {
    const isOver = await Promise.race([writing.then(() => true), pause(FOLLOW_MS, false, { ref: false })]);
    if (isOver) return;
    this.#cutOff(account);
    this.#options.logger.error('A count is slow to be written, so limits are held by older ones', { key });
  }

  #cutOff(account: Account): void {
    account.isCutOff = true;
    account.freshUntil = this.#options.clock() + AGAIN_MS;
  }

  async #read(key: string, account: Account): Promise<void> {
    const { clock, logger } = this.#options;
    const at = clock();
    try {
      learn(account, await this.#store.read(key, dayOf(at)), at);
    } catch (error) {
      this.#cutOff(account);
      logger.error('The usage of a key could not be read, so its limits are held by older counts', {
        key,
        error,
      });
    }
  }

  /** One write at a time for each key; what is answered meanwhile goes into the next one. */
  #write(key: string, account: Account): Promise<void> {
    if (account.pending === NOTHING) return account.writing ?? Promise.resolve();
    account.writing ??= this.#writeAll(key, account).finally(() => {
      account.writing = undefined;
    });
    return account.writing;
  }

  async #writeAll(key: string, account: Account): Promise<void> {
    const { clock, frozen, mayFreeze, logger } = this.#options;
    // What is written meanwhile could be counted twice here: as part of what was read, and as not written yet.
    await account.reading;
    while (account.pending !== NOTHING) {
      account.sent = account.pending;
      account.pending = NOTHING;
      this.#hasWritten = true;
      const at = clock();
      try {
        learn(account, await this.#store.add(key, account.sent, account.countedAt), at);
      } catch (error) {
        const isCertain = PilotlightError.is(error) && error.code === 'USAGE_NOT_COUNTED';
        if (!isCertain) this.#cutOff(account);
        logger.error(isCertain ? 'Usage could not be counted yet' : 'Usage may not have been counted', {
          key,
          ...account.sent,
          error,
        });
        if (!isCertain) continue;
        account.pending = sum(account.pending, account.sent);
        // The next request need not wait for the same.
        if (mayFreeze) account.freshUntil = at + AGAIN_MS;
        if (!frozen) setTimeout(() => void this.#write(key, account), AGAIN_MS).unref();
        return;
      } finally {
        account.sent = NOTHING;
      }
    }
  }
}

function learn(account: Account, usage: Usage | undefined, at: number): void {
  account.known = usage;
  account.isCutOff = false;
  // What was used on the day of a count that is written late says nothing of today.
  const isOfToday = usage === undefined || usage.day === dayOf(at);
  account.freshUntil = isOfToday ? at + FRESH_MS : at;
}

/** What the key has used now: as it was last known, and what this process has not written since. */
function usedBy({ known, pending, sent }: Account, now: number): Omit<Usage, 'day' | 'minute'> {
  const own = sum(pending, sent);
  const today = known?.day === dayOf(now) ? known : undefined;
  // The clock of another process may be ahead, at the edge of two minutes by one.
  const isCurrent = today && [minuteOf(now), minuteOf(startOfNextMinute(now))].includes(today.minute);
  const thisMinute = isCurrent ? today.minuteRequests : 0;
  return {
    requests: own.requests + (today?.requests ?? 0),
    tokens: own.tokens + (today?.tokens ?? 0),
    minuteRequests: own.requests + thisMinute,
  };
}

function allowance(used: number, limit: number | undefined, resetsAt: number): Allowance {
  return {
    used,
    limit: limit ?? null,
    remaining: limit === undefined ? null : Math.max(0, limit - used),
    resets_at: new Date(resetsAt).toISOString(),
  };
}

function sum(one: Amount, other: Amount): Amount {
  return { requests: one.requests + other.requests, tokens: one.tokens + other.tokens };
}
