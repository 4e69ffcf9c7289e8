/** Has a shadow read calls that were answered already, one at a time, and says whether it would have decided the same. */
import type { Logger } from '../ports.ts';
import type { RolloutRecord, ShadowOutcome } from '../rollout-port.ts';
import { sameDecision } from './decision.ts';

/** Calls that wait for the shadow. More would keep their texts in memory. */
const MOST_WAITING = 4;

export interface ShadowCall {
  readonly model: string;
  readonly version: string;
  /** The results that were answered. */
  readonly results: readonly unknown[];
  /** The results of the shadow. */
  run(): Promise<readonly unknown[]>;
  /** Lets go of the shadow's version. */
  end(): void;
}

export interface ShadowsOptions {
  readonly logger: Logger;
  readonly tell: (record: RolloutRecord) => void;
  /** Whether calls have to wait, because others are answered. @default - never */
  readonly isBusy?: () => boolean;
  /** Whether they wait for `drain`, because the process is about to be frozen. */
  readonly held: boolean;
}

export class Shadows {
  readonly #options: ShadowsOptions;
  readonly #waiting: ShadowCall[] = [];
  #running: Promise<void> | undefined;

  constructor(options: ShadowsOptions) {
    this.#options = options;
  }

  /** Call it once the answer is sent. A call too many is dropped. */
  offer(call: ShadowCall): void {
    if (this.#waiting.length >= MOST_WAITING || this.#options.isBusy?.()) {
      this.#tell(call, 'dropped');
      call.end();
      return;
    }
    this.#waiting.push(call);
    if (!this.#options.held) void this.drain();
  }

  /** Settles, and never rejects, once no call waits. */
  drain(): Promise<void> {
    if (this.#waiting.length > 0) this.#running ??= this.#work();
    return this.#running ?? Promise.resolve();
  }

  async #work(): Promise<void> {
    for (let call = this.#waiting.shift(); call; call = this.#waiting.shift()) {
      this.#tell(call, await this.#compare(call));
      call.end();
    }
    this.#running = undefined;
  }

  /** Nothing of the texts is kept or logged: an error may have them in its message. */
  async #compare({ model, version, results, run }: ShadowCall): Promise<ShadowOutcome> {
    try {
      const others = await run();
      const isSame =
        others.length === results.length && results.every((result, i) => sameDecision(result, others[i]));
      return isSame ? 'same' : 'differing';
    } catch (error) {
      const { name = 'Error', code } = Object(error);
      this.#options.logger.warn('A shadow could not answer', { model, version, error: `${code ?? name}` });
      return 'failed';
    }
  }

  #tell({ model, version }: ShadowCall, outcome: ShadowOutcome): void {
    this.#options.tell({ kind: 'shadow', model, version, outcome });
  }
}
