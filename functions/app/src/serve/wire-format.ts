/** The interface of a wire format: its routes, a codec for each of them, and how errors look. */
import type { Prediction, PreparedCall, TokenLimits } from '@pilotlight/engine';
import type { GenerationEvent } from '@pilotlight/engine/internal/predict/generation';
import type { ZodMiniType } from 'zod/mini';
import type { ErrorFormat } from '../http/errors.ts';
import type { Call } from './call.ts';
import type {
  AppDependencies,
  GenerationRecord,
  PredictionRecord,
  ServedModel,
  ServingEngine,
} from './ports.ts';
import type { Route } from './route.ts';

/** One group of routes that is registered by itself. Whatever is not plain data is loaded with the first request for it. */
export interface RouteGroup {
  readonly routes: Readonly<Record<string, Route>>;
  /** Errors as its clients read them. @default - `{error, code}` and details */
  readonly errors?: ErrorFormat;
  /** A codec for each of `routes`, by its name. */
  readonly codecs: () => Promise<Readonly<Record<string, Codec>>>;
  /** Schemas and operations for the OpenAPI document. */
  readonly openapi: () => Promise<GroupOpenApi>;
}

export interface GroupOpenApi {
  /** Descriptions of the tags of its routes. */
  readonly tags: Readonly<Record<string, string>>;
  /** Schemas of request bodies, in zod/mini, by their names in the document. */
  readonly bodies: Readonly<Record<string, ZodMiniType>>;
  /** Parameters, body and responses of each route, by its name. */
  readonly operations: Readonly<Record<string, object>>;
}

/** Reads a request of one route, and knows what it asks: of a model, or of the service. */
export type Codec = ModelCodec | ServiceCodec;

export interface ModelCodec {
  /** Reads the question of the request, and the model that it is for. @throws EngineError INVALID_INPUT, HttpError */
  decode(call: Call, parts: AppDependencies): Ask | Promise<Ask>;
}

export interface ServiceCodec {
  /** The answer of a route that is about no model: a value that is sent as JSON, or a whole response. */
  tell(call: Call, parts: AppDependencies): unknown;
}

export interface Ask {
  /** The model as the request names it, `name` or `name@version`. */
  readonly ref: string;
  /** The same request where its path names the model, so that no header is needed. @default - its own path */
  readonly path?: string;
  /** The content type, where it says what another header says. @default - the one of the request */
  readonly contentType?: string;
  /** Finds the model, and says what it has to do. @throws EngineError MODEL_NOT_FOUND, HttpError */
  work(engine: ServingEngine): Promise<Work>;
}

/** The work of one call for a model of this process. */
export type Work = PredictionWork | Question;

export interface PredictionWork {
  readonly model: ServedModel;
  /** Makes tokens of the inputs, by which the work can be estimated, until `signal` is aborted. @throws EngineError */
  prepare(limits: TokenLimits, signal: AbortSignal): Promise<PreparedCall>;
  /** The body of the answer: a value that is sent as JSON, or a `RawAnswer`. */
  encode(prediction: Prediction): unknown;
  /** Headers of the wire format, which win over those of every prediction. @default - none */
  headers?(record: PredictionRecord): Readonly<Record<string, string>>;
  /** The answer piece by piece, where the request asks for it; a job has all of it at once. @default - the answer is one body */
  readonly stream?: AnswerStream;
  /** What telemetry is told of generated texts. @default - the model generates none */
  summarise?(prediction: Prediction): GenerationRecord;
}

/** The answer to one request as server-sent events. */
export interface AnswerStream {
  /** What stands before the data of each event: clients that read lines expect one or the other. */
  readonly field: 'data: ' | 'data:';
  /** The data of the events that tell of it, in order: a text as it is, anything else as JSON. */
  tell(event: GenerationEvent): readonly unknown[];
}

/** A question about the model, or for its tokenizer: nothing is predicted. */
export interface Question {
  readonly model: { readonly manifest: { readonly name: string } };
  /** The body of the answer. */
  tell(): unknown;
}

/** A group whose routes all have a codec, which the compiler has checked. */
export interface CompleteGroup<Routes extends Readonly<Record<string, Route>>> extends RouteGroup {
  readonly routes: Routes;
  readonly codecs: () => Promise<Readonly<Record<keyof Routes & string, Codec>>>;
  readonly openapi: () => Promise<GroupOpenApi & { readonly operations: Record<keyof Routes, object> }>;
}

export function defineGroup<Routes extends Readonly<Record<string, Route>>>(
  group: CompleteGroup<Routes>,
): CompleteGroup<Routes> {
  return group;
}
