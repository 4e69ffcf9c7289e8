/**
 * API Gateway's event for an HTTP request, payload format 2.0.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
import { ACCOUNT } from '../lambda/function-definition.ts';
import type { MatchedRoute } from './route.ts';

/** An HTTP request as it arrived. */
export interface GatewayRequest {
  readonly method: string;
  /** Decoded, which is how an HTTP API passes it on. */
  readonly path: string;
  /** The query as it was sent, without the question mark. */
  readonly query: string;
  readonly httpVersion: string;
  /** Names and values by turns, duplicates included, as in `IncomingMessage.rawHeaders`. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  readonly sourceIp: string;
}

/** The facts that API Gateway adds. */
export interface GatewayContext {
  readonly apiId: string;
  readonly requestId: string;
  readonly traceId: string;
  readonly stage: string;
  readonly time: Date;
  readonly port: string;
  readonly protocol: 'http' | 'https';
}

/** Belong to one connection, and end at API Gateway. */
const HOP_BY_HOP = ['connection', 'expect', 'keep-alive', 'te', 'transfer-encoding', 'upgrade'];

/**
 * A body of another type comes in base64, and so does a compressed one here: as text it would be lost. What AWS does with those is
 * not documented; the predict function takes both forms.
 */
const TEXT = /^(?:text\/|application\/(?:[\w.-]+\+)?(?:json|javascript|xml)\b)/i;

/** AWS knows its domains; here it is what the client says, as long as no path or query hides in it. */
const DOMAIN = /^([\w.-]+|\[[\da-f:.]+\])(?::\d+)?$/i;

export function gatewayEvent(request: GatewayRequest, route: MatchedRoute, context: GatewayContext) {
  const rawPath = context.stage === '$default' ? request.path : `/${context.stage}${request.path}`;
  const { cookies, headers } = joinHeaders(request, context);
  const domainName = DOMAIN.exec(headers.host ?? '')?.[1] ?? 'localhost';
  const query = parseParameters(request.query);
  const { body, isBase64Encoded } = encodeBody(request.body, headers);
  return {
    version: '2.0',
    routeKey: route.routeKey,
    rawPath,
    rawQueryString: request.query,
    ...(cookies.length > 0 && { cookies }),
    headers,
    ...(Object.keys(query).length > 0 && { queryStringParameters: query }),
    requestContext: {
      accountId: ACCOUNT,
      apiId: context.apiId,
      domainName,
      domainPrefix: domainName.split('.', 1)[0] ?? domainName,
      http: {
        method: request.method,
        path: rawPath,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: request.sourceIp,
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: context.requestId,
      routeKey: route.routeKey,
      stage: context.stage,
      time: commonLogTime(context.time),
      timeEpoch: context.time.getTime(),
    },
    ...(route.pathParameters && { pathParameters: route.pathParameters }),
    ...(body !== undefined && { body }),
    isBase64Encoded,
  };
}

/** Lower-case, duplicates joined by commas; cookies apart. */
function joinHeaders({ rawHeaders, sourceIp }: GatewayRequest, context: GatewayContext) {
  const cookies: string[] = [];
  const headers: Record<string, string> = Object.create(null);
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]?.toLowerCase() ?? '';
    const value = rawHeaders[i + 1] ?? '';
    if (name === 'cookie') cookies.push(...value.split(/;\s*/));
    else if (!HOP_BY_HOP.includes(name))
      headers[name] = headers[name] === undefined ? value : `${headers[name]},${value}`;
  }
  const before = headers['x-forwarded-for'];
  headers['x-forwarded-for'] = before === undefined ? sourceIp : `${before}, ${sourceIp}`;
  headers['x-forwarded-port'] = context.port;
  headers['x-forwarded-proto'] = context.protocol;
  headers['x-amzn-trace-id'] = context.traceId;
  return { cookies, headers };
}

/** Decoded, duplicates joined by commas. */
function parseParameters(rawQueryString: string): Record<string, string> {
  const parameters: Record<string, string> = Object.create(null);
  for (const [name, value] of new URLSearchParams(rawQueryString)) {
    parameters[name] = parameters[name] === undefined ? value : `${parameters[name]},${value}`;
  }
  return parameters;
}

function encodeBody(body: Buffer, headers: Readonly<Record<string, string>>) {
  if (body.length === 0) return { body: undefined, isBase64Encoded: false };
  const { 'content-type': type = '', 'content-encoding': coding = 'identity' } = headers;
  const isText = TEXT.test(type) && /^\s*identity\s*$/i.test(coding);
  return { body: body.toString(isText ? 'utf8' : 'base64'), isBase64Encoded: !isText };
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `29/Oct/2026:08:12:02 +0000` */
function commonLogTime(time: Date): string {
  const iso = time.toISOString();
  return `${iso.slice(8, 10)}/${MONTHS[time.getUTCMonth()]}/${iso.slice(0, 4)}:${iso.slice(11, 19)} +0000`;
}
