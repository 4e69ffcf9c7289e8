/** Invokes Lambda functions, and says what came of it without throwing. */
import {
  InvokeCommand,
  LambdaClient,
  type LambdaClientConfig,
  LambdaServiceException,
} from '@aws-sdk/client-lambda';

export type Invocation =
  | { readonly answer: unknown }
  /** `retry` is false where another try cannot help: the function is not there, or may not be invoked. */
  | { readonly failure: string; readonly retry: boolean; readonly throttled?: true };

export type Invoke = (functionName: string, payload: object, signal: AbortSignal) => Promise<Invocation>;

/** Invocations under way at once; the SDK's own default of 50 would queue the others. */
const MAXIMUM_SOCKETS = 1000;

/** @param config - where another endpoint than the region's own is to be reached */
export function lambdaInvoker(config: LambdaClientConfig = {}): Invoke {
  const sockets = { maxSockets: MAXIMUM_SOCKETS };
  const client = new LambdaClient({
    maxAttempts: 1,
    requestHandler: { connectionTimeout: 3000, httpAgent: sockets, httpsAgent: sockets },
    ...config,
  });
  return async (functionName, payload, signal) => {
    const command = new InvokeCommand({
      FunctionName: functionName,
      InvocationType: 'RequestResponse',
      Payload: Buffer.from(JSON.stringify(payload)),
    });
    try {
      const { FunctionError: kind, Payload: bytes } = await client.send(command, { abortSignal: signal });
      const text = Buffer.from(bytes ?? []).toString('utf8');
      return kind === undefined
        ? { answer: text === '' ? null : JSON.parse(text) }
        : { failure: `the function failed (${kind}): ${text.slice(0, 300)}`, retry: true };
    } catch (error) {
      return failed(error);
    }
  };
}

function failed(error: unknown): Invocation {
  if (error instanceof LambdaServiceException) {
    const status = error.$metadata.httpStatusCode ?? 500;
    const reason = 'Reason' in error && typeof error.Reason === 'string' ? ` (${error.Reason})` : '';
    const failure = `${error.name}${reason}: ${error.message}`;
    if (status === 429) return { failure, retry: true, throttled: true };
    return { failure, retry: status >= 500 };
  }
  const { name, message } = error instanceof Error ? error : new TypeError(String(error));
  return { failure: `${name}: ${message}`, retry: true };
}
