/** The one HTTP app: runs in Lambda, in the local service and in the container. */
import { Hono } from 'hono';
import { documentationHandlers } from './docs/documentation.ts';
import { HttpError } from './answer/errors.ts';
import { predictionHandlers } from './formats/index.ts';
import { besideContainer } from './serve/hand-over.ts';
import { jobHandlers } from './service/jobs.ts';
import { DEFAULT_LIMITS } from './request/limits.ts';
import { modelHandler, modelsHandler } from './service/models.ts';
import { metricsHandler, operationHandlers } from './service/operations.ts';
import type { AppOptions } from './serve/ports.ts';
import { type RouteName, routes } from './routes.ts';
import { type RouteHandler, serving } from './serve/serving.ts';

export function createApp(options: AppOptions): Hono {
  const {
    logger,
    telemetry = [],
    renderMetrics = () => '',
    readiness,
    defaultModel,
    watchClients,
    handOver,
    basePath,
  } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const engine = handOver ? besideContainer(options.engine, handOver) : options.engine;
  const parts = {
    engine,
    limits,
    telemetry,
    ...(defaultModel !== undefined && { defaultModel }),
    ...(watchClients && { watchClients }),
  };
  const model = modelHandler(engine);
  const handlers: Record<RouteName, RouteHandler> = {
    ...predictionHandlers(parts),
    ...jobHandlers(options.jobs, limits),
    models: modelsHandler(engine),
    model,
    modelVersion: model,
    ...operationHandlers(engine, readiness),
    metrics: metricsHandler(renderMetrics),
    ...documentationHandlers(),
  };
  const app = new Hono({ strict: false });
  const optional = { ...(handOver && { handOver }), ...(basePath !== undefined && { basePath }) };
  const surroundings = { logger, telemetry, limits, ...optional };
  for (const [name, { method, path }] of entries(routes)) {
    app.on(method, pathsOf(path, basePath), serving(name, handlers[name], surroundings));
  }
  for (const [path, methods] of methodsByPath()) {
    for (const own of pathsOf(path, basePath))
      app.all(own, serving('unmatched', refuseMethod(methods), surroundings));
  }
  app.notFound(serving('unmatched', refusePath, surroundings));
  return app;
}

function entries<Key extends string, Value>(record: Record<Key, Value>): [Key, Value][] {
  return Object.entries(record) as [Key, Value][];
}

/** With the base path and without. */
function pathsOf(path: string, basePath: string | undefined): string[] {
  const own = honoPath(path);
  return basePath === undefined ? [own] : [own, own === '/' ? basePath : basePath + own];
}

function honoPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}

function methodsByPath(): Map<string, string[]> {
  const methods = new Map<string, string[]>();
  for (const { method, path } of Object.values(routes)) {
    const known = methods.get(path) ?? [];
    methods.set(path, [...known, ...(method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()])]);
  }
  return methods;
}

function refuseMethod(allowed: readonly string[]): RouteHandler {
  return (c) => {
    throw new HttpError(
      'METHOD_NOT_ALLOWED',
      `${c.req.method} is not allowed here, but ${allowed.join(', ')}.`,
      {
        details: { allowed },
      },
    );
  };
}

const refusePath: RouteHandler = () => {
  throw new HttpError('NOT_FOUND', 'There is nothing at this path. GET /docs lists what there is.');
};
