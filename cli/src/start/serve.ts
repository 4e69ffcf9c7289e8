/** `npm start`: every model package on http://localhost:8080. */

import * as nodeModule from 'node:module';
import { endOnSignals } from '@pilotlight/app/internal/serve/signals';
import { callerOptions } from '@pilotlight/app/internal/settings/caller-options';
import { readConfig } from '@pilotlight/app/internal/settings/config';
import { engineOptions } from '@pilotlight/app/internal/settings/engine-options';
import { handOverOptions } from '@pilotlight/app/internal/settings/hand-over-options';
import { ownPredictors } from '@pilotlight/app/internal/settings/own-predictors';
import { readRollout } from '@pilotlight/app/internal/settings/rollout-options';
import { keepHeapSmall } from '@pilotlight/app/internal/settings/small-heap';
import { readingOptions } from '@pilotlight/app/internal/settings/watch-drift';
import { Engine } from '@pilotlight/engine';
import { callerRules } from '@pilotlight/local/internal/foreign-caller';
import { MEGABYTES_PER_VCPU } from '@pilotlight/model-format';
import type { UploadsOptions } from '../batch/uploads.ts';
import { packagesFolder } from '../clone.ts';
import { findModel, listModels } from '../find-model.ts';
import { EXIT } from '../kit/command.ts';
import { COMMAND_SETTINGS } from '../kit/environment.ts';
import { usageError } from '../kit/errors.ts';
import { goOnWithoutReader } from '../kit/lost-reader.ts';
import { wholeNumber } from '../kit/options.ts';
import { banner, lambdaBanner } from './banner.ts';
import { loadModels } from './load-models.ts';
import { consoleLogger } from './logging.ts';
import type { StartLine } from './options.ts';
import { serverSetting } from './server-setting.ts';

/** Serves until a signal ends it. @throws CliError, EngineError */
export async function serve({ values, positionals }: StartLine): Promise<undefined> {
  const { quiet = false } = values;
  if (positionals[0] !== undefined) {
    throw usageError(`${JSON.stringify(positionals[0])} is not an option.`);
  }
  const port = wholeNumber(
    values.port ?? (process.env.PORT || '8080'),
    values.port === undefined ? 'PORT' : '--port',
    0,
    65_535,
  );
  const folder = packagesFolder(values.packages);
  refuseStray(values);
  if (values.lambda || values.web) {
    await startLambda(values, folder, port);
    return undefined;
  }
  const environment = {
    ...process.env,
    PILOTLIGHT_MODELS_DIR: folder,
    ...(values.server !== undefined && { PILOTLIGHT_SERVER: await serverSetting(values.server) }),
  };
  const config = readConfig(environment, COMMAND_SETTINGS);
  const keys = values['api-keys'];
  // Read before models are loaded, so that a file that is refused is refused at once.
  const keyed =
    keys === undefined ? undefined : await (await import('./local-callers.ts')).localCallers(keys);
  keepHeapSmall();
  const own = await ownPredictors(config);
  const rolling = await readRollout(config);
  const engine = new Engine({
    ...engineOptions(config),
    ...readingOptions(config),
    ...own,
    ...rolling?.packages,
    sessions: 'worker',
  });
  const rollout = rolling?.follow(engine, 'by timer', consoleLogger);
  try {
    await rollout?.start();
    // Threads load models while this one reads the modules of the app.
    const [models, { createLocalApp, listen }] = await Promise.all([
      loadModels(engine, folder, values.model ?? config.PILOTLIGHT_PRELOAD_MODELS, (problem) =>
        consoleLogger.warn(problem, {}),
      ),
      import('./local-app.ts'),
    ]);
    const elsewhere = await handOverOptions(config, consoleLogger);
    const callers = keyed ?? (await callerOptions(config, { logger: consoleLogger, frozen: false }));
    const ending = new AbortController();
    const app = createLocalApp(engine, config, quiet, {
      ...elsewhere,
      ...callers,
      ...(rollout && { rollout }),
      ending: ending.signal,
    });
    const { 'allow-host': allowedHosts = [], host } = values;
    const service = await listen(app, { host, port, callers: callerRules(host, allowedHosts), ending });
    // Loaded here, because S3 takes a moment that serving through Lambda need not wait for.
    const { startUploads } = await import('../batch/uploads.ts');
    const s3 = { port: s3Port(values['s3-port'], port), allowedHosts };
    const uploads = await startUploads({ engine, versions: rollout, logger: consoleLogger, ...s3 }).catch(
      async (error) => {
        await service.close();
        throw error;
      },
    );
    endOnSignals(async () => {
      const isDone = await service.close();
      await uploads.close();
      rollout?.close();
      await engine.dispose();
      return isDone ? EXIT.ok : EXIT.failed;
    }, ENDING);
    goOnWithoutReader([process.stdout, process.stderr]);
    console.log(
      banner(models, formatAddress(values.host, service.port), uploads.endpoint, config.PILOTLIGHT_SERVER),
    );
    // What Node compiled is for the next start, and this process may be killed. Node 22 can do it from 22.10 on.
    nodeModule.flushCompileCache?.();
    return undefined;
  } catch (error) {
    await engine.dispose();
    throw error;
  }
}

