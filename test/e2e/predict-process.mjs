/** A bundled handler in a process of its own, as an environment of Lambda keeps it: events come and answers go by messages. */
const { handler } = await import(process.argv[2]);
const context = {
  functionName: 'predict',
  memoryLimitInMB: '1769',
  awsRequestId: 'test',
  invokedFunctionArn: 'arn',
  getRemainingTimeInMillis: () => 29_000,
};
process.on('message', async ({ id, event }) => process.send({ id, result: await handler(event, context) }));
process.send({ id: 0, result: null });
