import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { listeningPort } from '@pilotlight/model-format/internal/network/listening-port';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LineProcess } from '../../../bench/peers/line-process.ts';
import type {
  AloneReply,
  EndReply,
  HoldReply,
  LoadReply,
  StreamClientsConfig,
  StreamCommand,
} from '../../../bench/streams/protocol.ts';

const CLIENTS = join(import.meta.dirname, '../../../bench/streams/clients-process.ts');
const TOKENS = 6;
const REQUESTS = ['one', 'two'].map((inputs) => ({ inputs, parameters: {}, tokens: TOKENS }));

interface Asked {
  readonly inputs: string;
  readonly stream?: boolean;
  readonly parameters: { readonly max_new_tokens?: number };
}

const token = (end: object = { generated_text: null, details: null }): string =>
  `data:${JSON.stringify({ token: { text: 'a' }, ...end })}\n\n`;
const lastToken = (of: string): string =>
  token({ generated_text: of, details: { finish_reason: 'length', generated_tokens: TOKENS } });

describe('the clients of bench streams', () => {
  let tell: (response: ServerResponse, asked: Asked) => void;
  let closedEarly = 0;
  const server = createServer((request, response) => {
    response.on('close', () => {
      if (!response.writableFinished) closedEarly += 1;
    });
    void text(request).then((body) => {
      const asked: Asked = JSON.parse(body);
      if (asked.stream) tell(response, asked);
      else response.end(JSON.stringify([{ generated_text: `${asked.inputs}!` }]));
    });
  });
  let clients: LineProcess;
  const ask = <Reply>(command: StreamCommand): Promise<Reply> => clients.ask(command);

  beforeEach(async () => {
    closedEarly = 0;
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${listeningPort(server)}/models/m`;
    const config: StreamClientsConfig = { url, seed: 1, requests: REQUESTS };
    clients = new LineProcess('clients', process.execPath, [CLIENTS, JSON.stringify(config)]);
    await clients.line();
  });
  afterEach(async () => {
    await clients.stop();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  /** One token at a time, as a model gives them. */
  const tellSlowly = (response: ServerResponse, last: string, count = TOKENS): void => {
    let told = 1;
    const timer = setInterval(() => {
      if (response.destroyed) return clearInterval(timer);
      if (told < count) response.write(token());
      else {
        clearInterval(timer);
        response.end(last);
      }
      told += 1;
    }, 5);
  };

  it('tell texts that are those of the request alone from others, and leave every third stream', async () => {
    tell = (response, { inputs }) => tellSlowly(response, lastToken(inputs === 'one' ? 'one!' : 'two?'));
    expect(await ask<AloneReply>({ do: 'alone' })).toEqual({ texts: 2 });
    const reply = await ask<LoadReply>({ do: 'load', clients: 3, seconds: 0.5 });
    const whole = reply.same + reply.differing;
    expect(reply.same).toBeGreaterThan(0);
    expect(reply.differing).toBeGreaterThan(0);
    expect(reply.failed).toEqual({});
    expect(Math.abs(2 * reply.left - whole)).toBeLessThanOrEqual(2);
    expect(closedEarly).toBe(reply.left);
    expect(reply.firstMs).toHaveLength(whole);
    expect(reply.tokenMs).toHaveLength(whole);
    expect(reply.tokens).toBeGreaterThanOrEqual(whole * TOKENS + reply.left);
    expect(reply.tokens).toBeLessThan((whole + reply.left) * TOKENS);
  }, 30_000);

  it('tell what became of streams without an end: a status, a connection, an error that was told', async () => {
    let asked = 0;
    tell = (response) => {
      asked += 1;
      if (asked % 3 === 0) response.writeHead(429).end();
      else if (asked % 3 === 1) response.end('data:{"error":"failed"}\n\n');
      else {
        response.write(token());
        setTimeout(() => response.destroy(), 5);
      }
    };
    await ask<AloneReply>({ do: 'alone' });
    const { failed, same, differing } = await ask<LoadReply>({ do: 'load', clients: 1, seconds: 0.3 });
    expect([same, differing]).toEqual([0, 0]);
    expect(Object.keys(failed)).toEqual(expect.arrayContaining(['429', 'aborted']));
  }, 30_000);

  it('hold streams that run at once, and count their finish reasons once they end', async () => {
    const waiting: ServerResponse[] = [];
    tell = (response) => {
      waiting.push(response);
      if (waiting.length <= 3) response.write(token());
    };
    const held = await ask<HoldReply>({ do: 'hold', streams: 4, atOnce: 3, tokens: 100 });
    expect(held).toEqual({ telling: 3 });
    const ending = ask<EndReply>({ do: 'end' });
    await expect.poll(() => waiting.length).toBe(4);
    const [cut, ...whole] = waiting;
    cut?.destroy();
    for (const response of whole) response.end(lastToken('so far'));
    expect(await ending).toEqual({ reasons: { length: 3 }, failed: { aborted: 1 }, early: 3 });
  }, 30_000);
});
