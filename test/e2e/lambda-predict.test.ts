/** The built functions of this repository with their built layers, in local Lambda. */

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { listeningPort } from '@pilotlight/model-format/internal/network/listening-port';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { builtPredict, builtWarmer } from '../../cli/src/start/lambda/built-functions.ts';
import { LoadTimes } from '../../cli/src/start/lambda/load-times.ts';
import { ROUTES } from '../../cli/src/start/lambda/routes.ts';
import { createHttpApi, type GatewayExchange } from '../../infra/local/src/gateway/http-api.ts';
import type { LambdaFunction } from '../../infra/local/src/lambda/function-definition.ts';
import { LocalLambda } from '../../infra/local/src/lambda/local-lambda.ts';
import { describePackage } from '../../layers/builders/src/models/index.ts';
import { PACKAGES } from './packages.ts';

const WARM = 5;

let predict: LambdaFunction;
let lambda: LocalLambda;
let url: string;
const exchanges: GatewayExchange[] = [];
const loads = new LoadTimes();
const api = createHttpApi({
  routes: ROUTES,
  invoke: (request) => lambda.invoke(request),
  functionName: 'predict:live',
  answered: (exchange) => exchanges.push(exchange),
});

beforeAll(async () => {
  const sentiment = describePackage(PACKAGES, { name: 'sentiment' });
  predict = await builtPredict([sentiment], { reservedConcurrency: WARM });
  const functions = [predict, await builtWarmer()];
  lambda = await LocalLambda.start({ functions, log: (line) => loads.read(line) });
  api.listen(0, '127.0.0.1');
  await once(api, 'listening');
  url = `http://127.0.0.1:${listeningPort(api)}`;
});
afterAll(async () => {
  api.close();
  await lambda.close();
});

const ask = () => fetch(`${url}/models/sentiment`, { method: 'POST', body: '{"inputs":"I love this"}' });

describe('the predict function', () => {
  test('answers a request over HTTP from a cold start, and the next from the same environment', async () => {
    for (const response of [await ask(), await ask()]) {
      expect(response.status).toBe(200);
      expect(response.headers.get('x-pilotlight-model')).toBe('sentiment');
      expect(await response.json()).toMatchObject([[{ label: 'positive' }, { label: 'negative' }]]);
    }
    const [cold, warm] = exchanges.splice(0);
    expect(cold?.result?.init?.functionMs).toBeGreaterThan(0);
    expect(warm?.result?.init).toBeUndefined();
    expect(warm?.result?.environment).toBe(cold?.result?.environment);
    expect(loads.of(cold?.result?.environment ?? '')).toMatchObject([
      { model: 'sentiment', LoadTime: expect.any(Number) },
    ]);
  });

  test('has API Gateway answer what is no route of it', async () => {
    const response = await fetch(`${url}/nowhere`);
    expect([response.status, await response.text()]).toEqual([404, '{"message":"Not Found"}']);
  });

  test('is warm in five environments after a warm-up of five, and five requests at once see no init phase', async () => {
    const payload = JSON.stringify({ functionName: 'predict:live', concurrency: WARM });
    const { payload: answer, functionError } = await lambda.invoke({ functionName: 'warmer', payload });
    expect({ functionError, ...JSON.parse(answer.toString()) }).toMatchObject({ environments: WARM });

    const event = readFileSync('test/fixtures/events/predict.json');
    const request = { functionName: 'predict:live', payload: event };
    const outcomes = await Promise.all(Array.from({ length: WARM }, () => lambda.invoke(request)));
    expect(outcomes.map(({ payload }) => JSON.parse(payload.toString()).statusCode)).toEqual(
      outcomes.map(() => 200),
    );
    expect(outcomes.map(({ init }) => init)).toEqual(outcomes.map(() => undefined));
    expect(new Set(outcomes.map(({ environment }) => environment)).size).toBe(WARM);
  });

  test('finds its native packages in the layer and nowhere else', async () => {
    const bare = await LocalLambda.start({ functions: [{ ...predict, layers: [] }] });
    const { payload } = await bare.invoke({ functionName: 'predict', payload: '{}' });
    await bare.close();
    expect(JSON.parse(payload.toString())).toMatchObject({
      errorType: 'Runtime.ImportModuleError',
      errorMessage: expect.stringMatching(/Cannot find module '(onnxruntime-node\/bin|tokenizers)/),
    });
  });
});
