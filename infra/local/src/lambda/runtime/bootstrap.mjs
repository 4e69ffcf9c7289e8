/**
 * The runtime inside an execution environment, which is `/var/runtime` on AWS, for Node 24. It loads the handler, asks the
 * Runtime API for one invocation after the other, and tells it results and errors in the shapes of AWS's runtime.
 * It is plain JavaScript, because stripping types would be part of every cold start that is measured.
 *
 * Protocol: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
const started = performance.now();

import { existsSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { resolve } from 'node:path';
import { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { pathToFileURL } from 'node:url';
import { format } from 'node:util';

const { env } = process;
const [host, port] = env.AWS_LAMBDA_RUNTIME_API.split(':');
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const since = (milliseconds) => performance.timeOrigin + milliseconds;
let requestId;

class RuntimeError extends Error {
  constructor(name, message, cause) {
    super(message, { cause });
    this.name = `Runtime.${name}`;
  }
}

function call(method, path, { body, headers = {} } = {}) {
  const payload = body === undefined ? undefined : Buffer.from(body);
  const sent =
    payload === undefined
      ? headers
      : { ...headers, 'content-type': 'application/json', 'content-length': payload.length };
  return new Promise((done, failed) => {
    const options = { host, port, method, agent, headers: sent, path: `/2018-06-01/runtime/${path}` };
    request(options, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => done({ headers: response.headers, body: Buffer.concat(chunks).toString() }));
      response.on('error', failed);
    })
      .on('error', failed)
      .end(payload);
  });
}

/** Marks a handler that gets a stream for its answer, as in AWS's runtime. */
const STREAMING = Symbol.for('aws.lambda.runtime.handler.streaming');

/** The answer of a streaming handler: its request to the Runtime API begins with the first byte, which settles the content type. */
class ResponseStream extends Writable {
  #type = 'application/octet-stream';
  #head = [];
  #request;

  setContentType(type) {
    this.#type = type;
  }

  /** Puts status and headers before the body, divided by eight zeros, as a function URL reads them. */
  static from(stream, metadata) {
    stream.setContentType('application/vnd.awslambda.http-integration-response');
    stream.#head = [Buffer.from(JSON.stringify(metadata)), Buffer.alloc(8)];
    return stream;
  }

  _write(chunk, _encoding, done) {
    this.#begin().write(chunk, done);
  }

  _final(done) {
    this.#begin().end();
    this.answered.then(() => done(), done);
  }

  /** Ends an answer that had begun by the error that ended it. */
  fail(error) {
    const request = this.#begin();
    request.addTrailers({
      'lambda-runtime-function-error-type': describeError(error).errorType,
      'lambda-runtime-function-error-body': Buffer.from(JSON.stringify(describeError(error))).toString(
        'base64',
      ),
    });
    request.end();
    return this.answered;
  }

  get hasBegun() {
    return this.#request !== undefined;
  }

  #begin() {
    if (this.#request) return this.#request;
    const path = `/2018-06-01/runtime/invocation/${requestId}/response`;
    const headers = {
      'content-type': this.#type,
      'lambda-runtime-function-response-mode': 'streaming',
      'transfer-encoding': 'chunked',
      trailer: 'Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body',
    };
    const { promise, resolve: answered, reject } = Promise.withResolvers();
    this.answered = promise;
    this.#request = request({ host, port, method: 'POST', agent, headers, path }, (response) => {
      response.resume().on('end', answered);
    }).on('error', reject);
    for (const part of this.#head) this.#request.write(part);
    return this.#request;
  }
}

globalThis.awslambda = {
  HttpResponseStream: ResponseStream,
  streamifyResponse: (handler) => Object.assign(handler, { [STREAMING]: 'response' }),
};

/** Gives an error the form that Lambda shows to the caller; anything may have been thrown. */
function describeError(error) {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };
  const { name, message, stack } = error;
  return {
    errorType: name,
    errorMessage: message,
    trace: typeof stack === 'string' ? stack.split('\n') : [],
  };
}

const report = (path, error) =>
  call('POST', path, {
    body: JSON.stringify(describeError(error)),
    headers: { 'lambda-runtime-function-error-type': describeError(error).errorType },
  });

