/** Clients that read streams, in a process of their own. Each line of its input is a command, to which it writes what came of it. */
import { Agent } from 'node:http';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import * as z from 'zod';
import { Random } from '../../fixtures/random.ts';
import type {
  AloneReply,
  EndReply,
  HoldReply,
  LoadReply,
  StreamClientsConfig,
  StreamCommand,
  StreamRequest,
} from './protocol.ts';
import { readStream, type Told } from './read-stream.ts';

/** Of so many streams one is left. */
const LEFT_ONE_OF = 3;
/** Streams that are to run at once do so long before. */
const HOLD_MS = 20_000;

const answerSchema = z.tuple([z.object({ generated_text: z.string() })]);

const { url: address, requests, seed }: StreamClientsConfig = JSON.parse(process.argv[2] ?? '{}');
const url = new URL(address);
const random = new Random(seed);
const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
const alone = new Map<StreamRequest, string>();
let held: Promise<readonly Told[]> = Promise.resolve([]);
let heldTokens = 0;

process.stdout.write('ready\n');
for await (const line of createInterface(process.stdin)) {
  process.stdout.write(`${JSON.stringify(await obey(JSON.parse(line)))}\n`);
}

function obey(command: StreamCommand): Promise<AloneReply | LoadReply | HoldReply | EndReply> {
  switch (command.do) {
    case 'alone':
      return askAlone();
    case 'load':
      return load(command);
    case 'hold':
      return hold(command);
    case 'end':
      return end();
  }
}

async function askAlone(): Promise<AloneReply> {
  for (const request of requests) {
    const { inputs, parameters } = request;
    const body = JSON.stringify({ inputs, parameters });
    const response = await fetch(url, { method: 'POST', body });
    const [answer] = answerSchema.parse(await response.json());
    alone.set(request, answer.generated_text);
  }
  return { texts: alone.size };
}

async function load({ clients, seconds }: Extract<StreamCommand, { do: 'load' }>): Promise<LoadReply> {
  const over = performance.now() + seconds * 1000;
  const counts = { same: 0, differing: 0, left: 0, tokens: 0 };
  const failed: Record<string, number> = {};
  const [firstMs, tokenMs]: [number[], number[]] = [[], []];
  let sent = 0;
  const client = async (): Promise<void> => {
    while (performance.now() < over) {
      const isLeft = sent % LEFT_ONE_OF === 0;
      const request = requests[random.below(requests.length)];
      sent += 1;
      if (!request) return;
      const { inputs, parameters, tokens } = request;
      const leaving = isLeft && { leaveAfter: 1 + random.below(Math.ceil(tokens / 2)) };
      const told = await readStream(url, { inputs, parameters, stream: true }, { agent, ...leaving });
      counts.tokens += told.tokens;
      if (leaving && told.tokens >= leaving.leaveAfter) counts.left += 1;
      else if (told.end) {
        counts[told.end.text === alone.get(request) ? 'same' : 'differing'] += 1;
        firstMs.push(told.firstMs);
        if (told.tokens > 1) tokenMs.push((told.milliseconds - told.firstMs) / (told.tokens - 1));
      } else count(failed, told.failed);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return { ...counts, failed, firstMs, tokenMs };
}

async function hold({ streams, atOnce, tokens }: Extract<StreamCommand, { do: 'hold' }>): Promise<HoldReply> {
  const { promise: enough, resolve } = Promise.withResolvers<void>();
  let telling = 0;
  let hasEnded = false;
  heldTokens = tokens;
  const one = async ({ inputs }: StreamRequest): Promise<Told> => {
    let isTelling = false;
    const onToken = (): void => {
      if (isTelling || hasEnded) return;
      isTelling = true;
      telling += 1;
      if (telling === atOnce) resolve();
    };
    const parameters = { min_new_tokens: tokens, max_new_tokens: tokens };
    const told = await readStream(url, { inputs, parameters, stream: true }, { agent, onToken });
    hasEnded = true;
    resolve();
    return told;
  };
  held = Promise.all(
    Array.from({ length: streams }, (_, index) => requests[index % requests.length]).flatMap((request) =>
      request ? [one(request)] : [],
    ),
  );
  await Promise.race([enough, pause(HOLD_MS, undefined, { ref: false })]);
  return { telling };
}

async function end(): Promise<EndReply> {
  const streams = await held;
  const reasons: Record<string, number> = {};
  const failed: Record<string, number> = {};
  for (const told of streams) {
    if (told.end) count(reasons, told.end.reason);
    else count(failed, told.failed);
  }
  const early = streams.filter(({ end: ended, tokens }) => ended && tokens < heldTokens).length;
  return { reasons, failed, early };
}

function count(counts: Record<string, number>, name = 'unknown'): void {
  counts[name] = (counts[name] ?? 0) + 1;
}
