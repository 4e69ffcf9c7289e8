/** The headers that go from the client to the server, and back. All others are dropped. */

/** `content-encoding` is not among them because bodies are decompressed before; authorisation has been settled before, too. */
const ASKED = [
  'accept',
  'accept-encoding',
  'content-type',
  'traceparent',
  'tracestate',
  'x-amzn-trace-id',
] as const;

const ANSWERED = [
  'allow',
  'cache-control',
  'content-encoding',
  'content-type',
  'inference-header-content-length',
  'retry-after',
  'server-timing',
  'traceresponse',
  'vary',
  'x-accel-buffering',
  'x-compute-characters',
  'x-compute-time',
  'x-compute-tokens',
  'x-compute-type',
  'x-generated-tokens',
  'x-inference-time',
  'x-padded-tokens',
  'x-pilotlight-checksum',
  'x-pilotlight-model',
  'x-pilotlight-seed',
  'x-pilotlight-version',
  'x-pilotlight-variant',
  'x-prompt-tokens',
  'x-queue-time',
  'x-time-per-token',
  'x-tokenization-time',
  'x-total-time',
  'x-truncated-tokens',
] as const;

export function askedHeaders(headers: Headers): Record<string, string> {
  return chosen(ASKED, (name) => headers.get(name));
}

export function answeredHeaders(
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
): Record<string, string> {
  return chosen(ANSWERED, (name) => [headers[name] ?? []].flat().join(', ') || null);
}

function chosen(names: readonly string[], read: (name: string) => string | null): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = read(name);
      return value === null ? [] : [[name, value]];
    }),
  );
}
