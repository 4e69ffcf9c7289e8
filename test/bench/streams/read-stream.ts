/** A client of the event stream of text-generation-inference, as cheap as it can be: it shares its cores with the server that is measured. */
import { type Agent, request as sendRequest } from 'node:http';

export interface Told {
  /** Tokens that were told. */
  readonly tokens: number;
  readonly firstMs: number;
  readonly milliseconds: number;
  /** @default - the stream had no end */
  readonly end?: { readonly text: string; readonly reason: string };
  /** What became of a stream that has no end. */
  readonly failed?: string;
}

export interface ReadOptions {
  readonly agent: Agent;
  /** The client leaves after so many tokens. @default - it stays */
  readonly leaveAfter?: number;
  readonly onToken?: () => void;
}

interface LastEvent {
  readonly generated_text?: string | null;
  readonly details?: { readonly finish_reason: string } | null;
  readonly error?: unknown;
}

const NOT_LAST = '"generated_text":null';

/** Never rejects. */
export function readStream(url: URL, body: object, options: ReadOptions): Promise<Told> {
  const { agent, leaveAfter = Number.POSITIVE_INFINITY, onToken } = options;
  const begin = performance.now();
  return new Promise((resolve) => {
    let tokens = 0;
    let firstMs = Number.NaN;
    let last: LastEvent = {};
    const finish = (failed?: string): void => {
      const { generated_text: text, details } = last;
      const end = typeof text === 'string' && details ? { text, reason: details.finish_reason } : undefined;
      const reason = end ? undefined : (failed ?? `without an end: ${JSON.stringify(last)}`);
      const milliseconds = performance.now() - begin;
      resolve({ tokens, firstMs, milliseconds, ...(end && { end }), ...(reason && { failed: reason }) });
    };
    const hear = (event: string): void => {
      if (!event.startsWith('data:')) return;
      tokens += 1;
      if (tokens === 1) firstMs = performance.now() - begin;
      onToken?.();
      if (!event.includes(NOT_LAST)) last = JSON.parse(event.slice('data:'.length));
    };
    const request = sendRequest(url, { method: 'POST', agent }, (response) => {
      const { statusCode } = response;
      let rest = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        const events = (rest + chunk).split('\n\n');
        rest = events.pop() ?? '';
        for (const event of events) hear(event);
        if (tokens >= leaveAfter) request.destroy();
      });
      response.on('end', () => finish(statusCode === 200 ? undefined : String(statusCode)));
      response.on('error', ({ message }) => finish(message));
    });
    request.on('error', ({ message }) => finish(message));
    request.end(JSON.stringify(body));
  });
}
