/** `pilotlight start --api-keys FILE`: keys with their limits, as a deployment has them in a secret. */
import { readFile } from 'node:fs/promises';
import { parseApiKeys } from '@pilotlight/app/internal/serve/callers/api-keys';
import { LocalUsage } from '@pilotlight/app/internal/serve/callers/local-usage';
import { makeCallers } from '@pilotlight/app/internal/serve/callers/middleware';
import { ownKeys } from '@pilotlight/app/internal/serve/callers/own-keys';
import { Quotas } from '@pilotlight/app/internal/serve/callers/quotas';
import type { AppOptions } from '@pilotlight/app/internal/serve/ports';
import { CliError } from '../kit/errors.ts';
import { consoleLogger } from './logging.ts';

/** What keys use is counted in the memory of this process. @throws CliError FILE_UNREADABLE, CallersError API_KEYS_INVALID */
export async function localCallers(file: string): Promise<Pick<AppOptions, 'callers'>> {
  const apiKeys = parseApiKeys(await read(file));
  const quotas = new Quotas(new LocalUsage(), { logger: consoleLogger });
  return { callers: makeCallers({ keys: ownKeys(async () => apiKeys, consoleLogger), quotas }) };
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new CliError('FILE_UNREADABLE', `${file} does not exist or cannot be read.`, { cause });
  }
}
