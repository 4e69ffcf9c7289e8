/** The one HTTP app: runs in Lambda, in the local service and in the server. */
import type { Handler, Hono } from 'hono';
import { HonoBase } from 'hono/hono-base';
import { TrieRouter } from 'hono/router/trie-router';
import type { BlankEnv, BlankSchema } from 'hono/types';
import { formats } from './formats/index.ts';
import { HttpError } from './http/errors.ts';
// On the way of every cold start; other formats are loaded with the first request in them.
import './formats/hugging-face/codec.ts';
import { UnsentAnswers } from './http/answer/unsent-answers.ts';
import { DEFAULT_LIMITS } from './http/limits.ts';
import { answerError, nameRoute, reportExchanges } from './serve/middleware.ts';
import { oneAtATime } from './serve/one-at-a-time.ts';
import type { AppDependencies, AppOptions } from './serve/ports.ts';
import { RememberingRouter } from './serve/remembering-router.ts';
import { serve } from './serve/serve.ts';
import { Slots } from './serve/slots.ts';
import type { RouteGroup } from './serve/wire-format.ts';
import { documentation } from './service/docs/index.ts';
import { service } from './service/index.ts';

export function createApp(options: AppOptions): Hono {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const parts: AppDependencies = {
    ...options,
    limits,
    models: oneAtATime(() => options.engine.models()),
    slots: new Slots(limits.maxConcurrentRequests),
    unsent: new UnsentAnswers(limits.maxUnsentBytes),
    telemetry: options.telemetry ?? [],
    renderMetrics: options.renderMetrics ?? (() => ''),
    openAiTokenIds: options.openAiTokenIds ?? false,
    computeType: options.computeType ?? 'cpu',
  };
  const { logger, basePath } = parts;
  parts.rollout?.listen(parts.telemetry);
  const methods = new Map<string, string[]>();

  // It is ready at once. Hono's own choice compiles all routes into one expression (2 ms of a cold start) to find one in 0.3 us, not in 1.
  const app = new HonoBase<BlankEnv, BlankSchema>({
    strict: false,
    router: new RememberingRouter(new TrieRouter()),
  });
  const letIn = parts.callers ? [parts.callers.middleware] : [];
  app.use(reportExchanges(parts));
  app.onError((error, c) => answerError(c, error, logger));
  app.notFound((c) => answerError(c, nothingHere(), logger));
  const register = (group: RouteGroup, isFormat: boolean): void => {
    for (const [route, { method, path }] of Object.entries(group.routes)) {
      const predicts = isFormat && method === 'post';
      const name = nameRoute({ route, predicts, formatError: group.errors });
      const handler = lazily(async () => loadHandler(group, route, parts));
      app.on(method, honoPaths(path, basePath), name, ...letIn, handler);
      methods.set(path, [...(methods.get(path) ?? []), ...httpMethods(method)]);
    }
  };
  for (const group of Object.values(formats)) register(group, true);
  for (const group of [service, documentation]) register(group, false);
  for (const [path, allowed] of methods) {
    for (const own of honoPaths(path, basePath)) {
      app.all(own, (c) => answerError(c, methodNotAllowed(c.req.method, allowed), logger));
    }
  }
  return app;
}

/** Loads the handler of a route with the first request for it. */
function lazily(load: () => Promise<Handler>): Handler {
  let handler: Promise<Handler> | undefined;
  return async (c, next) => {
    handler ??= load();
    return (await handler)(c, next);
  };
}

async function loadHandler(group: RouteGroup, route: string, parts: AppDependencies): Promise<Handler> {
  const codec = (await group.codecs())[route];
  if (!codec) throw nothingHere();
  return serve(codec, parts);
}

/** Writes a path in Hono's notation, with the base path and without. */
function honoPaths(path: string, basePath: string | undefined): string[] {
  const own = path.replaceAll(/\{(\w+)\}/g, ':$1');
  return basePath === undefined ? [own] : [own, own === '/' ? basePath : basePath + own];
}

function httpMethods(method: string): string[] {
  return method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()];
}

function methodNotAllowed(method: string, allowed: readonly string[]): HttpError {
  return new HttpError('METHOD_NOT_ALLOWED', `${method} is not allowed here, but ${allowed.join(', ')}.`, {
    details: { allowed },
  });
}

function nothingHere(): HttpError {
  return new HttpError('NOT_FOUND', 'There is nothing at this path. GET /docs lists what there is.');
}
