/**
 * A span for each prediction that is asked for, and one for each of its stages, made once the answer is there: until then a
 * request carries no more than the place of its record. W3C trace context in, OTLP out.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Attributes,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import type { TracerProvider } from '@opentelemetry/sdk-trace';
import { findRoute } from '@pilotlight/app/internal/routes';
import type { Exchange, Logger, PredictionRecord, Telemetry } from '@pilotlight/app/internal/serve/ports';
import type { TracingSettings } from '@pilotlight/app/internal/settings/tracing';
import { ENGINE_VERSION } from '@pilotlight/engine';
import type { Hono } from 'hono';
import type { LambdaContext } from 'hono/aws-lambda';
import { createProvider } from './provider.ts';

/** A collector that does not answer must not hold up the end of the process. */
const SHUTDOWN_MS = 3000;
/** On Lambda the time after an answer is paid for, and the environment takes no other request in it. */
const FLUSH_MS = 1000;

type Fetch = Hono['fetch'];

interface Prediction extends PredictionRecord {
  /** On the clock of spans. */
  readonly at: number;
}

/** The record of one request, which the app's telemetry fills in. */
interface RequestRecord {
  exchange?: Exchange;
  /** Called with the exchange, of an answer that was not over when it began to be sent. */
  over?: () => void;
  readonly predictions: Prediction[];
}

const headers = {
  keys: (carrier: Headers) => [...carrier.keys()],
  get: (carrier: Headers, key: string) => carrier.get(key) ?? undefined,
};

export async function startTracing(settings: TracingSettings, logger: Logger): Promise<Tracing> {
  const tellOfFailure = (error: unknown) => logger.warn('Traces could not be exported', { error });
  return new Tracing(await createProvider(settings, tellOfFailure), tellOfFailure);
}

export class Tracing implements Telemetry {
  readonly #provider: TracerProvider;
  readonly #tellOfFailure: (error: unknown) => void;
  readonly #tracer;
  readonly #propagator = new W3CTraceContextPropagator();
  readonly #current = new AsyncLocalStorage<RequestRecord>();

  constructor(provider: TracerProvider, tellOfFailure: (error: unknown) => void) {
    this.#provider = provider;
    this.#tellOfFailure = tellOfFailure;
    this.#tracer = provider.getTracer('pilotlight', ENGINE_VERSION);
  }

  /** `fetch` of an app that has this among its telemetry, each POST in a span. */
  around(fetch: Fetch): Fetch {
    return async (request, ...rest) => {
      if (request.method !== 'POST') return fetch(request, ...rest);
      const parent = this.#propagator.extract(ROOT_CONTEXT, request.headers, headers);
      const path = new URL(request.url).pathname;
      const attributes = { 'http.request.method': 'POST', 'url.path': path };
      const span = this.#tracer.startSpan('POST', { kind: SpanKind.SERVER, attributes }, parent);
      if (!span.isRecording()) return fetch(request, ...rest);
      const { lambdaContext }: { lambdaContext?: LambdaContext } = rest[0] ?? {};
      if (lambdaContext) span.setAttribute('faas.invocation_id', lambdaContext.awsRequestId);
      const told: RequestRecord = { predictions: [] };
      const over = (): void => {
        this.#describe(span, told);
        span.end();
      };
      try {
        const response = await this.#current.run(told, () => fetch(request, ...rest));
        const isOver = told.exchange !== undefined || !isEventStream(response);
        if (isOver) over();
        else told.over = over;
        return response;
      } catch (error) {
        over();
        throw error;
      }
    };
  }

  answered(exchange: Exchange): void {
    const told = this.#current.getStore();
    if (!told) return;
    told.exchange = exchange;
    told.over?.();
  }

  predicted(record: PredictionRecord): void {
    this.#current.getStore()?.predictions.push({ ...record, at: Date.now() });
  }

  /** Sends what is not sent yet. Never rejects, and waits for a second at most. */
  async flush(): Promise<void> {
    await this.#within(FLUSH_MS, this.#provider.forceFlush());
  }

  /** The same at the end: a process ends without its last traces rather than not at all. */
  async shutdown(): Promise<void> {
    await this.#within(SHUTDOWN_MS, this.#provider.shutdown());
  }

  async #within(milliseconds: number, sent: Promise<void>): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, milliseconds);
    await Promise.race([sent.catch(this.#tellOfFailure), late]);
    clearTimeout(timer);
  }

  #describe(span: Span, { exchange, predictions }: RequestRecord): void {
    if (exchange) {
      const { route, status, code } = exchange;
      const path = findRoute(route)?.path;
      if (path !== undefined) {
        span.updateName(`POST ${path}`);
        span.setAttribute('http.route', path);
      }
      span.setAttribute('http.response.status_code', status);
      if (code !== '') span.setAttribute('error.type', code);
      if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
    }
    for (const prediction of predictions) {
      span.setAttributes(describePrediction(prediction));
      this.#stages(span, prediction);
    }
  }

  /** One after the other, the last of them over when the app told of it. */
  #stages(parent: Span, { timings, tokens, batches, at }: Prediction): void {
    const { tokenizeMs, queueMs, inferMs, postprocessMs } = timings;
    const context = trace.setSpan(ROOT_CONTEXT, parent);
    const inBatches: Attributes = batches
      ? {
          'pilotlight.batch.count': batches.count,
          'pilotlight.batch.size': batches.size,
          'pilotlight.batch.tokens': batches.tokens,
        }
      : {};
    const stages = [
      ['tokenise', tokenizeMs, { 'pilotlight.tokens': tokens.total }],
      ['queue', queueMs, {}],
      ['infer', inferMs, inBatches],
      ['postprocess', postprocessMs, {}],
    ] as const;
    let startTime = at - stages.reduce((sum, [, ms]) => sum + ms, 0);
    for (const [name, ms, attributes] of stages) {
      const span = this.#tracer.startSpan(name, { startTime, attributes }, context);
      startTime += ms;
      span.end(startTime);
    }
  }
}

const isEventStream = ({ headers }: Response): boolean => headers.get('content-type') === 'text/event-stream';

function describePrediction({
  model,
  version,
  variant,
  inputs,
  tokens,
  generation,
}: PredictionRecord): Attributes {
  return {
    'pilotlight.model': model,
    'pilotlight.model.version': version,
    'pilotlight.variant': variant,
    'pilotlight.inputs': inputs,
    'pilotlight.tokens': tokens.total,
    'pilotlight.padding_tokens': tokens.padded,
    'pilotlight.truncated_tokens': tokens.truncated,
    ...(generation && {
      'pilotlight.generated_tokens': generation.newTokens,
      'pilotlight.finish_reasons': [...generation.finishReasons],
    }),
  };
}
