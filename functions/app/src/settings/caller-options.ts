/** Who may call, and how much, out of the settings. Loads nothing where they ask for nothing. */
import type { Callers } from '../serve/callers-port.ts';
import type { Logger } from '../serve/ports.ts';
import type { Config } from './config.ts';

export interface CallerSurroundings {
  readonly logger: Logger;
  /** Whether the process is frozen after each answer: see `QuotasOptions`. */
  readonly frozen: boolean;
  /** Whether it may be frozen while it has no request. @default false */
  readonly mayFreeze?: boolean;
}

/**
 * `PILOTLIGHT_API_KEYS_SECRET` has this process check keys itself. Without it, the authoriser of the API has done so, and quotas
 * are held for whomever it names.
 */
export async function callerOptions(
  config: Config,
  { logger, frozen, mayFreeze = false }: CallerSurroundings,
): Promise<{ readonly callers?: Callers }> {
  const { PILOTLIGHT_API_KEYS_SECRET: secret, PILOTLIGHT_QUOTAS: settings } = config;
  if (secret === undefined && !settings) return {};
  const [{ makeCallers }, keys, quotas] = await Promise.all([
    import('../serve/callers/middleware.ts'),
    secret === undefined ? gateway() : ownSecret(secret, logger),
    settings && makeQuotas(settings, { logger, frozen, mayFreeze }),
  ]);
  return { callers: makeCallers({ keys, quotas }) };
}

async function gateway() {
  const { gatewayKeys } = await import('../serve/callers/gateway-keys.ts');
  return gatewayKeys;
}

async function ownSecret(secret: string, logger: Logger) {
  const [{ ownKeys }, { cachedKeys }, { secretReader }] = await Promise.all([
    import('../serve/callers/own-keys.ts'),
    import('../serve/callers/cached-keys.ts'),
    import('../aws/secret-reader.ts'),
  ]);
  return ownKeys(cachedKeys(secretReader(), secret), logger);
}

async function makeQuotas(
  { table, ...defaults }: NonNullable<Config['PILOTLIGHT_QUOTAS']>,
  { logger, frozen, mayFreeze }: Required<CallerSurroundings>,
) {
  const [{ Quotas }, { lazyUsage }] = await Promise.all([
    import('../serve/callers/quotas.ts'),
    import('./lazy-usage.ts'),
  ]);
  const usage = lazyUsage({ table, keepAlive: !frozen && !mayFreeze });
  return new Quotas(usage, { logger, defaults, frozen, mayFreeze });
}
