/**
 * What stands before the paths of the app where clients see them: a stage of API Gateway, the base path of a domain, or what a
 * proxy takes away before it asks. Without it, `/jobs/...` in an answer would lead past the app. An event has the stage, and not
 * the base path of a domain: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
import type { Context } from 'hono';

/** On the addresses that API Gateway itself gives, the stage is the first segment of a path; on one's own domains it is not. */
const GIVEN_ADDRESS = /\.execute-api\.[\w.-]+$/;
const KEY = 'basePath';

/** What of the events of an HTTP API and of a REST API says how the client has asked. */
interface GatewayContext {
  readonly stage?: string;
  readonly domainName?: string;
}

interface BasePath {
  /** As it is configured: requests may have it. */
  readonly own: string;
  /** As clients see it. */
  readonly seen: string;
}

/** Before a handler runs. `own` begins with a slash and does not end in one. */
export function setBasePath(c: Context, own: string | undefined): void {
  c.set(KEY, { own: own ?? '', seen: own ?? findStage(c) } satisfies BasePath);
}

/** A path of the app as its clients have to ask for it. */
export function publicPath(c: Context, path: string): string {
  return readBasePath(c).seen + path;
}

/** The path that was asked for, as the app knows it. */
export function appPath(c: Context): string {
  const { pathname } = new URL(c.req.url);
  const { own } = readBasePath(c);
  return pathname.startsWith(`${own}/`) ? pathname.slice(own.length) : pathname;
}

function readBasePath(c: Context): BasePath {
  const basePath: BasePath = c.get(KEY);
  return basePath;
}

function findStage({ env }: Context): string {
  const { requestContext = {} }: { requestContext?: GatewayContext } = env ?? {};
  const { stage = '$default', domainName = '' } = requestContext;
  return stage !== '$default' && GIVEN_ADDRESS.test(domainName) ? `/${stage}` : '';
}
