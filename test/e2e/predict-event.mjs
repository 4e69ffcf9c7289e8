/** Runs one bundled handler in this fresh process on the events named, as Lambda does; prints the results as JSON. */
import { readFileSync } from 'node:fs';

const [bundle, ...events] = process.argv.slice(2);
const start = performance.now();
const { handler } = await import(bundle);
const initMs = performance.now() - start;
const context = {
  functionName: 'predict',
  memoryLimitInMB: '1769',
  awsRequestId: 'test',
  invokedFunctionArn: 'arn',
  getRemainingTimeInMillis: () => 29_000,
};
const results = [];
for (const event of events) results.push(await handler(JSON.parse(readFileSync(event, 'utf8')), context));
console.log(`RESULTS ${JSON.stringify({ initMs, results })}`);
