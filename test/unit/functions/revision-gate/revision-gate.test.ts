import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Logger } from '@aws-lambda-powertools/logger';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GOLDEN_REPORT_PATH } from '../../../../functions/app/src/aws/golden-report.ts';
import { createHandler } from '../../../../functions/revision-gate/create-handler.ts';

const good = { models: 2, goldens: 40, problems: 0, drift: 0.5 };
const properties = {
  ServiceToken: 'arn:aws:lambda:eu-central-1:123456789012:function:gate',
  Domain: 'abc.lambda-web.eu-central-1.on.aws',
  RevisionId: 'rev-2',
  Models: '2',
  ToleratedDrift: '1',
};

/** What CloudFormation was told, and by which method. */
let told: {
  readonly method: string | undefined;
  readonly type: string | undefined;
  readonly body: unknown;
}[];
/** Answers that CloudFormation's address gives before it takes one. */
let refusals: number[];
let cloudFormation: Server;
let logged: Record<string, unknown>[];

beforeEach(async () => {
  vi.stubEnv('POWERTOOLS_DEV', 'true');
  told = [];
  refusals = [];
  logged = [];
  for (const method of ['info', 'error'] as const) {
    vi.spyOn(console, method).mockImplementation((line: string) => logged.push(JSON.parse(line)));
  }
  cloudFormation = createServer((request, response) => {
    void readText(request).then((text) => {
      told.push({ method: request.method, type: request.headers['content-type'], body: JSON.parse(text) });
      response.writeHead(refusals.shift() ?? 200).end();
    });
  });
  await new Promise<void>((resolve) => cloudFormation.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  cloudFormation.close();
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

async function readText(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}

function event(change: object = {}) {
  const { port } = cloudFormation.address() as AddressInfo;
  return {
    RequestType: 'Create',
    ResponseURL: `http://127.0.0.1:${port}/answer?signature=x`,
    StackId: 'arn:aws:cloudformation:eu-central-1:123456789012:stack/web/1',
    RequestId: 'request-1',
    LogicalResourceId: 'GoldensRevision0a1b',
    ResourceProperties: properties,
    ...change,
  };
}

type Reply = { readonly status?: number; readonly body?: unknown } | Error;

/** Runs the gate against a revision that gives these answers, the last of them again and again. */
async function gate(replies: readonly Reply[], { change = {}, remainingMs = 60_000 } = {}) {
  const asked: string[] = [];
  const handler = createHandler({
    ask: async (url) => {
      const reply = replies[Math.min(asked.length, replies.length - 1)] ?? {};
      asked.push(url.href);
      if (reply instanceof Error) throw reply;
      return Response.json(reply.body ?? good, { status: reply.status ?? 200 });
    },
    logger: new Logger(),
    pauseMs: 1,
  });
  await handler(event(change), { getRemainingTimeInMillis: () => remainingMs });
  return asked;
}

const answer = () => told.at(-1)?.body;

describe('the revision gate', () => {
  it('lets a revision through whose models answer as their goldens say', async () => {
    const asked = await gate([{}]);
    expect(asked).toEqual([`https://${properties.Domain}${GOLDEN_REPORT_PATH}`]);
    expect(told).toEqual([
      {
        method: 'PUT',
        // The address is signed for a request without one.
        type: '',
        body: {
          Status: 'SUCCESS',
          PhysicalResourceId: 'GoldensRevision0a1b',
          StackId: 'arn:aws:cloudformation:eu-central-1:123456789012:stack/web/1',
          RequestId: 'request-1',
          LogicalResourceId: 'GoldensRevision0a1b',
        },
      },
    ]);
  });

  it.each([
    [{ ...good, drift: 1.5 }, 'An answer of the new revision deviates from its golden by 1.5 tolerances'],
    [{ ...good, problems: 3 }, 'Of 40 goldens of the new revision, 3 could not be run or compared'],
    [{ ...good, models: 1 }, 'Of 2 models of the new revision, 1 could be checked'],
    [{ status: 'ok' }, 'The new revision does not report its goldens; it answers {"status":"ok"}'],
  ])('stops a revision, once and for all, that answers %j', async (body, reason) => {
    const asked = await gate([{ body }]);
    expect(asked).toHaveLength(1);
    expect(answer()).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining(reason) });
    expect(logged).toContainEqual(expect.objectContaining({ level: 'ERROR', revisionId: 'rev-2' }));
  });

  it('accepts as much drift as it is told to', async () => {
    const change = { ResourceProperties: { ...properties, ToleratedDrift: '1.5' } };
    await gate([{ body: { ...good, drift: 1.5 } }], { change });
    expect(answer()).toMatchObject({ Status: 'SUCCESS' });
  });

  it('stops a revision that does not know the question', async () => {
    expect(await gate([{ status: 404, body: { code: 'NOT_FOUND' } }])).toHaveLength(1);
    expect(answer()).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('answers 404') });
  });

  it('asks again while the address is not known, environments start, or others are checking', async () => {
    const lost = new TypeError('fetch failed', { cause: new Error('getaddrinfo ENOTFOUND') });
    expect(await gate([lost, { status: 503 }, { status: 429 }, {}])).toHaveLength(4);
    expect(answer()).toMatchObject({ Status: 'SUCCESS' });
  });

  it('gives up in time to say so, and says what was in the way', async () => {
    const lost = new TypeError('fetch failed', { cause: new Error('getaddrinfo ENOTFOUND') });
    await gate([lost], { remainingMs: 30_050 });
    expect(answer()).toMatchObject({
      Status: 'FAILED',
      Reason: 'The new revision cannot be reached: fetch failed (getaddrinfo ENOTFOUND)',
    });
  });

  it('has nothing to check when it goes', async () => {
    const change = { RequestType: 'Delete', ResourceProperties: {} };
    expect(await gate([new Error('not reached')], { change })).toEqual([]);
    expect(answer()).toMatchObject({ Status: 'SUCCESS' });
  });

  it('fails a deployment whose properties are not complete, instead of leaving it to wait', async () => {
    await gate([{}], { change: { ResourceProperties: { Domain: 'x', RevisionId: 'rev-2', Models: 'two' } } });
    expect(answer()).toMatchObject({
      Status: 'FAILED',
      Reason: expect.stringMatching(/Models must be a number; ToleratedDrift is missing/),
    });
  });

  it('tells CloudFormation again that did not listen', async () => {
    refusals = [503, 503];
    await gate([{}]);
    expect(told).toHaveLength(3);
  });

  it('fails where CloudFormation cannot be told', async () => {
    refusals = Array.from({ length: 9 }, () => 403);
    await expect(gate([{}])).rejects.toThrow("CloudFormation's address answers 403");
    expect(told).toHaveLength(5);
  });

  it('refuses an event to which nobody waits for an answer', async () => {
    await expect(gate([{}], { change: { ResponseURL: 'nowhere' } })).rejects.toThrow(
      "The event is not CloudFormation's: ResponseURL must be a URL.",
    );
  });
});
