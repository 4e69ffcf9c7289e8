/** The interfaces that the app asks of its surroundings; Lambda, the local service and the server each bring their own. */
import type { BatchTally, Engine, PackageEntry, PackageManifest, Predictor } from '@pilotlight/engine';
import type { FinishReason } from '@pilotlight/engine/internal/predict/generation';
import type { Reading, Reference } from '@pilotlight/model-format/drift';
import type { UnsentAnswers } from '../http/answer/unsent-answers.ts';
import type { Limits } from '../http/limits.ts';
import type { Jobs } from '../jobs/job.ts';
import type { Callers } from './callers-port.ts';
import type { HandOver, HandOverRecord } from './hand-over-port.ts';
import type { Rollout, RolloutRecord } from './rollout-port.ts';
import type { Siblings } from './siblings-port.ts';
import type { Slots } from './slots.ts';

/** The part of an engine that the app uses. */
export type ServingEngine = Pick<Engine, 'prepare'> & {
  models(): Promise<readonly ListedModel[]>;
  model(ref: Parameters<Engine['model']>[0]): Promise<ServedModel>;
  predictor(ref: Parameters<Engine['predictor']>[0]): Promise<TokenModel>;
  loaded(): readonly { readonly manifest: { readonly name: string; readonly version: string } }[];
};

/** A package, or a model of the server or of another function, of which nothing is known here but its name. */
export type ListedModel = PackageEntry | RemoteModel;
export interface RemoteModel {
  readonly name: string;
  readonly servedBy: 'server' | 'function';
}

export function isRemote(model: ListedModel): model is RemoteModel {
  return 'servedBy' in model;
}

/** A model that answers by its name. */
export interface ServedModel {
  readonly manifest: PackageManifest;
  /** The variant that answers, or the dtype of a model of transformers.js. */
  readonly variantName: string;
  /** See `LoadedModel.reference`. */
  reference?(): Promise<Reference | undefined>;
}

/** A model that reads tokens. */
export type TokenModel = Pick<
  Predictor,
  'manifest' | 'variant' | 'variantName' | 'maxBatchTokens' | 'withGraph' | 'tokenize' | 'decode' | 'hasToken'
>;

export interface Logger {
  info(message: string, fields: Record<string, unknown>): void;
  warn(message: string, fields: Record<string, unknown>): void;
  error(message: string, fields: Record<string, unknown>): void;
}

/** Facts that the caller of the app's `fetch` gives beside the request; a client on the network cannot give them. */
export interface RequestContext {
  /** Whether nobody waits for the answer, so that other requests go first. @default false */
  readonly background?: boolean;
  /** The id by which whoever took the request knows it. @default - one of its own */
  readonly requestId?: string | undefined;
  /** Whether an invocation of Lambda sends its answer as it is made, and not whole at its end. @default false */
  readonly streams?: boolean;
}

/** One request and its answer. `model` is empty where the request named none that exists. */
export interface Exchange {
  /** Its name in the route table, or `unmatched`. */
  readonly route: string;
  /** Whether it asks a model for predictions. */
  readonly predicts: boolean;
  readonly model: string;
  /** The version that answered; empty where none did. */
  readonly version: string;
  readonly status: number;
  /** The code of the error that was answered, or empty. */
  readonly code: string;
  readonly ms: number;
}

/** One successful prediction, all its inputs together; times in milliseconds. */
export interface PredictionRecord {
  readonly model: string;
  readonly version: string;
  readonly variant: string;
  /** Its name in the route table. */
  readonly route: string;
  /** The sha256 of the package's model.json, where it comes from a file. */
  readonly checksum?: string | undefined;
  readonly inputs: number;
  readonly timings: {
    readonly tokenizeMs: number;
    readonly queueMs: number;
    readonly inferMs: number;
    readonly postprocessMs: number;
  };
  readonly totalMs: number;
  /** Whether the answer was kept from the same call before; absent where none are kept. */
  readonly cached?: boolean;
  readonly tokens: { readonly total: number; readonly padded: number; readonly truncated: number };
  /** Batches of the prediction, if the model runs in batches. */
  readonly batches?: BatchTally | undefined;
  /** What is counted of each input that was answered, where drift is watched. */
  readonly readings?: readonly Reading[];
  /** Reads what the model's texts are usually like. @throws PilotlightError REFERENCE_INVALID. @default - nobody knows */
  readonly reference?: () => Promise<Reference | undefined>;
  /** Of a model that generates text. */
  readonly generation?: GenerationRecord;
}