/** The port that the option names; else the usual one, or a free one where the service itself takes a free one. */
function s3Port(option: string | undefined, port: number): UploadsOptions['port'] {
  if (option !== undefined) return { wanted: wholeNumber(option, '--s3-port', 0, 65_535) };
  return port === 0 ? { wanted: 0 } : { wanted: 4568, elseFree: true };
}

/** The ways of serving that options are for, where they are not for all. */
const ONLY_FOR = {
  server: [],
  'api-keys': [],
  'function-url': ['lambda'],
  memory: ['lambda'],
  concurrency: ['lambda', 'web'],
  'per-environment': ['web'],
  idle: ['lambda', 'web'],
  logs: ['lambda', 'web'],
} as const;

/** @throws CliError USAGE for an option that is for another way of serving */
function refuseStray(values: StartLine['values']): void {
  if (values.lambda && values.web)
    throw usageError('--lambda and --web are two ways of serving. Choose one.');
  const way = values.lambda ? 'lambda' : values.web ? 'web' : undefined;
  for (const [name, ways] of Object.entries(ONLY_FOR) as [keyof typeof ONLY_FOR, readonly string[]][]) {
    if (values[name] === undefined) continue;
    if (ways.length === 0 && way !== undefined) throw usageError(`--${name} is not for --${way}.`);
    if (ways.length > 0 && !ways.some((one) => one === way))
      throw usageError(`--${name} is for ${ways.map((one) => `--${one}`).join(' or ')}.`);
  }
}

async function startLambda(values: StartLine['values'], packages: string, port: number): Promise<void> {
  const { host, quiet = false, logs = false } = values;
  const memoryMegabytes = wholeNumber(values.memory ?? `${MEGABYTES_PER_VCPU}`, '--memory', 128, 10_240);
  const environments = wholeNumber(values.concurrency ?? '10', '--concurrency', 1, 100);
  const maxConcurrencyPerEnvironment = wholeNumber(
    values['per-environment'] ?? '64',
    '--per-environment',
    1,
    128,
  );
  const idleSeconds = wholeNumber(values.idle ?? '300', '--idle', 1, 86_400);
  const entries = await listModels(new Engine({ packages }), packages);
  const names = values.model ?? [...new Set(entries.map(({ name }) => name))];
  const models = names.map((ref) => findModel(ref, entries));
  const callers = callerRules(host, values['allow-host']);
  const options = { packages, models, host, port, callers, quiet, logs };
  // Loaded here, because only these ways of serving need the bundler and the layer builds.
  const service = values.web
    ? await (await import('./lambda/serve-web.ts')).serveWeb({
        ...options,
        settings: { maxEnvironments: environments, maxConcurrencyPerEnvironment, idleSeconds },
      })
    : await (await import('./lambda/serve.ts')).serveLambda({
        ...options,
        settings: { memoryMegabytes, reservedConcurrency: environments },
        idleSeconds,
        streams: values['function-url'] ?? false,
      });
  endOnSignals(async () => ((await service.close()) ? EXIT.ok : EXIT.failed), ENDING);
  goOnWithoutReader([process.stdout, process.stderr]);
  console.log(lambdaBanner(models, service.summary, formatAddress(host, service.port)));
}

const formatAddress = (host: string, port: number): string => `http://${shownHost(host)}:${port}`;

function shownHost(host: string): string {
  if (['127.0.0.1', '::1', '0.0.0.0', '::'].includes(host)) return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}

/** npm passes on the signal that its process group got already, so one Ctrl-C is two signals at once. */
const ENDING = { sameSignalMs: 500 };
