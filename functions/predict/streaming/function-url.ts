/** Which requests came by a function URL, and their answers before they are whole. */
import type { Hono } from 'hono';
import { handle, type LambdaEvent } from 'hono/aws-lambda';
import type { Adapter } from '../create-handler.ts';

/** The addresses that Lambda gives to functions: https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html */
const OF_FUNCTION = /\.lambda-url\./;

export function isOfFunctionUrl(event: unknown): boolean {
  const { requestContext }: { requestContext?: { domainName?: unknown } } = Object(event);
  return typeof requestContext?.domainName === 'string' && OF_FUNCTION.test(requestContext.domainName);
}

/** Gives the `Response` of the app to a request by a function URL, and to any other what API Gateway takes. */
export const answerInPieces: Adapter<unknown> = (app) => {
  const whole = handle(app);
  return async (event: LambdaEvent, context) => {
    if (!isOfFunctionUrl(event)) return whole(event, context);
    let answer: Response | undefined;
    // Hono makes the request of an event, but would read the answer to its end.
    const fetch: Hono['fetch'] = async (request, env) => {
      answer = await app.fetch(request, { ...Object(env), streams: true });
      return new Response(null);
    };
    const asking: Hono = Object.create(app, { fetch: { value: fetch } });
    const failed = await handle(asking)(event, context);
    return answer ?? failed;
  };
};
