/** S3 as it is on a bad day: a proxy before a server that lets a share of requests fail, each in one of many ways. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import type { Random } from '../fixtures/random.ts';

type Trouble = (request: IncomingMessage, response: ServerResponse, pass: Pass) => void;
/** Asks the server; `answered` gets its answer, of which nothing has been passed on. */
type Pass = (answered: (answer: IncomingMessage) => void) => void;

const whole = (response: ServerResponse) => (answer: IncomingMessage) => {
  response.writeHead(answer.statusCode ?? 500, answer.rawHeaders);
  answer.pipe(response);
};

const status =
  (code: number): Trouble =>
  (request, response) => {
    request.resume();
    response.writeHead(code, { 'content-type': 'application/xml' });
    response.end('<?xml version="1.0" encoding="UTF-8"?><Error><Code>SlowDown</Code></Error>');
  };

const TROUBLES: Readonly<Record<string, Trouble>> = {
  'status 500': status(500),
  'status 503': status(503),
  slow: (_request, response, pass) => void setTimeout(() => pass(whole(response)), 400),
  'reset before the request is read': (request) => request.socket.resetAndDestroy(),
  'done, but the answer is lost': (request, _response, pass) => pass(() => request.socket.destroy()),
  'cut in the middle of the answer': (request, response, pass) =>
    pass((answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.rawHeaders);
      answer.once('data', (chunk: Buffer) => {
        response.write(chunk.subarray(0, chunk.length / 2), () => request.socket.destroy());
      });
      answer.once('end', () => response.end());
    }),
};

export interface UnreliableS3 {
  readonly endpoint: string;
  /** How often each trouble came up. */
  readonly troubles: Readonly<Record<string, number>>;
  close(): Promise<void>;
}

/** Each request meets trouble with a probability of `share`. */
export async function unreliable(endpoint: string, share: number, random: Random): Promise<UnreliableS3> {
  const { hostname, port } = new URL(endpoint);
  const troubles: Record<string, number> = Object.fromEntries(Object.keys(TROUBLES).map((name) => [name, 0]));
  const names = Object.keys(TROUBLES);
  const server = createServer((request, response) => {
    const pass: Pass = (answered) => {
      const { method, url, headers } = request;
      const onward = send({ hostname, port, method, path: url, headers, agent: false }, answered);
      onward.on('error', () => request.socket.destroy());
      request.pipe(onward);
    };
    const name = random.below(1000) < share * 1000 ? names[random.below(names.length)] : undefined;
    if (name === undefined) return pass(whole(response));
    troubles[name] = (troubles[name] ?? 0) + 1;
    TROUBLES[name]?.(request, response, pass);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    endpoint: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    troubles,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
