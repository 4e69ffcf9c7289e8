/** `npm start -- --container URL`: the models of a server that runs beside this one. */
import { z } from 'zod';
import { LocalError } from './command.ts';

const ASK_MS = 5_000;
const listSchema = z.object({
  models: z.array(z.object({ name: z.string(), problem: z.string().optional() })),
});

/**
 * `PILOTLIGHT_SERVER` for every model that the server at `url` has.
 *
 * @throws LocalError SERVER_UNREACHABLE
 */
export async function containerSetting(url: string): Promise<string> {
  const entries = await listed(url);
  const names = entries.flatMap(({ name, problem }) => (problem === undefined ? name : []));
  if (names.length === 0) throw unreachable(`The server at ${url} has no model to hand over to.`);
  return JSON.stringify({ url, models: Object.fromEntries(names.map((name) => [name, 'job'])) });
}

async function listed(url: string) {
  try {
    const answer = await fetch(`${url.replace(/\/$/, '')}/models`, { signal: AbortSignal.timeout(ASK_MS) });
    return listSchema.parse(await answer.json()).models;
  } catch (cause) {
    throw unreachable(
      `No server of ours answers at ${url}. Start one: PILOTLIGHT_PORT=9090 PILOTLIGHT_MODELS_DIR=<folder> node functions/server/server.ts`,
      cause,
    );
  }
}

function unreachable(message: string, cause?: unknown): LocalError {
  return new LocalError('SERVER_UNREACHABLE', message, { cause });
}
