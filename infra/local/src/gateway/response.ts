/** The response that API Gateway makes of a function's result, payload format 2.0. */
import * as z from 'zod';

export interface GatewayResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: Buffer;
}

const structuredSchema = z.object({
  statusCode: z.int().min(100).max(599),
  headers: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).nullish(),
  cookies: z.array(z.string()).nullish(),
  body: z.string().nullish(),
  isBase64Encoded: z.boolean().nullish(),
});

/** An answer of API Gateway itself. */
export function gatewayMessage(status: number, message: string): GatewayResponse {
  const body = Buffer.from(JSON.stringify({ message }));
  return { status, headers: { 'content-type': 'application/json' }, body };
}

export const INTERNAL_SERVER_ERROR = gatewayMessage(500, 'Internal Server Error');
export const SERVICE_UNAVAILABLE = gatewayMessage(503, 'Service Unavailable');

/** A result without `statusCode` is a body of JSON; one with it has to have the right shape. */
export function gatewayResponse(payload: Buffer): GatewayResponse {
  const result: unknown = JSON.parse(payload.toString());
  if (typeof result !== 'object' || result === null || !('statusCode' in result)) {
    const text = typeof result === 'string' ? result : JSON.stringify(result);
    return { status: 200, headers: { 'content-type': 'application/json' }, body: Buffer.from(text) };
  }
  const parsed = structuredSchema.safeParse(result);
  if (!parsed.success) return INTERNAL_SERVER_ERROR;
  const { statusCode, headers, cookies, body, isBase64Encoded } = parsed.data;
  const named = Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]);
  return {
    status: statusCode,
    headers: {
      'content-type': 'text/plain;charset=UTF-8',
      ...Object.fromEntries(named),
      ...(cookies && cookies.length > 0 && { 'set-cookie': cookies }),
    },
    body: Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8'),
  };
}
