/** Folders of buckets, and models of MLflow: in a folder, in a bucket, behind a tracking server. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join, relative } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { listeningPort } from '../../../../model-assets/format/src/network/listening-port.ts';
import { fetchModel } from '../../../../model-assets/toolchain/src/fetch-model.ts';
import { CREDENTIALS, type S3Server, startS3 } from '../../../fixtures/s3-server.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const root = temporaryFolder();
const cache = join(root, 'cache');
const logged = join(root, 'logged');
const WEIGHTS = Buffer.from(Array.from({ length: 200_000 }, (_, i) => i % 251));
const CONFIG = '{"model_type":"bert"}';
const MLMODEL = `flavors:
  python_function:
    loader_module: mlflow.transformers
  transformers:
    components:
    - tokenizer
    instance_type: TextClassificationPipeline
    model_binary: model
    source_model_name: acme/base
    task: text-classification
mlflow_version: 2.17.0
`;
const LOGGED = {
  MLmodel: MLMODEL,
  'model/config.json': CONFIG,
  'model/model.safetensors': WEIGHTS,
  'components/tokenizer/tokenizer.json': '{}',
  'model_card.md': 'card',
  'requirements.txt': 'torch',
};
let s3: S3Server;

beforeAll(async () => {
  s3 = await startS3(join(root, 's3'));
  const variables = { ...CREDENTIALS, AWS_ENDPOINT_URL_S3: s3.url };
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await s3.close();
});
afterEach(() => {
  s3.fault = () => undefined;
  for (const folder of [cache, logged]) rmSync(folder, { recursive: true, force: true });
});

const fetchIt = (address: string, more: { offline?: boolean; MLFLOW_TRACKING_URI?: string } = {}) => {
  const { offline = false, ...variables } = more;
  return fetchModel(
    address,
    { for: 'package' },
    { cache, offline, environment: { HOME: root, AWS_ENDPOINT_URL_S3: s3.url, ...variables } },
  );
};
const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(folder, join(parentPath, name)))
    .sort();

function log(files: Readonly<Record<string, string | Buffer>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(logged, path, '..'), { recursive: true });
    writeFileSync(join(logged, path), content);
  }
}

describe('a folder of a bucket', () => {
  it('is fetched through broken connections, and again from the cache alone', async () => {
    await s3.put('a/config.json', CONFIG);
    await s3.put('a/model.safetensors', WEIGHTS);
    await s3.put('a/train.py', 'print()');
    s3.fault = ({ key, start }) =>
      key.endsWith('safetensors') && start < 100_000 ? { kind: 'cut', afterBytes: 70_000 } : undefined;
    const { path, id } = await fetchIt('s3://models/a');
    expect([id, filesIn(path)]).toEqual(['s3://models/a', ['config.json', 'model.safetensors']]);
    expect(readFileSync(join(path, 'model.safetensors'))).toEqual(WEIGHTS);
    expect((await fetchIt('s3://models/a', { offline: true })).path).toBe(path);
    writeFileSync(join(path, 'model.safetensors'), Buffer.alloc(WEIGHTS.length));
    await expect(fetchIt('s3://models/a', { offline: true })).rejects.toThrow(/lacks model\.safetensors/);
  });

  it('has another revision once a file of it has changed', async () => {
    await s3.put('b/config.json', CONFIG);
    await s3.put('b/model.safetensors', WEIGHTS);
    const first = await fetchIt('s3://models/b/');
    await s3.put('b/model.safetensors', Buffer.alloc(WEIGHTS.length, 'other'));
    const second = await fetchIt('s3://models/b/');
    expect(second.revision).not.toBe(first.revision);
    expect(readFileSync(join(second.path, 'model.safetensors'))).toEqual(
      Buffer.alloc(WEIGHTS.length, 'other'),
    );
  });

  it('may be an archive of AllenNLP', async () => {
    await s3.put('c/model.tar.gz', WEIGHTS);
    await s3.put('c/model.tar.gz.old', WEIGHTS);
    const { path } = await fetchIt('s3://models/c/model.tar.gz');
    expect(readFileSync(path)).toEqual(WEIGHTS);
  });

  it.each([
    ['s3://models/none', 'SOURCE_NOT_FOUND', /has no files/],
    ['s3://nobucket/x', 'SOURCE_NOT_FOUND', /no bucket 'nobucket'/],
    ['s3:x', 'USAGE', /write s3:\/\/bucket\/prefix/],
  ])('%s is refused with %s', async (address, code, message) => {
    await expect(fetchIt(address)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });
});

describe('a model of MLflow', () => {
  const EXPECTED = ['MLmodel', 'README.md', 'config.json', 'model.safetensors', 'tokenizer.json'];

  it('in a folder becomes the folder of a checkpoint, with its task', async () => {
    log(LOGGED);
    const { path, task } = await fetchIt(`mlflow:${logged}`);
    expect([task, filesIn(path)]).toEqual(['text-classification', EXPECTED]);
  });

  it('without weights of its own names the model of the hub that it refers to', async () => {
    log({ MLmodel: MLMODEL.replace('    model_binary: model\n', '') });
    await expect(fetchIt(`mlflow:${logged}`)).rejects.toThrow(/add hf:acme\/base/);
    log({ MLmodel: 'flavors:\n  sklearn:\n    code: null\n' });
    await expect(fetchIt(`mlflow:${logged}`)).rejects.toThrow(/has the flavours sklearn/);
  });

  it.each(['s3', 'mlflow-artifacts'])(
    'of a registry is found by its alias, with its files at %s:',
    async (scheme) => {
      log(LOGGED);
      const server = await startTracking(
        scheme === 's3' ? 's3://models/registered' : 'mlflow-artifacts:/1/model',
      );
      if (scheme === 's3')
        for (const [path, content] of Object.entries(LOGGED)) await s3.put(`registered/${path}`, content);
      try {
        const { path } = await fetchIt('mlflow:models:/reviews@champion', {
          MLFLOW_TRACKING_URI: server.url,
        });
        expect(filesIn(path)).toEqual(EXPECTED);
        expect(readFileSync(join(path, 'model.safetensors'))).toEqual(WEIGHTS);
        await expect(
          fetchIt('mlflow:models:/none/1', { MLFLOW_TRACKING_URI: server.url }),
        ).rejects.toMatchObject({
          code: 'SOURCE_NOT_FOUND',
        });
      } finally {
        await server.close();
      }
    },
  );
});

/** The part of MLflow's REST API that leads to a model, and its artifacts: whole files, of no length that it says. */
async function startTracking(uri: string) {
  const server = createServer(({ url = '' }, response) => {
    const { pathname, searchParams } = new URL(url, 'http://mlflow');
    const path = pathname.replace('/api/2.0/', '');
    const answer = (body: unknown) => response.writeHead(200).end(JSON.stringify(body));
    const folder = searchParams.get('path')?.replace(/^1\/model\/?/, '') ?? '';
    if (path === 'mlflow/registered-models/alias') answer({ model_version: { version: '3' } });
    else if (path.endsWith('get-download-uri') && searchParams.get('name') === 'reviews')
      answer({ artifact_uri: uri });
    else if (path === 'mlflow-artifacts/artifacts') {
      const entries = readdirSync(join(logged, folder), { withFileTypes: true });
      answer({
        files: entries.map((entry) => ({
          path: entry.name,
          is_dir: entry.isDirectory(),
          ...(entry.isFile() && { file_size: String(readFileSync(join(logged, folder, entry.name)).length) }),
        })),
      });
    } else if (path.startsWith('mlflow-artifacts/artifacts/')) {
      const content = readFileSync(join(logged, path.replace('mlflow-artifacts/artifacts/1/model/', '')));
      response.write(content.subarray(0, 10));
      response.end(content.subarray(10));
    } else response.writeHead(404).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${listeningPort(server)}`,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}
