import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { ServingEngine } from '../../../../functions/app/src/serve/ports.ts';
import { RegistryRollout } from '../../../../functions/app/src/serve/rollout/registry-rollout.ts';
import {
  type RoutingRule,
  routingRules,
  variantsByModel,
  variantsOfAlias,
} from '../../../../functions/app/src/serve/rollout/routing-rules.ts';
import { fakeApp, fakeEngine, postJson, silent } from '../fake-engine.ts';

/** The names of the models that a call got, by these rules. */
async function routed(rules: unknown, body: object, headers: Record<string, string> = {}, query = '') {
  const engine = fakeEngine();
  const rollout = new RegistryRollout({
    engine: { ...engine, unload: async () => {} } as never,
    models: [],
    folder: '/nowhere',
    rules: routingRules.parse(rules),
    pollMs: 1000,
    polls: 'by timer',
    goldensMs: 1000,
    logger: silent,
  });
  const init = postJson(body);
  const app = fakeApp({ engine: engine as ServingEngine, rollout });
  const response = await app.request(`/models/sentiment${query}`, {
    ...init,
    headers: { ...Object(init.headers), ...headers },
  });
  return { status: response.status, models: engine.calls.map(({ ref }) => Object(ref).name) };
}

const to = (when: object): Partial<RoutingRule>[] => [
  { model: 'sentiment', when, to: 'vectors' } as RoutingRule,
];
const ROUTED = { status: 200, models: ['vectors'] };
const KEPT = { status: 200, models: ['sentiment'] };

it('the first rule that fits decides, and a call that no rule fits gets what it asked for', async () => {
  const rules = [
    { model: 'slots', to: 'tokens' },
    { when: { headers: { 'x-tier': ['gold', 'silver'] } }, to: 'vectors' },
    { when: { headers: { 'x-tier': 'gold' } }, to: 'tokens' },
  ];
  expect(await routed(rules, { inputs: 'a' }, { 'x-tier': 'gold' })).toEqual(ROUTED);
  expect(await routed(rules, { inputs: 'a' }, { 'x-tier': 'tin' })).toEqual(KEPT);
});

it.each([
  [{ 'accept-language': 'de-CH,de;q=0.9,en;q=0.8' }, '', ROUTED],
  [{ 'accept-language': 'en,de;q=0.9' }, '', KEPT],
  [{ 'content-language': 'DE' }, '', ROUTED],
  [{ 'accept-language': 'de', 'content-language': 'fr' }, '', KEPT],
  [{ 'accept-language': 'fr' }, '?language=de-AT', ROUTED],
  [{ 'accept-language': 'den' }, '', KEPT],
  [{}, '', KEPT],
])(
  'the language of a call with %o and the query %j is that of its parameter, its body or its reader',
  async (headers, query, expected) => {
    expect(await routed(to({ language: 'de' }), { inputs: 'a' }, headers, query)).toEqual(expected);
  },
);

it('the length of a call is that of its texts, parameters aside', async () => {
  const rules = to({ minCharacters: 10, maxCharacters: 12 });
  const parameters = { function_to_apply: 'softmax' };
  expect(await routed(rules, { inputs: ['12345', '6789'], parameters })).toEqual(KEPT);
  expect(await routed(rules, { inputs: ['12345', '67890'], parameters })).toEqual(ROUTED);
  expect(await routed(rules, { inputs: '1234567890123' })).toEqual(KEPT);
});

it('the rules that name a variant say which variants may be asked for, of a model and of a version that an alias means', () => {
  const rules = routingRules.parse([
    { to: 'sentiment' },
    { to: 'sentiment', variant: 'fp32' },
    { to: 'sentiment@stable', variant: 'int8' },
    { to: 'sentiment@1.2.0', variant: 'fp16' },
    { to: 'sentiment@1.2.0', variant: 'fp32' },
    { to: 'intent', variant: 'fp32' },
  ]);
  expect(variantsByModel(rules)).toEqual({ sentiment: ['fp32', 'int8', 'fp16'], intent: ['fp32'] });
  const of = (alias: string, version: string) => variantsOfAlias(rules, 'sentiment', alias, { version });
  expect(of('prod', '1.0.0')).toEqual(['fp32']);
  expect(of('canary', '1.2.0')).toEqual(['fp32', 'fp16']);
  expect(of('stable', '1.0.0')).toEqual(['int8']);
  expect(of('shadow', '1.0.0')).toEqual([]);
});

it('a call without a key is of no tenant', async () => {
  expect(await routed(to({ tenant: 'acme' }), { inputs: 'a' })).toEqual(KEPT);
});

it.each([
  [[{ to: 'Sentiment' }], 'to'],
  [[{ to: 'sentiment@' }], 'to'],
  [[{ to: 'sentiment', variant: 'FP32' }], 'variant'],
  [[{ to: 'sentiment@canary', when: { lang: 'de' } }], 'when'],
  [[{ to: 'sentiment', when: { minCharacters: -1 } }], 'when.minCharacters'],
  [[{ to: 'sentiment', when: { headers: { 'x tenant': 'a' } } }], 'when.headers.x tenant'],
  [[{ to: 'sentiment', when: { headers: { 'x-a\r\nhost': 'a' } } }], 'when.headers.x-a\r\nhost'],
  [[], ''],
])('rules %o are refused at %j', (rules, path) => {
  const [issue] = routingRules.safeParse(rules).error?.issues ?? [];
  expect(issue?.path.slice(1).join('.')).toBe(path);
});

it('the rules of the documentation are rules', () => {
  const page = readFileSync('docs/how-to/promote-and-roll-back.md', 'utf8');
  const [, rules = ''] = /```json\n(\[[\s\S]*?\])\n```/.exec(page) ?? [];
  expect(routingRules.parse(JSON.parse(rules))).toHaveLength(4);
});
