import { readFileSync } from 'node:fs';
import { TASKS } from '@pilotlight/model-format';
import { describe, expect, it } from 'vitest';
import { predictRequest } from '../../../functions/app/src/formats/hugging-face/request.ts';
import { STATUS_OF } from '../../../functions/app/src/http/error-codes.ts';
import { DEFAULT_LIMITS } from '../../../functions/app/src/http/limits.ts';
import { routes } from '../../../functions/app/src/routes.ts';
import { gatewayKeys } from '../../../functions/app/src/serve/callers/gateway-keys.ts';
import { LocalUsage } from '../../../functions/app/src/serve/callers/local-usage.ts';
import { makeCallers } from '../../../functions/app/src/serve/callers/middleware.ts';
import { Quotas } from '../../../functions/app/src/serve/callers/quotas.ts';
import { archiveManifestOf } from '../../fixtures/archive-manifest.ts';
import { manifestOf } from '../engine/fakes.ts';
import { generationManifestOf } from '../format/generation-manifest.ts';
import { fakeApp, fakeEngine, silent } from './fake-engine.ts';
import { fakeJobs } from './hand-over-to-server/fake-jobs.ts';

/** A model for every task, one of an archive, one that generates, jobs and quotas: whatever a service may have. */
const models = TASKS.map((task) => {
  const manifest = manifestOf({ name: task, version: '1.0.0', task });
  return { name: task, version: '1.0.0', manifest };
});
const archive = { name: 'ner', version: '1.0.0', manifest: archiveManifestOf() };
const generator = { name: 'frames', version: '1.0.0', manifest: generationManifestOf() };
const wholeApp = () =>
  fakeApp({
    engine: fakeEngine({ entries: [...models, archive, generator] }),
    jobs: fakeJobs(),
    callers: makeCallers({ keys: gatewayKeys, quotas: new Quotas(new LocalUsage(), { logger: silent }) }),
    defaultModel: 'text-classification',
  });
const get = async (path: string, app = wholeApp()) => (await app.request(path)).text();

describe('GET /openapi.json', () => {
  it('describes every route of the table with a summary and its responses', async () => {
    const document = JSON.parse(await get('/openapi.json'));
    expect(document.openapi).toBe('3.1.0');
    for (const { method, path } of Object.values(routes)) {
      expect(document.paths[path]?.[method], `${method} ${path}`).toMatchObject({
        summary: expect.stringMatching(/\S/),
        responses: expect.any(Object),
      });
    }
  });

  it('has every schema that it refers to', async () => {
    const text = await get('/openapi.json');
    const document = JSON.parse(text);
    const references = [...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name ?? '');
    expect(references.length).toBeGreaterThan(5);
    expect(Object.keys(document.components.schemas)).toEqual(expect.arrayContaining(references));
  });

  it('says which codes each status of a prediction stands for', async () => {
    const { responses } = JSON.parse(await get('/openapi.json')).paths['/models/{model}'].post;
    expect(Object.keys(responses)).toEqual(['200', '400', '404', '413', '415', '422', '429', '500']);
    expect(responses[413].description).toBe('`BODY_TOO_LARGE`');
    expect(Object.keys(responses[200].headers)).toContain('x-inference-time');
  });
});

describe('the OpenAPI document of a service', () => {
  const documentOf = async (app: ReturnType<typeof fakeApp>) => JSON.parse(await get('/openapi.json', app));
  const entries = models.filter(({ name }) => name === 'text-classification');

  it('has no routes of jobs without a queue, and no schemas or tags that nothing refers to', async () => {
    const { paths, components, tags } = await documentOf(fakeApp());
    expect(Object.keys(paths).filter((path) => path.includes('jobs'))).toEqual([]);
    expect(Object.keys(components.schemas)).not.toContain('JobRequest');
    expect(tags.map(({ name }: { name: string }) => name)).not.toContain('Jobs');
    expect((await documentOf(wholeApp())).paths['/jobs'].post.operationId).toBe('createJob');
  });

  it('speaks of the server only where there is one', async () => {
    const handOver = {
      models: ['large'],
      queues: true,
      take: async () => ({ kind: 'here', circuit: 'closed' }),
    };
    const beside = (await documentOf(fakeApp({ handOver } as never))).paths['/models/{model}'].post;
    const alone = (await documentOf(fakeApp())).paths['/models/{model}'].post;
    const names = ({ parameters }: { parameters: { name: string }[] }) => parameters.map(({ name }) => name);
    expect(names(beside)).toEqual(expect.arrayContaining(['prefer', 'idempotency-key']));
    expect(names(alone)).toEqual(['model']);
    expect(Object.keys(beside.responses)).toEqual(expect.arrayContaining(['202', '502', '503']));
    expect(Object.keys(alone.responses)).not.toEqual(expect.arrayContaining(['202']));
    expect(beside.responses[200].headers).toHaveProperty('x-pilotlight-served-by');
    expect(alone.responses[200].headers).not.toHaveProperty('x-pilotlight-served-by');
  });

  it('has routes at the root only where a model answers them, and says so of those below a model', async () => {
    const { paths } = await documentOf(fakeApp({ engine: fakeEngine({ entries }) }));
    expect(paths).toHaveProperty('/predict');
    expect(paths).not.toHaveProperty('/rerank');
    const ranks = paths['/models/{model}/rerank'].post;
    expect(ranks.description).toMatch(/No model/);
    expect(ranks.requestBody.content['application/json']).not.toHaveProperty('example');
  });

  it('asks for the header that names a model only where none is meant without it', async () => {
    const target = async (app: ReturnType<typeof fakeApp>) => {
      const { parameters } = (await documentOf(app)).paths['/invocations'].post;
      return parameters.find(({ name }: { name: string }) => name === 'x-amzn-sagemaker-target-model')
        .required;
    };
    expect(await target(fakeApp({ engine: fakeEngine({ entries: models }) }))).toBe(true);
    expect(await target(fakeApp({ engine: fakeEngine({ entries }) }))).not.toBe(true);
  });

  it('has an id and a known tag for every operation, and nothing that is left open', async () => {
    const text = await get('/openapi.json');
    const { paths, tags, security, components } = JSON.parse(text);
    const operations = Object.values<Record<string, { operationId: string; tags: string[] }>>(paths).flatMap(
      (item) => Object.values(item),
    );
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
    const known = tags.map(({ name, description }: Record<string, string>) => description && name);
    for (const operation of operations) expect(known).toEqual(expect.arrayContaining(operation.tags));
    expect(text).not.toMatch(/x-needs|x-sent-to/);
    const schemes = security.flatMap((requirement: object) => Object.keys(requirement));
    expect(Object.keys(components.securitySchemes)).toEqual(schemes);
  });

  it('names the address that the client used', async () => {
    const { servers } = await documentOf(fakeApp({ basePath: '/nlp' }));
    expect(servers).toEqual([{ url: '/nlp' }]);
  });
});

