import { describe, expect, it } from 'vitest';
import { readConfig } from '../../../functions/app/src/settings/config.ts';
import { appOptions } from '../../../functions/app/src/settings/engine-options.ts';
import { fakeApp, postJson } from './fake-engine.ts';
import { fakeJobs } from './hand-over-to-server/fake-jobs.ts';

const JOB = `/jobs/${'1'.padStart(22, '0')}`;
const body = postJson({ model: 'large', inputs: 'a' });

/** The part of API Gateway's event that describes the request, as the adapter passes it on. */
const at = (stage: string, domainName: string) => ({ requestContext: { stage, domainName } });
const GIVEN = 'abcde12345.execute-api.eu-central-1.amazonaws.com';

describe('where the status of a job is', () => {
  it.each([
    ['on a server', {}, undefined, ''],
    ['on a named stage', at('prod', GIVEN), undefined, '/prod'],
    ['in China', at('prod', `${GIVEN}.cn`), undefined, '/prod'],
    ['on the default stage', at('$default', GIVEN), undefined, ''],
    ['on a domain of one’s own, which does not show the stage', at('prod', 'nlp.example.com'), undefined, ''],
    ['on a domain of one’s own with a base path', at('prod', 'nlp.example.com'), '/v1', '/v1'],
    ['behind a proxy', {}, '/nlp/models', '/nlp/models'],
  ])('is said as clients find it: %s', async (_, circumstances, basePath, before) => {
    const app = fakeApp({ jobs: fakeJobs(), ...(basePath !== undefined && { basePath }) });
    const response = await app.request('/jobs', body, circumstances);
    expect([response.status, response.headers.get('location')]).toEqual([202, before + JOB]);
    expect(await response.json()).toMatchObject({ status_url: before + JOB });
  });

  it('is said in its own answer, too', async () => {
    const jobs = fakeJobs();
    const view = await jobs.submit({ path: '/', contentType: '', body: Buffer.of() }, 'large');
    const app = fakeApp({ jobs: { ...jobs, read: async () => view } });
    const response = await app.request(JOB, {}, at('prod', GIVEN));
    expect(await response.json()).toEqual({ ...view, status_url: `/prod${JOB}` });
  });
});

describe('a base path', () => {
  const app = fakeApp({ jobs: fakeJobs(), basePath: '/nlp' });

  it('may stand before each path, or be gone already', async () => {
    for (const path of ['/nlp/models/sentiment', '/models/sentiment']) {
      expect((await app.request(path, postJson({ inputs: 'a' }))).status).toBe(200);
    }
    expect((await app.request('/nlp/jobs')).status).toBe(405);
    expect((await app.request('/other/jobs', body)).status).toBe(404);
  });

  it('is where / leads', async () => {
    expect((await app.request('/nlp/')).headers.get('location')).toBe('/nlp/docs');
  });

  it('is a setting', () => {
    expect(appOptions(readConfig({ PILOTLIGHT_BASE_PATH: '/nlp/v1' }))).toMatchObject({
      basePath: '/nlp/v1',
    });
    expect(appOptions(readConfig({}))).not.toHaveProperty('basePath');
  });

  it.each(['nlp', '/', '/nlp/', '//example.com', '/a b', '/{model}'])('cannot be %s', (path) => {
    expect(() => readConfig({ PILOTLIGHT_BASE_PATH: path })).toThrow(/PILOTLIGHT_BASE_PATH: must begin/);
  });
});
