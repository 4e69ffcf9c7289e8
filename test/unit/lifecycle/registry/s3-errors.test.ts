/** What people read where a bucket does not do what a registry asks. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { pushPackage, RegistryBucket, readRecord, requireOfAlias } from '@pilotlight/lifecycle/registry';
import { emptyRecord, recordText } from '@pilotlight/model-format/registry';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ACTOR, registryWorld, writeVersion } from './registry-world.ts';

const world = registryWorld();
let server: Server;
let answer: { readonly status: number; readonly code: string; readonly body?: string };
beforeAll(async () => {
  server = createServer((request, response) => {
    request.resume();
    response.writeHead(answer.status, { 'content-type': 'application/xml' });
    response.end(
      answer.body ?? `<?xml version="1.0"?><Error><Code>${answer.code}</Code><Message>no</Message></Error>`,
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => void server.close());

const address = () => {
  const bound = server.address();
  return `http://127.0.0.1:${typeof bound === 'object' ? bound?.port : ''}`;
};
const read = (changes: Readonly<Record<string, string | undefined>> = {}) =>
  readRecord(RegistryBucket.open('s3://models/team', { ...world.environment, ...changes }), 'reviews');
const unreachable = (part: string) => ({
  code: 'REGISTRY_UNREACHABLE',
  message: expect.stringMatching(
    new RegExp(`^s3://models/team/_registry/reviews\\.json cannot be used: ${part}.*$`),
  ),
});

describe('a registry that cannot be reached', () => {
  test.each([
    [403, 'AccessDenied', 'it is denied \\(AccessDenied\\)\\. Grant s3:GetObject'],
    [403, 'SignatureDoesNotMatch', 'it is denied \\(SignatureDoesNotMatch\\)'],
    [404, 'NoSuchBucket', 'there is no such bucket\\. Make it, or compare --registry'],
    [400, 'AuthorizationHeaderMalformed', 'it lies in another region .*Set AWS_REGION'],
    [400, 'ExpiredToken', 'the credentials have expired\\. Sign in again'],
    [501, 'NotImplemented', 'it lacks what a registry needs'],
    [400, 'InvalidRequest', 'it answered 400 InvalidRequest: no'],
  ])('%i %s is told in one line that says what to do', async (status, code, part) => {
    answer = { status, code };
    await expect(read({ AWS_ENDPOINT_URL_S3: address() })).rejects.toMatchObject(unreachable(part));
  });

  test('because it gives no ETags is never written, as others may write at the same moment', async () => {
    answer = { status: 200, code: '', body: recordText(emptyRecord('reviews')) };
    const registry = RegistryBucket.open('s3://models/team', {
      ...world.environment,
      AWS_ENDPOINT_URL_S3: address(),
    });
    const required = { ...ACTOR, alias: 'prod', gates: ['accuracy>=0.9'] };
    await expect(requireOfAlias(registry, 'reviews', required)).rejects.toMatchObject({
      code: 'REGISTRY_UNREACHABLE',
      message: expect.stringContaining('came without an ETag'),
    });
  });

  test('because nothing listens is told with where to look', async () => {
    await expect(read({ AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9' })).rejects.toMatchObject(
      unreachable('no answer came \\(.*ECONNREFUSED.*\\)\\. Look at the network, AWS_REGION'),
    );
  });

  test('names the object that could not be written', async () => {
    writeVersion(world, '1.0.0');
    const denied = RegistryBucket.open('s3://others/team', world.environment);
    await expect(
      pushPackage(denied, { name: 'reviews', version: '1.0.0' }, { ...ACTOR, packages: world.packages }),
    ).rejects.toMatchObject({
      code: 'REGISTRY_UNREACHABLE',
      message: expect.stringContaining(
        's3://others/team/_registry/reviews.json cannot be used: there is no such bucket',
      ),
    });
  });
});

describe('the address of a registry', () => {
  test.each(['models', 's3://', 's3://Models', 's3://models/a b', 'https://models', 's3://models/../a'])(
    '%s is refused with an example',
    (text) => {
      expect(() => RegistryBucket.open(text, {})).toThrow(
        expect.objectContaining({
          code: 'USAGE',
          message: expect.stringContaining('such as s3://acme-models/registry'),
        }),
      );
    },
  );

  test.each([
    ['s3://models', 's3://models/reviews/1.0.0/model.json'],
    ['s3://models/a/b/', 's3://models/a/b/reviews/1.0.0/model.json'],
  ])('%s has its packages below it', (text, url) => {
    expect(RegistryBucket.open(text, {}).url('reviews/1.0.0/model.json')).toBe(url);
  });
});
