import { availableParallelism } from 'node:os';
import type { BatchingSettings, BatchRecord } from '../batching/batching-settings.ts';
import type { QueueLimits } from '../batching/token-queue.ts';
import type { ExecutionProvider, PackageStore } from '../ports.ts';
import type { AroundArchive } from '../runtimes/allennlp/archive-model.ts';
import type { GenerationSettings } from '../runtimes/generation/load.ts';
import { type Packing, type PackingSettings, RUNS_THAT_PAY } from './packing.ts';

/** How an engine loads and runs its models. */
export interface EngineOptions {
  /** A folder of packages, `<folder>/<name>/<version>/model.json`, or a store of your own. */
  readonly packages: string | PackageStore;
  /** Variant to serve, by name. @default - the one for the execution provider: on the CPU each manifest's `defaultVariant` */
  readonly variant?: string;
  /**
   * The execution provider that runs the graphs. A model stays on the CPU where it has no variant that the provider can run;
   * the format's `served-variant.ts` chooses the variant.
   *
   * @default 'cpu'
   */
  readonly executionProvider?: ExecutionProvider;
  /** Bytes of weights to keep loaded; past it the least recently used models go. @default - no limit */
  readonly memoryBudgetBytes?: number;
  /**
   * Bytes of answers that are kept, for calls of `prepare` that are asked again word for word. See predict/ADR-answer-cache.md.
   *
   * @default 0, none
   */
  readonly answerCacheBytes?: number;
  /** Threads of one operator; never more than there are cores. @default - one for each core */
  readonly intraOpThreads?: number;
  /**
   * Whether threads spin while they wait for the next operator, which is faster where the cores are their own. See
   * session/ADR-threads.md. @default - true, unless calls share batches of one session
   */
  readonly allowSpinning?: boolean;
  /** Where sessions run: in the caller's thread, which `run` blocks, or each in its own. @default 'inline' */
  readonly sessions?: 'inline' | 'worker';
  /** Predictions of one model under way at once; one more is OVERLOADED. @default 512 */
  readonly maxQueuedRequests?: number;
  /**
   * How requests that are under way at once are run: each plans batches of its own and they take turns, or they share batches. See
   * batching/ADR-dynamic-batching.md. @default 'turns'
   */
  readonly batching?: 'turns' | 'dynamic';
  /**
   * Bounds of shared batches.
   *
   * @default - the token budget of the variant, 64 entries, 30 seconds
   */
  readonly queueLimits?: Partial<QueueLimits>;
  /**
   * Texts of up to this number of tokens, where texts share batches, have a session of their own and need not
   * wait for long ones. It needs sessions in threads of their own. See batching/ADR-short-lane.md. @default 0, none
   */
  readonly shortLaneTokens?: number;
  /**
   * Sessions that run shared batches at the same time, each on its share of the threads, beside the one that has all threads and
   * runs what is alone. They open once a text waits. It needs sessions in threads of their own; never more than there are threads, and
   * none for a large model. See batching/ADR-parallel-sessions.md. @default 0, none
   */
  readonly parallelSessions?: number;
  /** Is told of each shared batch as it begins to run; must not throw. @default - nobody is told */
  readonly onBatch?: (batch: BatchRecord) => void;
  /**
   * The check of the files against the manifest before a model of a folder serves: the sha256 of every file, or only its size,
   * for storage that cannot change and has been verified (a Lambda layer). A store of your own decides for itself.
   * See store/ADR-integrity.md. @default 'sha256'
   */
  readonly verify?: 'sha256' | 'size';
  /**
   * Public keys, each as PEM or as its SubjectPublicKeyInfo in base64: a package that none of them has signed is refused before anything
   * of it is used, PACKAGE_INVALID, and one whose signature is not good, PACKAGE_CORRUPT. The files of a folder are then compared by
   * sha256, whatever `verify` says. See store/ADR-signed.md. @default - packages need no signature
   */
  readonly signedBy?: readonly string[];
  /**
   * When weights are laid out for the processor: before the first answer, later, or not at all, which takes less memory and more
   * time for short texts. A model whose answers would change by it, in their last digits, is packed first and not later; where memory
   * is short, one whose answers would not is never packed. See session/ADR-packing.md.
   *
   * @default - 'later' where sessions run in threads of their own, else 'first'
   */
  readonly packing?: Packing;
  /**
   * Runs after which `later` packs.
   *
   * @default - 0 where another thread does it; where it keeps the caller's thread, when it has paid
   */
  readonly packAfterRuns?: number;
  /**
   * Texts that a model generates at once; more wait for their turn. See runtimes/generation/loop/ADR-cache.md. @default 16
   */
  readonly generationSlots?: number;
  /**
   * Bytes that a model takes at most to remember what it has read of the texts that it generates. What a call may need is known before it
   * begins: it waits until there is room, and is refused where there never is.
   *
   * @default - a quarter of the memory that the process can take, at most 1 GiB
   */
  readonly generationCacheBytes?: number;
  /**
   * Bytes that a model takes, beside those, to keep what it has read of first tokens that several prompts share, so that a prompt that every call
   * begins with is not read by each. Texts have the same bits with and without; whoever may call can tell by the time whether others had a prompt.
   * See runtimes/generation/loop/ADR-prefix.md.
   *
   * @default 0, none
   */
  readonly generationPrefixBytes?: number;
  /**
   * Whether predictions of models that read tokens say what is counted of each input and answer, for whoever watches whether they drift.
   *
   * @default false
   */
  readonly readings?: boolean;
  /**
   * Code of the caller's own around the models of AllenNLP archives, by their names: what a predictor or a dataset reader of the team's did.
   * It is given with the engine, and never loaded out of a package. See docs/how-to/from-allennlp.md. @default - none
   */
  readonly archives?: Readonly<Record<string, AroundArchive>>;
  /** The same of the options of every session: `models profile --trace` sets it, and nothing that serves should. @default - nothing is written */
  readonly profilePrefix?: string;
}

