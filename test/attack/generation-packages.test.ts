/** Packages of models that generate whose manifest was tampered with: they do not load, or each call fails by a code; none hangs. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageGenerator } from '@pilotlight/toolchain';
import { beforeAll, expect, it } from 'vitest';
import { Engine } from '../../layers/engine/src/index.ts';
import { writeLlama } from '../fixtures/generators.ts';
import { temporaryFolder } from '../unit/toolchain/temporary-folder.ts';

const folder = temporaryFolder();
const packages = join(folder, 'packages');
const file = join(packages, 'chatter/1.0.0/model.json');
let text: string;

beforeAll(async () => {
  writeLlama(join(folder, 'source'));
  const options = { source: join(folder, 'source'), packages, name: 'chatter', version: '1.0.0' };
  await packageGenerator({ ...options, force: false, variants: ['fp32'] });
  text = readFileSync(file, 'utf8');
});

type Fields = Readonly<Record<string, unknown>>;

/** What becomes of a call to the package with other fields in these parts of its manifest. */
async function call(parts: Readonly<Record<string, Fields>>): Promise<unknown> {
  const manifest: Record<string, Fields> = JSON.parse(text);
  const changed = Object.entries(parts).map(([part, fields]) => [part, { ...manifest[part], ...fields }]);
  writeFileSync(file, JSON.stringify({ ...manifest, ...Object.fromEntries(changed) }));
  const engine = new Engine({ packages });
  try {
    return await engine.predict('chatter', 'a text', { max_new_tokens: 2 });
  } finally {
    await engine.dispose();
  }
}

it('a package that nobody touched generates', async () => {
  expect(await call({})).toMatchObject({ results: [{ sequences: [{}] }] });
});

it.each<[string, Fields]>([
  ['another type', { num_beams: 'four' }],
  ['more beams than there can be', { num_beams: 1e9 }],
  ['what is not supported', { num_beam_groups: 4 }],
  ['a token that the model does not have', { forced_bos_token_id: 9_999_999 }],
])('does not load with defaults of %s', async (_, defaults) => {
  await expect(call({ generation: { defaults } })).rejects.toMatchObject({ code: 'PACKAGE_INVALID' });
});

it.each<[string, Fields]>([
  ['fewer layers', { layers: 1 }],
  ['more layers', { layers: 1000 }],
  ['other heads', { heads: 1 }],
  ['entries of another size', { dim: 3 }],
])('fails by a code with %s than its graph has', async (_, decoder) => {
  await expect(call({ decoder })).rejects.toMatchObject({
    code: expect.stringMatching(/^(PACKAGE_INVALID|SESSION_FAILED)$/),
  });
});