/** Gives each line of `console.log` the form that CloudWatch shows: time, request, level and text, divided by tabs. */
function prefixConsole() {
  const levels = { log: 'INFO', info: 'INFO', debug: 'DEBUG', trace: 'TRACE', warn: 'WARN', error: 'ERROR' };
  for (const [method, level] of Object.entries(levels)) {
    const stream = level === 'WARN' || level === 'ERROR' ? process.stderr : process.stdout;
    console[method] = (...values) =>
      stream.write(`${[new Date().toISOString(), requestId, level, format(...values)].join('\t')}\n`);
  }
}

/** Ends a process that an exception left in an unknown state, with the exit codes of AWS's runtime. */
function endOnException(event, exitCode, toError) {
  process.on(event, (thrown) => {
    const error = toError(thrown);
    console.error(
      event === 'uncaughtException' ? 'Uncaught Exception' : 'Unhandled Promise Rejection',
      error,
    );
    const path = requestId === undefined ? 'init/error' : `invocation/${requestId}/error`;
    void report(path, error).finally(() => process.exit(exitCode));
  });
}

/** `_HANDLER` is `file.export`: an ES module is imported, so that its top-level await is part of the init phase. */
async function loadHandler() {
  const [, file, name] = /^(.*?)\.([^/]+)$/.exec(env._HANDLER) ?? [];
  if (file === undefined) throw new RuntimeError('MalformedHandlerName', 'Bad handler');
  const base = resolve(env.LAMBDA_TASK_ROOT, file);
  const path = ['.js', '.mjs', '.cjs'].map((extension) => base + extension).find(existsSync);
  if (path === undefined) throw new RuntimeError('ImportModuleError', `Error: Cannot find module '${file}'`);
  const module = await import(pathToFileURL(path).href).catch((error) => {
    if (error instanceof SyntaxError) throw new RuntimeError('UserCodeSyntaxError', String(error), error);
    if (error?.code === 'MODULE_NOT_FOUND' || error?.code === 'ERR_MODULE_NOT_FOUND')
      throw new RuntimeError('ImportModuleError', String(error), error);
    throw error;
  });
  const handler = module[name] ?? module.default?.[name];
  if (typeof handler !== 'function')
    throw new RuntimeError('HandlerNotFound', `${env._HANDLER} is undefined or not exported`);
  if (handler.length > 2 && handler[STREAMING] === undefined) {
    const message =
      'AWS Lambda has removed support for callback-based function handlers starting with Node.js 24.';
    throw new RuntimeError('CallbackHandlerDeprecated', message);
  }
  return handler;
}

function createContext(headers) {
  const deadline = Number(headers['lambda-runtime-deadline-ms']);
  return {
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    xRayTraceId: headers['lambda-runtime-trace-id'],
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
}

/** `undefined` has no JSON; Lambda answers `null`. */
function serialise(result) {
  try {
    return JSON.stringify(result ?? null);
  } catch (error) {
    throw new RuntimeError(
      'JSONStringifyError',
      `Unable to stringify response body: ${error.message}`,
      error,
    );
  }
}

/** An answer is over when its handler is and its stream is. */
async function stream(handler, { body, headers }) {
  const answer = new ResponseStream();
  const over = finished(answer);
  try {
    await handler(JSON.parse(body), answer, createContext(headers));
    await over;
  } catch (error) {
    over.catch(() => {});
    if (!answer.hasBegun) throw error;
    console.error('Invoke Error', error);
    await answer.fail(error);
  }
}

async function serve(handler, phases) {
  for (let headers = phases; ; headers = {}) {
    const next = await call('GET', 'invocation/next', { headers });
    requestId = next.headers['lambda-runtime-aws-request-id'];
    env._X_AMZN_TRACE_ID = next.headers['lambda-runtime-trace-id'];
    try {
      if (handler[STREAMING]) await stream(handler, next);
      else {
        const body = serialise(await handler(JSON.parse(next.body), createContext(next.headers)));
        await call('POST', `invocation/${requestId}/response`, { body });
      }
    } catch (error) {
      console.error('Invoke Error', error);
      await report(`invocation/${requestId}/error`, error);
    }
    requestId = undefined;
  }
}

prefixConsole();
endOnException('uncaughtException', 129, (error) => error);
endOnException(
  'unhandledRejection',
  128,
  (reason) => new RuntimeError('UnhandledPromiseRejection', String(reason), reason),
);
try {
  const handler = await loadHandler();
  const marks = { node: since(started), ready: since(performance.now()) };
  await serve(handler, { 'pilotlight-marks': JSON.stringify(marks) });
} catch (error) {
  console.error('Uncaught Exception', error);
  await report('init/error', error);
  process.exit(129);
}
