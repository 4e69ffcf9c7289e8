import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { preload } from '../../functions/app/src/settings/preload.ts';
import { quiet, type Service, serve, type Workspace, workspace } from './http-service.ts';

let space: Workspace;
let service: Service | undefined;

afterEach(async () => {
  await service?.stop();
  space.remove();
});

async function serveAfter(damage: (folder: string) => void): Promise<Service> {
  space = workspace();
  damage(join(space.packages, 'sentiment', '1.0.1'));
  service = await serve(space.packages);
  return service;
}

function flipByte(path: string, offset: number): void {
  const bytes = readFileSync(path);
  bytes.writeUInt8(bytes.readUInt8(offset) ^ 1, offset);
  writeFileSync(path, bytes);
}

function editManifest(folder: string, edit: (manifest: Record<string, unknown>) => void): void {
  const path = join(folder, 'model.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8'));
  edit(manifest);
  writeFileSync(path, JSON.stringify(manifest));
}

const DAMAGES: [string, string, (folder: string) => void][] = [
  [
    'a weight byte differs',
    'PACKAGE_CORRUPT',
    (folder) => flipByte(join(folder, 'int8/weights.bin'), 100_000),
  ],
  [
    'a byte of the tokenizer differs',
    'PACKAGE_CORRUPT',
    (folder) => flipByte(join(folder, 'tokenizer/vocab.txt'), 5000),
  ],
  ['the weights are missing', 'PACKAGE_CORRUPT', (folder) => rmSync(join(folder, 'int8/weights.bin'))],
  [
    'the graph is cut short',
    'PACKAGE_CORRUPT',
    (folder) => writeFileSync(join(folder, 'int8/model.onnx'), 'short'),
  ],
  ['the manifest is missing', 'PACKAGE_INVALID', (folder) => rmSync(join(folder, 'model.json'))],
  ['the manifest is not JSON', 'PACKAGE_INVALID', (folder) => writeFileSync(join(folder, 'model.json'), '{')],
  [
    'the manifest has an unknown key',
    'PACKAGE_INVALID',
    (folder) => editManifest(folder, (manifest) => Object.assign(manifest, { surprise: 1 })),
  ],
  [
    'the manifest is of another model',
    'PACKAGE_INVALID',
    (folder) => editManifest(folder, (manifest) => Object.assign(manifest, { name: 'intent' })),
  ],
];

describe('a package of which', () => {
  it.each(DAMAGES)('%s is refused by name, and the others serve', async (_, code, damage) => {
    const { post } = await serveAfter(damage);
    const refused = await post('sentiment', { inputs: 'I love this' });
    expect(refused).toMatchObject({ status: 500, body: { code, model: 'sentiment', version: '1.0.1' } });
    expect(JSON.stringify(refused.body)).not.toMatch(/weights|model\.json|\/tmp|surprise/);
    expect((await post('intent', { inputs: 'what is my balance' })).status).toBe(200);
    expect((await post('slots', { inputs: 'play Adele' })).status).toBe(200);
  });

  it('the manifest is refused is listed with the reason', async () => {
    const { url } = await serveAfter((folder) =>
      editManifest(folder, (manifest) => Object.assign(manifest, { surprise: 1 })),
    );
    const { models } = JSON.parse(await (await fetch(`${url}/models`)).text());
    expect(models).toMatchObject([
      { name: 'intent', task: 'text-classification' },
      { name: 'sentiment', problem: expect.stringContaining('surprise') },
      { name: 'slots', task: 'token-classification' },
    ]);
  });

  it('a file was restored serves on the next request', async () => {
    const { post } = await serveAfter((folder) => flipByte(join(folder, 'int8/weights.bin'), 100_000));
    expect((await post('sentiment', { inputs: 'I love this' })).status).toBe(500);
    flipByte(join(space.packages, 'sentiment/1.0.1/int8/weights.bin'), 100_000);
    expect((await post('sentiment', { inputs: 'I love this' })).status).toBe(200);
  });

  it('a byte differs keeps the service from being ready, and nothing else', async () => {
    const { engine } = await serveAfter((folder) => flipByte(join(folder, 'int8/weights.bin'), 100_000));
    const readiness = preload(engine, ['sentiment', 'intent'], quiet);
    await readiness.settled;
    expect(Object.fromEntries(readiness.states())).toEqual({ sentiment: 'failed', intent: 'ready' });
  });
});
