/** The script that runs while the image is built, against a NuGet feed on this machine. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join, resolve } from 'node:path';
import { zipSync } from 'fflate';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cudaProvider } from '../../../layers/builders/src/images/cuda-provider.ts';
import { node, run } from '../../e2e/command.ts';
import { temporaryFolder } from '../toolchain/temporary-folder.ts';

const wanted = cudaProvider();
const folder = temporaryFolder();
const script = join(folder, 'fetch-cuda-provider.ts');
const libraries = Object.fromEntries(
  Object.entries(wanted.files).map(([name, path]) => [path, Buffer.from(`library ${name}`)]),
);
const archive = zipSync({
  ...libraries,
  'runtimes/linux-x64/native/libonnxruntime.so': Buffer.from('not wanted'),
});
const sha512 = createHash('sha512').update(archive).digest('base64');

/** A feed with faults to choose, which counts how often it was asked. */
const feed = { recorded: sha512, busy: 0, served: archive, requests: 0 };
const server = createServer((request, response) => {
  feed.requests += 1;
  const url = `http://${request.headers.host}`;
  const id = wanted.package.toLowerCase();
  const json: Record<string, object> = {
    '/v3/index.json': {
      resources: [
        { '@id': `${url}/registration-gz`, '@type': 'RegistrationsBaseUrl/3.6.0' },
        { '@id': `${url}/flat/`, '@type': 'PackageBaseAddress/3.0.0' },
      ],
    },
    [`/registration-gz/${id}/${wanted.version}.json`]: { catalogEntry: `${url}/catalog/leaf.json` },
    '/catalog/leaf.json': { packageHash: feed.recorded, packageHashAlgorithm: 'SHA512' },
  };
  if (feed.busy > 0) {
    feed.busy -= 1;
    response.writeHead(503).end();
  } else if (json[request.url ?? '']) response.end(JSON.stringify(json[request.url ?? '']));
  else if (request.url === `/flat/${id}/${wanted.version}/${id}.${wanted.version}.nupkg`)
    response.end(feed.served);
  else response.writeHead(404).end();
});

beforeAll(async () => {
  copyFileSync('layers/builders/src/images/fetch-cuda-provider.ts', script);
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(resolve('node_modules/fflate'), join(folder, 'node_modules/fflate'));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const settings = { ...wanted, feed: `http://127.0.0.1:${port}/v3/index.json` };
  writeFileSync(join(folder, 'cuda-provider.json'), JSON.stringify(settings));
});
afterAll(() => server.close());

const fetchInto = (output: string, pinned = '') =>
  run(node(script, join(folder, output)), { env: { CUDA_PROVIDER_SHA512: pinned } });

test('the CUDA provider is of the very version of ONNX Runtime that is installed, from the feed that its package names', () => {
  const { version } = JSON.parse(readFileSync('node_modules/onnxruntime-node/package.json', 'utf8'));
  expect(wanted).toMatchObject({
    feed: 'https://api.nuget.org/v3/index.json',
    package: 'Microsoft.ML.OnnxRuntime.Gpu.Linux',
    version,
  });
});

test('the fetch of the CUDA provider writes the libraries of the provider, without those of TensorRT, and says what to pin', async () => {
  const { code, stdout } = await fetchInto('good');
  expect(code).toBe(0);
  expect(stdout).toContain(`${sha512}; pin it by CUDA_PROVIDER_SHA512`);
  for (const name of ['libonnxruntime_providers_cuda.so', 'libonnxruntime_providers_shared.so'])
    expect(readFileSync(join(folder, 'good', name), 'utf8')).toBe(`library ${name}`);
  expect(existsSync(join(folder, 'good', 'libonnxruntime_providers_tensorrt.so'))).toBe(false);
  expect(existsSync(join(folder, 'good', 'libonnxruntime.so'))).toBe(false);
});

test('the fetch of the CUDA provider waits for a feed that is busy', async () => {
  feed.busy = 1;
  expect(await fetchInto('busy', sha512)).toMatchObject({ code: 0 });
});

test('the fetch of the CUDA provider installs nothing that differs from what the feed has recorded, or from what is pinned', async () => {
  const pinned = await fetchInto('pinned', 'AAAA');
  expect(pinned.code).not.toBe(0);
  expect(pinned.stderr).toContain('CUDA_PROVIDER_SHA512 says AAAA. It is not installed.');
  feed.served = zipSync({ ...libraries, more: Buffer.from('what somebody has put there') });
  const changed = await fetchInto('changed');
  expect(changed.code).not.toBe(0);
  expect(changed.stderr).toContain(`the feed says ${sha512}`);
  for (const output of ['pinned', 'changed']) expect(existsSync(join(folder, output))).toBe(false);
});

test('the fetch of the CUDA provider says which address a package is missing at, and does not ask again', async () => {
  feed.recorded = sha512;
  const settings = JSON.parse(readFileSync(join(folder, 'cuda-provider.json'), 'utf8'));
  writeFileSync(join(folder, 'cuda-provider.json'), JSON.stringify({ ...settings, version: '0.0.0' }));
  feed.requests = 0;
  const { code, stderr } = await fetchInto('missing');
  expect(code).not.toBe(0);
  expect(stderr).toMatch(/registration-gz\/.*\/0\.0\.0\.json answers 404/);
  expect(feed.requests).toBe(2);
});