describe('the request of a prediction', () => {
  it('is described by the very schema that checks it', async () => {
    const { PredictRequest } = JSON.parse(await get('/openapi.json')).components.schemas;
    expect(Object.keys(PredictRequest.properties)).toEqual(Object.keys(predictRequest.shape));
    expect(PredictRequest).toMatchObject({
      type: 'object',
      required: ['inputs'],
      additionalProperties: false,
    });
    expect(PredictRequest.properties.inputs.anyOf).toEqual([
      { type: 'string' },
      { type: 'object' },
      { type: 'array', minItems: 1, items: {} },
    ]);
  });
});

describe('GET /docs', () => {
  it('shows every route and loads nothing from elsewhere', async () => {
    const response = await wholeApp().request('/docs');
    const page = await response.text();
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(page).not.toMatch(/https?:\/\//);
    expect(page).not.toMatch(/<(?:link|img|iframe)|\bsrc=|@import/);
    for (const { path } of Object.values(routes)) expect(page).toContain(`<code>${path}</code>`);
  });

  it('holds a script that parses and a form for each route', async () => {
    const page = await get('/docs');
    const script = page.match(/<script>([\s\S]*)<\/script>/)?.[1] ?? '';
    expect(() => new Function(script)).not.toThrow();
    expect(page.match(/<form /g)).toHaveLength(Object.keys(routes).length);
  });

  it('begins each body with an example of its format', async () => {
    const page = await get('/docs');
    const bodies = [...page.matchAll(/<textarea[^>]*>([^<]*)</g)].map(([, text]) =>
      JSON.parse((text ?? '').replaceAll('&quot;', '"')),
    );
    const posts = Object.values(routes).filter(({ method }) => method === 'post');
    expect(bodies).toHaveLength(posts.length);
    expect(bodies).toContainEqual({ model: 'feature-extraction', input: 'I love this' });
    // No model answers /embed_sparse, below a model or at the root.
    expect(bodies.filter((body) => Object.keys(body).length === 0)).toHaveLength(2);
  });

  it('is where / leads', async () => {
    const response = await fakeApp().request('/');
    expect([response.status, response.headers.get('location')]).toEqual([302, '/docs']);
  });
});

describe('docs/reference/http-api.md and generation-api.md', () => {
  const read = (page: string) =>
    readFileSync(new URL(`../../../docs/reference/${page}.md`, import.meta.url), 'utf8');
  const [text, limits] = [read('http-api') + read('generation-api'), read('request-limits')];

  it('lists every route of the table', () => {
    for (const { method, path } of Object.values(routes)) {
      expect(text).toContain(`| ${method.toUpperCase()} | \`${path}\` |`);
    }
  });

  it('counts the routes that an API Gateway has to have, and those of a model', () => {
    const all = Object.values(routes);
    const ofModel = all.filter(({ path }) => path.includes('{model}'));
    expect(limits).toContain(
      `the app takes ${all.length}; each model with a function of its own takes ${ofModel.length} more`,
    );
  });

  it('lists every error code with its status', () => {
    for (const [code, status] of Object.entries(STATUS_OF))
      expect(text).toContain(`| ${status} | \`${code}\` |`);
  });

  it('states the limits as they are', () => {
    for (const limit of Object.values(DEFAULT_LIMITS)) expect(limits).toContain(limit.toLocaleString('en'));
  });

  it('lists every field of a request', () => {
    for (const field of Object.keys(predictRequest.shape)) expect(text).toContain(`\`${field}\``);
  });
});
