/**
 * The loop that generates, in the thread of its sessions. In each turn it does one run of what comes before a first step, and one step of
 * everybody who is past that, so that neither waits long for the other. Between runs others have the thread.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Search } from '../search/search.ts';
import type { TokenTable } from '../text/token-table.ts';
import { ActiveRequest } from './active-request.ts';
import { bytesOf, needOf } from './cache-needs.ts';
import { DecodeGroup } from './decode-group.ts';
import type { LoopSettings } from './decoder-plan.ts';
import type { Decoder, DecoderLoad, RunningRequest, TokenEvent, TokenRequest } from './decoder-port.ts';
import { Prefill, type PrefillGraphs } from './prefill.ts';
import { refuseRequest } from './refuse-request.ts';
import { WaitingRequests } from './waiting-requests.ts';

export interface LoopDependencies extends PrefillGraphs {
  readonly createSearch: (request: TokenRequest, table: TokenTable | undefined) => Search;
  readonly settings: LoopSettings;
  /** Is told after each turn. @default - nobody is */
  readonly onTurn?: (load: DecoderLoad) => void;
}

export class DecodeLoop implements Decoder {
  readonly #dependencies: LoopDependencies;
  readonly #waiting = new WaitingRequests();
  readonly #prefill: Prefill;
  #groups: readonly DecodeGroup[] = [];
  #table: TokenTable | undefined;
  #turning: Promise<void> | undefined;
  #disposed: Promise<void> | undefined;

  constructor(dependencies: LoopDependencies) {
    this.#dependencies = dependencies;
    this.#prefill = new Prefill(dependencies, dependencies.settings.prefixBytes);
  }

  start(request: TokenRequest, listen: (event: TokenEvent) => void): RunningRequest {
    const { settings, createSearch, step } = this.#dependencies;
    refuseRequest(request, this, settings, step.facts);
    const active = new ActiveRequest(request, createSearch(request, this.#table), listen);
    this.#waiting.add(active);
    this.#turning ??= this.#turn();
    return { cancel: () => active.cancel() };
  }

  share(table: TokenTable): void {
    this.#table = table;
  }

  get load(): DecoderLoad {
    const caches = [this.#prefill, ...this.#groups];
    return {
      running: this.#running.length,
      waiting: this.#waiting.size,
      slots: this.#dependencies.settings.slots,
      cacheBytes: caches.reduce((sum, { bytes }) => sum + bytes, 0),
    };
  }

  get ended(): boolean {
    const { step, encoder } = this.#dependencies;
    return this.#disposed !== undefined || step.session.ended || (encoder?.ended ?? false);
  }

  dispose(): Promise<void> {
    this.#disposed ??= this.#dispose();
    return this.#disposed;
  }

  async #dispose(): Promise<void> {
    await this.#turning;
    const { step, encoder } = this.#dependencies;
    await Promise.all([step.session.dispose(), encoder?.dispose()]);
  }

  get #running(): readonly ActiveRequest[] {
    return [this.#prefill, ...this.#groups].flatMap(({ requests }) => requests);
  }

  /** Never rejects: what fails, fails for the requests that it was for. */
  async #turn(): Promise<void> {
    await nextTurn();
    while (this.#waiting.size > 0 || this.#running.length > 0) {
      this.#sweep();
      this.#admit();
      await this.#prefill.run(this.#groups.some(({ requests }) => requests.length > 0));
      this.#join();
      for (const group of this.#groups) {
        if (group.requests.length === 0) continue;
        await nextTurn();
        await group.step();
      }
      this.#dependencies.onTurn?.(this.load);
      await nextTurn();
    }
    this.#turning = undefined;
  }

  #sweep(): void {
    const now = performance.now();
    for (const part of [this.#waiting, this.#prefill, ...this.#groups]) part.sweep(now);
  }

  /** Lets in whoever finds a slot and memory, in order. */
  #admit(): void {
    const { settings, step } = this.#dependencies;
    const needs = this.#running.map(({ request }) => needOf(request));
    for (let { next } = this.#waiting; next && needs.length < settings.slots; { next } = this.#waiting) {
      needs.push(needOf(next.request));
      if (bytesOf(needs, step.facts) > settings.cacheBytes) return;
      this.#waiting.take();
      next.admit();
      this.#prefill.add(next);
    }
  }

  #join(): void {
    const ready = Map.groupBy(this.#prefill.takeReady(), ({ request }) => request.search.width);
    for (const [width, alike] of ready) this.#groupOf(width).join(alike);
  }

  /** A group that nobody is in keeps its memory, until another is made. */
  #groupOf(width: number): DecodeGroup {
    const found = this.#groups.find((group) => group.width === width);
    if (found) return found;
    const group = new DecodeGroup(width, this.#dependencies.step);
    this.#groups = [...this.#groups.filter(({ requests }) => requests.length > 0), group];
    return group;
  }
}
