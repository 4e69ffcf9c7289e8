import { EngineError, type GoldenCheck } from '@pilotlight/engine';
import { describe, expect, it } from 'vitest';
import { goldenReportSchema } from '../../../../functions/app/src/aws/golden-report.ts';
import { aroundGoldens, type GoldensOf } from '../../../../functions/web/goldens.ts';

type Model = ReturnType<GoldensOf['loaded']>[number];

/** A model whose goldens give these results in turn, and then again. */
function model(name: string, results: readonly (GoldenCheck | Error)[]): Model & { runs: number } {
  const manifest = { name, version: '1.0.0' } as Model['manifest'];
  return {
    manifest,
    runs: 0,
    async checkGolden() {
      const result = results[this.runs++ % results.length];
      if (result instanceof Error || !result) throw result;
      return result;
    },
  };
}

function environment(models: readonly Model[], ready: Promise<unknown> = Promise.resolve()) {
  const errors: unknown[] = [];
  const logger = {
    info: () => undefined,
    warn: () => undefined,
    error: (_: string, extra: unknown) => errors.push(extra),
  };
  const fetch = aroundGoldens(() => new Response('the app'), { ready, loaded: () => models, logger });
  const ask = async (path = '/goldens', method = 'GET', headers: Record<string, string> = {}) =>
    fetch(new Request(`http://lambda${path}`, { method, headers }));
  const report = async () => goldenReportSchema.parse(await (await ask()).json());
  return { ask, report, errors };
}

const line = (number: number, drift: number): GoldenCheck => ({ line: number, drift });

describe('an environment of a web function that is asked for its goldens', () => {
  it('runs every golden of every model, none twice, and reports the largest drift', async () => {
    const models = [
      model('intent', [line(2, 0.1), line(3, 0.7), line(4, 0.2)]),
      model('slots', [line(1, 0.4)]),
    ];
    const { report, errors } = environment(models);
    expect(await report()).toEqual({ models: 2, goldens: 4, problems: 0, drift: 0.7 });
    expect(errors).toEqual([]);
  });

  it('runs them at the endpoint of the gate, and leaves the endpoint of clients to the app', async () => {
    const intent = model('intent', [line(2, 0.1)]);
    const { ask } = environment([intent]);
    const at = async (endpoint: string) =>
      (await ask('/goldens', 'GET', { 'lambda-web-endpoint-name': endpoint })).text();
    expect(await at('prod')).toBe('the app');
    expect(intent.runs).toBe(0);
    expect(await at('preview')).toContain('"goldens":1');
  });

  it('counts goldens that cannot be run or compared, and logs each with its model', async () => {
    const broken = model('intent', [
      { line: 1, problem: 'another shape' },
      new EngineError('SESSION_FAILED', 'The session failed.'),
    ]);
    const { report, errors } = environment([broken, model('slots', [line(1, 3.5)])]);
    expect(await report()).toEqual({ models: 2, goldens: 3, problems: 2, drift: 3.5 });
    expect(errors).toEqual([
      { model: 'intent@1.0.0', line: 1, problem: 'another shape' },
      { model: 'intent@1.0.0', problem: 'The session failed.' },
      { model: 'slots@1.0.0', line: 1, drift: 3.5 },
    ]);
  });

  it('runs them once, whoever asks and how often', async () => {
    const intent = model('intent', [line(1, 0.1), line(2, 0.1)]);
    const { report } = environment([intent]);
    await Promise.all([report(), report()]);
    await report();
    expect(intent.runs).toBe(3);
  });

  it('waits for its models', async () => {
    const loaded: Model[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const { report } = environment(loaded, promise);
    const answered = report();
    loaded.push(model('intent', [line(1, 0.1)]));
    resolve();
    expect(await answered).toMatchObject({ models: 1 });
  });

  it('does not count a model that has no goldens', async () => {
    const without = { manifest: { name: 'vision', version: '1.0.0' } as Model['manifest'] };
    const { report } = environment([without]);
    expect(await report()).toEqual({ models: 0, goldens: 0, problems: 0, drift: 0 });
  });

  it('leaves every other request to the app', async () => {
    const { ask } = environment([model('intent', [line(1, 0.1)])]);
    for (const [path, method] of [
      ['/goldens', 'POST'],
      ['/goldens/', 'GET'],
      ['/models/intent', 'POST'],
    ] as const)
      expect(await (await ask(path, method)).text(), `${method} ${path}`).toBe('the app');
  });
});
