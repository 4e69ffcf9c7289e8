import { expect, test } from 'vitest';
import { parseManifest } from '../../../model-assets/format/src/manifest/package-manifest.ts';
import { manifestOf } from '../engine/fakes.ts';

const [int8] = Object.values(manifestOf().variants);
if (int8 === undefined) throw new TypeError('the fake manifest has an int8 variant');
const { model } = int8.graphs;

const parse = (graphs: object) =>
  parseManifest(JSON.stringify({ ...manifestOf(), variants: { int8: { ...int8, graphs } } }), {
    name: 'parity',
    version: '1.0.0',
  });

test('a manifest has the graph of each variant by its name', () => {
  expect(parse({ model })).toMatchObject({ variants: { int8: { graphs: { model } } } });
});

test.each([
  ['no graph named model', {}, 'variants.int8.graphs.model: must be an object'],
  ['a graph whose name no engine knows', { model, decoder: model }, 'must not have the key "decoder"'],
])('a manifest is refused whose variant has %s', (_, graphs, reason) => {
  expect(() => parse(graphs)).toThrow(reason);
});
