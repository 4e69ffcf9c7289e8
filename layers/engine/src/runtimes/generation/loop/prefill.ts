/** What comes before the first step: the encoder reads the source, and long prompts are read in chunks. */
import { EngineError } from '@pilotlight/model-format/errors';
import type { Outputs, Session } from '../../../ports.ts';
import { crossName, NEW, UNUSED_ENTRIES } from '../graphs.ts';
import type { StepRows } from '../search/search.ts';
import type { ActiveRequest } from './active-request.ts';
import { namesOf } from './cache-layout.ts';
import { CachePool, type EncodedSource, type OwnCache } from './cache-pool.ts';
import { emptyPast, encoderFeeds } from './first-feeds.ts';
import { CHUNK_TOKENS, type Chunk, padLength, planChunks } from './plan-chunks.ts';
import { type KeptChunk, PrefixCache } from './prefix-cache.ts';
import { PromptPrefix } from './prompt-prefix.ts';
import { runStep, type StepGraph, type StepJob } from './step-runner.ts';

export interface PrefillGraphs {
  readonly step: StepGraph;
  /** @default - the model has no encoder */
  readonly encoder?: Session | undefined;
}

/** A request that is ready for steps, with what it has in its cache. */
export interface ReadyRequest extends OwnCache {
  readonly request: ActiveRequest;
}

interface Arriving extends ReadyRequest {
  readonly chunks: Chunk[];
  /** Padded tokens of the source that the encoder has yet to read. */
  unread: number;
  /** Goes from the outputs of the encoder to the cache that is shared, unless chunks of a prompt need it before. */
  source: EncodedSource | undefined;
  /** @default - its chunks are neither taken from earlier requests nor kept for later ones */
  readonly prefix: PromptPrefix | undefined;
}

/** Tokens that a run has at most if it is of several inputs, where the steps of others wait for it. */
const MOST_TOKENS = 128;
/** The same where nobody waits: the first tokens of all come sooner than by a run for each few of them. */
const MOST_TOKENS_ALONE = 512;
/** Chunks that are copied at once: it takes no longer than to run one of them. */
const MOST_COPIED = 8;

export class Prefill {
  readonly #graphs: PrefillGraphs;
  /** @default - no prefixes are kept */
  readonly #prefixes: PrefixCache | undefined;
  /** In order of their arrival. */
  #arriving: Arriving[] = [];

  /** What a decoder reads of its prompt depends on the source, where it has one: its prefixes are not kept. */
  constructor(graphs: PrefillGraphs, prefixBytes: number) {
    const { facts } = graphs.step;
    this.#graphs = graphs;
    this.#prefixes = prefixBytes > 0 && !facts.cross ? new PrefixCache(facts, prefixBytes) : undefined;
  }

  get requests(): readonly ActiveRequest[] {
    return this.#arriving.map(({ request }) => request);
  }

  get bytes(): number {
    const kept = this.#prefixes?.bytes ?? 0;
    return this.#arriving.reduce((sum, { cache }) => sum + cache.bytes, kept);
  }

