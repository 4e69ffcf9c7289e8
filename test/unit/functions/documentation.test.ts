import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { predictRequest } from '../../../functions/app/src/formats/hugging-face/request.ts';
import { STATUS_OF } from '../../../functions/app/src/http/error-codes.ts';
import { DEFAULT_LIMITS } from '../../../functions/app/src/http/limits.ts';
import { routes } from '../../../functions/app/src/routes.ts';
import { fakeApp } from './fake-engine.ts';

const get = async (path: string) => (await fakeApp().request(path)).text();

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
    expect(Object.keys(responses)).toEqual([
      '200',
      '202',
      '400',
      '404',
      '413',
      '415',
      '422',
      '429',
      '500',
      '502',
    ]);
    expect(responses[413].description).toBe('`BODY_TOO_LARGE`');
    expect(Object.keys(responses[200].headers)).toContain('x-inference-time');
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
    expect(PredictRequest.properties.inputs.type).toEqual(['string', 'object', 'array']);
  });
});

describe('GET /docs', () => {
  it('shows every route and loads nothing from elsewhere', async () => {
    const response = await fakeApp().request('/docs');
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
    expect(bodies).toContainEqual({ model: 'encoder', input: 'I love this' });
    expect(bodies.filter((body) => Object.keys(body).length === 0)).toEqual([]);
  });

  it('is where / leads', async () => {
    const response = await fakeApp().request('/');
    expect([response.status, response.headers.get('location')]).toEqual([302, '/docs']);
  });
});

describe('docs/reference/http-api.md', () => {
  const text = readFileSync(new URL('../../../docs/reference/http-api.md', import.meta.url), 'utf8');

  it('lists every route of the table', () => {
    for (const { method, path } of Object.values(routes)) {
      expect(text).toContain(`| ${method.toUpperCase()} | \`${path}\` |`);
    }
  });

  it('counts the routes that an API Gateway has to have, and those of a model', () => {
    const all = Object.values(routes);
    const ofModel = all.filter(({ path }) => path.includes('{model}'));
    expect(text).toContain(
      `the app takes ${all.length}; each model with a function of its own takes ${ofModel.length} more`,
    );
  });

  it('lists every error code with its status', () => {
    for (const [code, status] of Object.entries(STATUS_OF))
      expect(text).toContain(`| ${status} | \`${code}\` |`);
  });

  it('states the limits as they are', () => {
    for (const limit of Object.values(DEFAULT_LIMITS)) expect(text).toContain(limit.toLocaleString('en'));
  });

  it('lists every field of a request', () => {
    for (const field of Object.keys(predictRequest.shape)) expect(text).toContain(`\`${field}\``);
  });
});
