import { expect, it } from 'vitest';
import { refuseStrangers } from '../../../../cli/src/start/strangers.ts';
import {
  type CallerRules,
  callerRules,
  refuseForeignCaller,
} from '../../../../infra/local/src/foreign-caller.ts';

const passes = (headers: Record<string, string>, rules?: CallerRules) =>
  refuseForeignCaller(headers, rules) === undefined;

it.each(['localhost', 'LocalHost:8080', '127.0.0.1', '127.0.0.1:4568', '127.9.8.7', '[::1]', '[::1]:1'])(
  'a caller of %s may pass',
  (host) => {
    expect(passes({ host })).toBe(true);
  },
);

it.each([
  'evil.example',
  'localhost.evil.example',
  'evil.localhost',
  '127.0.0.1.nip.io',
  '10.0.0.1',
  '[fe80::1]',
  '::1',
  '[::1',
  'localhost:',
  'localhost:80:80',
  'user@localhost',
  'localhost/x',
  'a b',
  '',
])('a caller of %j is refused, with what to do', (host) => {
  expect(refuseForeignCaller({ host })).toContain('--allow-host NAME');
});

it('a service that listens beyond this machine is called by any address, and by its own name alone', () => {
  const everywhere = callerRules('0.0.0.0');
  for (const host of ['10.0.0.1:80', '[fe80::1]', '0.0.0.0', 'localhost'])
    expect(passes({ host }, everywhere)).toBe(true);
  for (const host of ['evil.example', '10.0.0.1.nip.io', '10.0.0.256'])
    expect(passes({ host }, everywhere)).toBe(false);
  expect(passes({ host: 'my-machine:80' }, callerRules('my-machine'))).toBe(true);
  for (const host of ['127.0.0.1', '::1', 'localhost'])
    expect(passes({ host: '10.0.0.1' }, callerRules(host))).toBe(false);
});

it('a name that is allowed may be called, on any port, in any case', () => {
  const rules = callerRules('127.0.0.1', ['Host.Docker.Internal']);
  expect(passes({ host: 'host.docker.internal:8080' }, rules)).toBe(true);
  expect(passes({ host: 'docker.internal' }, rules)).toBe(false);
});

it('an Origin is that of a page: it may pass where it is the page of the service itself', () => {
  const host = 'localhost:8080';
  const own = { host, origin: 'http://localhost:8080' };
  expect(passes(own)).toBe(false);
  expect(passes(own, { hasPages: true })).toBe(true);
  for (const origin of [
    'http://localhost:3000',
    'https://localhost:8080',
    'null',
    '',
    'http://evil.example',
  ]) {
    expect(passes({ host, origin }, { hasPages: true }), origin).toBe(false);
  }
});

it('what a page embeds is refused, and a link that somebody follows is not', () => {
  for (const site of ['cross-site', 'same-site']) {
    expect(passes({ 'sec-fetch-site': site, 'sec-fetch-mode': 'no-cors' })).toBe(false);
    expect(passes({ 'sec-fetch-site': site, 'sec-fetch-mode': 'navigate' })).toBe(true);
  }
  for (const site of ['same-origin', 'none']) expect(passes({ 'sec-fetch-site': site })).toBe(true);
});

it('the app of npm start refuses with the body of every other error', async () => {
  const fetch = refuseStrangers(() => new Response('hello'), callerRules('127.0.0.1'));
  const ask = async (headers: Record<string, string>) => fetch(new Request('http://localhost/', { headers }));
  expect(await (await ask({ host: 'localhost' })).text()).toBe('hello');
  const refused = await ask({ origin: 'http://evil.example' });
  expect(refused.status).toBe(403);
  expect(await refused.json()).toEqual({ code: 'CALLER_REFUSED', error: expect.stringContaining('Origin') });
});