  /**
   * Takes a request in. A rest of the prompt that a step has room for is left to the first step, and the last token where all the others get scores
   * of their own: those are not in the prefixes that are kept, so such a request runs all of its prompt.
   */
  add(request: ActiveRequest): void {
    const { pending, search } = request;
    const scored = request.request.promptLogprobs ?? false;
    const chunks = planChunks(scored ? pending.length - 1 : pending.length);
    if (!scored && (chunks.at(-1)?.count ?? 0) <= search.width) chunks.pop();
    const cache = new CachePool(this.#graphs.step.facts);
    cache.add();
    this.#arriving.push({
      request,
      cache,
      chunks,
      unread: padLength(request.source.length),
      source: undefined,
      prefix: this.#prefixes && !scored ? new PromptPrefix(this.#prefixes) : undefined,
    });
  }

  /** Ends those that were cancelled, or whose time is over. */
  sweep(now: number): void {
    this.#arriving = this.#arriving.filter(({ request }) => {
      const reason = request.stopReason(now);
      if (reason) request.stop(reason);
      return !reason;
    });
  }

  /**
   * Does one run, for the request that came first and for those that can share it, or copies what is kept of the prompt of the first. Never
   * rejects: whoever cannot be run is told.
   *
   * @param othersWait whether steps of other requests wait for it
   */
  async run(othersWait: boolean): Promise<void> {
    const [first] = this.#arriving;
    if (!first) return;
    const kept = findKept(first, MOST_COPIED);
    const batch =
      kept.length > 0 ? [first] : this.#batch(first, othersWait ? MOST_TOKENS : MOST_TOKENS_ALONE);
    try {
      if (kept.length > 0) copyKept(first, kept);
      else if (first.unread > 0) await this.#encode(batch, first.unread);
      else await this.#readChunk(batch);
    } catch (error) {
      for (const { request } of batch) request.fail(error);
      this.#leave(batch);
    }
    this.#letOthersFirst(batch);
  }

  /** Gives those that are ready for steps; they are here no more. */
  takeReady(): readonly ReadyRequest[] {
    const ready = this.#arriving.filter(({ unread, chunks }) => unread === 0 && chunks.length === 0);
    this.#leave(ready);
    return ready;
  }

  #leave(gone: readonly Arriving[]): void {
    this.#arriving = this.#arriving.filter((arriving) => !gone.includes(arriving));
  }

  #letOthersFirst(batch: readonly Arriving[]): void {
    const [had, waits] = [true, false].map((ran) =>
      this.#arriving.filter((arriving) => batch.includes(arriving) === ran),
    );
    this.#arriving = [...(waits ?? []), ...(had ?? [])];
  }

  #batch(first: Arriving, mostTokens: number): readonly Arriving[] {
    const tokens = first.unread > 0 ? first.unread : (first.chunks[0]?.perRow ?? 1);
    const most = Math.max(1, Math.floor(mostTokens / tokens));
    const alike = this.#arriving.filter(
      (other) => other !== first && runsBeside(first, other) && findKept(other, 1).length === 0,
    );
    return [first, ...alike.slice(0, most - 1)];
  }

  async #encode(batch: readonly Arriving[], length: number): Promise<void> {
    const { encoder, step } = this.#graphs;
    if (!encoder)
      throw new EngineError('PACKAGE_INVALID', 'The model has no encoder that could read a source.');
    const sources = batch.map(({ request }) => request.source);
    const outputs = await encoder.run(encoderFeeds(sources, length), namesOf(step.facts.layers, crossName));
    refuseNaN(outputs);
    for (const [row, arriving] of batch.entries()) {
      const source = { outputs, row, tokens: length };
      if (arriving.chunks.length > 0) arriving.cache.putSource(0, source);
      else arriving.source = source;
      arriving.unread = 0;
    }
  }

  async #readChunk(batch: readonly Arriving[]): Promise<void> {
    const { step } = this.#graphs;
    const [first] = batch;
    const chunk = first?.chunks[0];
    if (!first || !chunk) return;
    const { cache } = first;
    const { perRow } = chunk;
    const alone = !isShared(first);
    cache.reserve(chunk.first + perRow + UNUSED_ENTRIES, 0);
    const shape = { perRow, room: alone ? cache.room : UNUSED_ENTRIES, crossRoom: cache.crossRoom };
    const feeds = alone ? cache.feeds() : emptyPast(step.facts, batch.length);
    const { outputs, rows } = await runStep(step, batch.map(toJob), shape, feeds);
    for (const [row, arriving] of batch.entries()) {
      const { count = 0 } = arriving.chunks.shift() ?? {};
      const ids = arriving.request.pending.slice(0, count);
      const scores = rows[row];
      if (scores && arriving.request.request.promptLogprobs) arriving.request.scorePrompt(scores);
      arriving.request.readPrompt(count);
      if (goesOn(arriving.request, scores)) {
        append(arriving, outputs, { row, perRow, count });
        if (count === CHUNK_TOKENS)
          arriving.prefix?.ran(ids, () => arriving.cache.copyOf(0, chunk.first, count));
      } else this.#leave([arriving]);
    }
  }
}

/** Whether its next chunk can run beside those of others: it is the first, and the cache is empty. */
function isShared({ chunks: [chunk], request }: Arriving): boolean {
  return chunk?.first === 0 && request.source.length === 0;
}

function runsBeside(one: Arriving, other: Arriving): boolean {
  if (one.unread > 0 || other.unread > 0) return one.unread === other.unread;
  return isShared(one) && isShared(other) && one.chunks[0]?.perRow === other.chunks[0]?.perRow;
}

function findKept({ prefix, request, chunks }: Arriving, most: number): readonly KeptChunk[] {
  return prefix?.find(request.pending, Math.min(most, chunks.length)) ?? [];
}

/** Puts chunks that are kept where those would be that a run gives. */
function copyKept({ prefix, request, chunks, cache }: Arriving, kept: readonly KeptChunk[]): void {
  const tokens = kept.length * CHUNK_TOKENS;
  const next = chunks[kept.length]?.perRow ?? 0;
  cache.reserve(cache.entries(0) + tokens + next + UNUSED_ENTRIES, 0);
  for (const chunk of kept) {
    cache.append(0, { [NEW]: chunk.entries }, { row: 0, perRow: CHUNK_TOKENS, count: CHUNK_TOKENS });
  }
  prefix?.took(kept);
  chunks.splice(0, kept.length);
  request.copyPrompt(tokens);
}

/** A chunk that is not the last has a score as well, which says whether its values are numbers. */
function toJob({ request, chunks: [chunk] }: Arriving): StepJob {
  const { pending, ancestry, source, search } = request;
  const ids = pending.slice(0, chunk?.count ?? 0);
  const row = { ids, isPrompt: true, ancestry, sourceTokens: source.length };
  if (request.request.promptLogprobs)
    return { row: { ...row, scored: ids.map((_, token) => token) }, asks: { top: 1, logits: true } };
  const last = { ...row, scored: [ids.length - 1] };
  return { row: last, asks: ids.length === pending.length ? search.asks : { top: 1 } };
}

function goesOn(request: ActiveRequest, rows: StepRows | undefined): boolean {
  const hasMore = request.pending.length > 0;
  return rows && hasMore ? true : request.advance(rows);
}

function append(
  { cache }: Arriving,
  outputs: Outputs,
  run: { readonly row: number; readonly perRow: number; readonly count: number },
): void {
  cache.reserve(cache.entries(0) + run.count, 0);
  cache.append(0, outputs, run);
}

/** Hidden or not, a NaN would show in all that is read beside it. */
function refuseNaN(outputs: Outputs): void {
  for (const { data } of Object.values(outputs)) {
    if (data.includes(Number.NaN)) {
      throw new EngineError(
        'SESSION_FAILED',
        'The encoder gave values that are no numbers. Package the model again in fp32, or check its weights.',
      );
    }
  }
}
