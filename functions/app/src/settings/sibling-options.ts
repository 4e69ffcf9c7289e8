import type { AppOptions, Logger } from '../serve/ports.ts';
import type { Config } from './config.ts';

/** The other functions that the settings name. Loads nothing where they name none. */
export async function siblingOptions(config: Config, logger: Logger): Promise<Pick<AppOptions, 'siblings'>> {
  const { PILOTLIGHT_SIBLINGS: functions } = config;
  if (!functions) return {};
  const { functionSiblings } = await import('../hand-over/siblings/function-siblings.ts');
  // Tried again once: a connection that was kept may have been closed while Lambda had the process frozen.
  const invoker = async () => (await import('../aws/lambda-invoker.ts')).lambdaInvoker({ maxAttempts: 2 });
  return { siblings: functionSiblings({ functions, invoker, logger }) };
}
