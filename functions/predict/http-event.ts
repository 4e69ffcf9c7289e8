/** Which events are requests over HTTP, and what they are to the app. */
import { HttpError } from '@pilotlight/app/internal/http/errors';
import { PilotlightError } from '@pilotlight/engine';
import type { LambdaEvent } from 'hono/aws-lambda';

export class EventError extends PilotlightError<'EVENT_NOT_UNDERSTOOD'> {
  override readonly name = 'EventError';
}

/** What tells in the context of a request that it is one: of an HTTP API or a function URL, a load balancer, VPC Lattice. */
const CONTEXTS = ['http', 'elb', 'serviceArn'];

/** Whether somebody waits for an answer over HTTP. A REST API says so by the method beside its context. */
export function isHttpEvent(event: unknown): event is LambdaEvent {
  const { requestContext, httpMethod } = Object(event);
  if (typeof requestContext !== 'object' || requestContext === null) return false;
  return typeof httpMethod === 'string' || CONTEXTS.some((name) => name in requestContext);
}

/**
 * A stage other than $default is the first segment of the path, of which the app knows nothing; the body that API Gateway
 * passes on with a GET is none to the standard `Request`; and a body that comes as text is not compressed, whatever its header
 * says: API Gateway may have decompressed it.
 *
 * @throws EventError EVENT_NOT_UNDERSTOOD; HttpError INVALID_REQUEST for a host of the client's choice that is none
 */
export function readHttpEvent(event: unknown): LambdaEvent {
  if (!isHttpEvent(event)) {
    throw new EventError(
      'EVENT_NOT_UNDERSTOOD',
      'The event is neither a request over HTTP nor a warm-up. Let API Gateway, a load balancer or a function URL call the function, and give files and messages to the batch function.',
    );
  }
  checkHost(event);
  if (!('rawPath' in event) || !('http' in event.requestContext)) return event;
  const { stage, http } = event.requestContext;
  const rawPath = event.rawPath.startsWith(`/${stage}/`)
    ? event.rawPath.slice(stage.length + 1)
    : event.rawPath;
  const hasBody = http.method !== 'GET' && http.method !== 'HEAD';
  const { 'content-encoding': coding, ...plain } = event.headers ?? {};
  const headers = coding === undefined || event.isBase64Encoded ? event.headers : plain;
  return { ...event, rawPath, headers, body: hasBody ? event.body : null };
}

/** API Gateway says by which name of its own it was called. Elsewhere the client does, and Hono would log a URL that is none. */
function checkHost({ requestContext, headers, ...event }: LambdaEvent): void {
  if ('domainName' in requestContext) return;
  const { multiValueHeaders } = Object(event);
  const [host] = [headers?.host ?? multiValueHeaders?.host ?? 'localhost'].flat();
  if (URL.canParse(`https://${host}`)) return;
  throw new HttpError('INVALID_REQUEST', 'The header Host does not name a host.');
}