/** What was generated for one prediction, all its inputs together. */
export interface GenerationRecord {
  /** Tokens of prompts or sources. */
  readonly promptTokens: number;
  /** Tokens of all sequences. */
  readonly newTokens: number;
  /** Of each input whose tokens were drawn: by which the same text comes again. */
  readonly seeds: readonly number[];
  /** Of each sequence. */
  readonly finishReasons: readonly FinishReason[];
  /** Of each input: milliseconds from the begin of the prediction to its first token, and between two of its tokens. */
  readonly pace: readonly { readonly firstTokenMs: number; readonly tokenMs: number }[];
  /** Inputs of which earlier ones had left first tokens, and how many tokens these were; see `TokenTimings.prefixTokens`. */
  readonly prefixes: { readonly hits: number; readonly tokens: number };
}

/** A listener that is told what happened. It must not throw. */
export interface Telemetry {
  answered(exchange: Exchange): void;
  predicted?(record: PredictionRecord): void;
  /** Is told of a request that this process handed over, or had to answer although it should not. */
  handedOver?(record: HandOverRecord): void;
  /** Is told of what becomes of the versions of a registry. */
  rolledOut?(record: RolloutRecord): void;
}

/** The models that are to be loaded before the process counts as ready. */
export interface Readiness {
  /** By the reference that was asked for. */
  states(): ReadonlyMap<string, 'loading' | 'ready' | 'failed'>;
}

export interface AppOptions {
  readonly engine: ServingEngine;
  readonly logger: Logger;
  /** @default DEFAULT_LIMITS */
  readonly limits?: Partial<Limits>;
  /** Answers calls that name no model: `/invocations`, and TEI's at the root. @default - the only one that can */
  readonly defaultModel?: string;
  /** Whether OpenAI's route takes ids of tokens, which its clients give by OpenAI's vocabulary. @default false */
  readonly openAiTokenIds?: boolean;
  /** Where the graphs run, as TEI's answers say it. @default 'cpu' */
  readonly computeType?: 'cpu' | 'gpu';
  /**
   * The prefix that its paths have for clients, such as `/nlp`; the app answers with it and without.
   *
   * @default - the stage, on an address that API Gateway gave
   */
  readonly basePath?: string;
  /** @default - nobody is told */
  readonly telemetry?: readonly Telemetry[];
  /** Text of /metrics in the Prometheus format. @default - empty */
  readonly renderMetrics?: () => string;
  /** @default - ready at once */
  readonly readiness?: Readiness;
  /** Takes the requests that this process should not answer. @default - it answers everything */
  readonly handOver?: HandOver;
  /** Answer for their own models. @default - there are none */
  readonly siblings?: Siblings;
  /** Which version of a model a call gets. @default - the highest that there is */
  readonly rollout?: Rollout<ServingEngine>;
  /** Who may call, and how much. @default - whoever reaches it */
  readonly callers?: Callers;
  /** Aborted once the process is about to end: texts that are being told end where they are. @default - they come to their end */
  readonly ending?: AbortSignal;
  /** Keeps the jobs. @default - the routes of jobs answer 404 */
  readonly jobs?: Jobs;
}

/** The options of the app with their defaults, and what its handlers share. */
export type AppDependencies = Omit<AppOptions, 'limits'> &
  Required<Pick<AppOptions, 'telemetry' | 'renderMetrics' | 'openAiTokenIds' | 'computeType'>> & {
    readonly limits: Limits;
    /** The engine's list of packages; callers at once share the work. */
    readonly models: () => Promise<readonly ListedModel[]>;
    readonly slots: Slots;
    readonly unsent: UnsentAnswers;
    /** Is told of the results of this call that are about to be answered. @default - nobody is told */
    readonly predicted?: (results: readonly unknown[]) => void;
  };