const MOST_CACHE_BYTES = 2 ** 30;

export interface PredictorSettings {
  readonly variant: string | undefined;
  readonly executionProvider: ExecutionProvider;
  readonly intraOpThreads: number;
  readonly allowSpinning: boolean;
  readonly maxQueuedRequests: number;
  readonly parallelSessions: number;
  readonly batching: BatchingSettings;
  readonly packing: PackingSettings;
  readonly readings: boolean;
  readonly archives: Readonly<Record<string, AroundArchive>>;
  readonly generation: GenerationSettings;
  readonly profilePrefix: string | undefined;
}

export function predictorSettings(options: EngineOptions): PredictorSettings {
  const cores = availableParallelism();
  const inThreads = options.sessions === 'worker';
  return {
    variant: options.variant,
    executionProvider: options.executionProvider ?? 'cpu',
    intraOpThreads: Math.max(1, Math.min(options.intraOpThreads ?? cores, cores)),
    allowSpinning:
      options.allowSpinning ?? (options.batching !== 'dynamic' || (options.parallelSessions ?? 0) > 1),
    maxQueuedRequests: options.maxQueuedRequests ?? 512,
    parallelSessions: options.parallelSessions ?? 0,
    batching: {
      kind: options.batching ?? 'turns',
      limits: options.queueLimits ?? {},
      shortLaneTokens: options.shortLaneTokens ?? 0,
      onBatch: options.onBatch ?? (() => {}),
    },
    readings: options.readings ?? false,
    archives: options.archives ?? {},
    profilePrefix: options.profilePrefix,
    generation: {
      where: options.sessions ?? 'inline',
      slots: options.generationSlots ?? 16,
      cacheBytes:
        options.generationCacheBytes ?? Math.min(MOST_CACHE_BYTES, Math.floor(process.availableMemory() / 4)),
      prefixBytes: options.generationPrefixBytes ?? 0,
    },
    packing: {
      when: options.packing ?? (inThreads ? 'later' : 'first'),
      afterRuns: options.packAfterRuns ?? (inThreads ? 0 : RUNS_THAT_PAY),
    },
  };
}
