/** Hands the event of a request to another function, and its answer back. See ADR-siblings.md. */
import { EngineError } from '@pilotlight/engine';
import type { Context } from 'hono';
import type { LambdaContext } from 'hono/aws-lambda';
import * as z from 'zod/mini';
import type { Invocation, Invoke } from '../../aws/lambda-invoker.ts';
import { HttpError } from '../../http/errors.ts';
import type { Logger } from '../../serve/ports.ts';
import type { Siblings } from '../../serve/siblings-port.ts';

/** Time that is kept for the error where the other function does not answer before this one is stopped. */
const CLOSING_MS = 500;

/** The answer of a predict function to a request over HTTP. Events with lists of headers, of a REST API among them, are answered with such. */
const answerSchema = z.object({
  statusCode: z.int(),
  headers: z.optional(z.record(z.string(), z.string())),
  multiValueHeaders: z.optional(z.record(z.string(), z.array(z.string()))),
  body: z.string(),
  isBase64Encoded: z.boolean(),
});

export interface SiblingsOptions {
  /** ARNs of aliases, by the names of their models. */
  readonly functions: Readonly<Record<string, string>>;
  /** Loads the client of Lambda. */
  readonly invoker: () => Promise<Invoke>;
  readonly logger: Logger;
}

export function functionSiblings({ functions, invoker, logger }: SiblingsOptions): Siblings {
  let loaded: Promise<Invoke> | undefined;
  return {
    models: Object.keys(functions),
    answer: async (model, c, path) => {
      loaded ??= invoker();
      const invoke = await loaded;
      const name = functions[model] ?? '';
      const invocation = await invoke(name, eventOf(c, path), AbortSignal.timeout(remainingMs(c)));
      return readAnswer(invocation, model, logger);
    },
  };
}

function readAnswer(invocation: Invocation, model: string, logger: Logger): Response {
  if ('failure' in invocation && invocation.throttled) {
    throw new EngineError(
      'OVERLOADED',
      'The function of the model has as many requests as it may have. Try again.',
      {
        details: { model },
      },
    );
  }
  const { data } = answerSchema.safeParse('answer' in invocation ? invocation.answer : undefined);
  if (data) {
    const { statusCode: status, multiValueHeaders = {}, body, isBase64Encoded } = data;
    const headers = new Headers(data.headers);
    for (const [name, values] of Object.entries(multiValueHeaders)) {
      for (const value of values) headers.append(name, value);
    }
    const bytes = isBase64Encoded ? Buffer.from(body, 'base64') : body;
    return new Response(body === '' ? null : bytes, { status, headers });
  }
  const reason = 'failure' in invocation ? invocation.failure : 'its answer is none of HTTP';
  logger.error('The function of a model gave no answer', { model, reason });
  throw new HttpError(
    'FUNCTION_UNAVAILABLE',
    `The function of ${model} gave no answer. Send the request again.`,
    {
      details: { model },
    },
  );
}

interface LambdaEnv {
  readonly event?: object;
  readonly lambdaContext?: LambdaContext;
}

/** The event as this function got it, with what the authoriser told of the caller. */
function eventOf({ env }: Context<{ Bindings: LambdaEnv }>, path: string | undefined): object {
  const { event = {} } = env;
  if (path === undefined) return event;
  return { ...event, ['rawPath' in event ? 'rawPath' : 'path']: path };
}

function remainingMs({ env }: Context<{ Bindings: LambdaEnv }>): number {
  return Math.max(1, (env.lambdaContext?.getRemainingTimeInMillis() ?? 0) - CLOSING_MS);
}
