/**
 * The prefix that the paths of the app have for clients: a stage of API Gateway, the base path of a domain, or a prefix that a
 * proxy takes away before it asks. Without it, `/jobs/...` in an answer would lead past the app. An event has the stage, and not
 * the base path of a domain: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
import type { Context } from 'hono';

/** On the addresses that API Gateway itself gives, the stage is the first segment of a path; on one's own domains it is not. */
const GIVEN_ADDRESS = /\.execute-api\.[\w.-]+$/;
const KEY = 'basePath';

/** The fields of the events of HTTP APIs and REST APIs that say which address the client used. */
interface GatewayContext {
  readonly stage?: string;
  readonly domainName?: string;
}

interface BasePath {
  /** The configured prefix; requests may have it. */
  readonly own: string;
  /** The prefix that clients see. */
  readonly seen: string;
}

/** Sets the prefix before a handler runs. `own` begins with a slash and does not end in one. */
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
