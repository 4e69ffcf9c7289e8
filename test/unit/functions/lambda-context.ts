/** The context that Lambda passes with an event. */
export function lambdaContext(remainingMs = 29_000) {
  return {
    functionName: 'pilotlight-predict',
    functionVersion: '7',
    invokedFunctionArn: 'arn:aws:lambda:eu-central-1:123456789012:function:pilotlight-predict:live',
    memoryLimitInMB: '1769',
    awsRequestId: '5c5f0d5e-0000-4000-8000-000000000000',
    logGroupName: '/aws/lambda/pilotlight-predict',
    logStreamName: '2026/10/29/[7]0',
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => remainingMs,
    done: () => {},
    fail: () => {},
    succeed: () => {},
  };
}
