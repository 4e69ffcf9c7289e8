/** Which events are requests over HTTP, and what they are to the app. */
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
 * @throws EventError EVENT_NOT_UNDERSTOOD
 */
export function readHttpEvent(event: unknown): LambdaEvent {
  if (!isHttpEvent(event)) {
    throw new EventError(
      'EVENT_NOT_UNDERSTOOD',
      'The event is neither a request over HTTP nor a warm-up. Let API Gateway, a load balancer or a function URL call the function, and give files and messages to the batch function.',
    );
  }
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
