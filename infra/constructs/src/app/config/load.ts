/** Finds and checks the configuration of a deployment: `<team>.<env>.ts` of a folder. */

import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { closest } from '@pilotlight/model-format/errors';
import { InfraError } from '../../common/errors.ts';
import { listProblems } from '../../common/problems.ts';
import { type Config, type ConfigInput, configSchema } from './schema.ts';

const NAME = /^[a-z][a-z0-9-]*$/;
const CONFIG_FILE = /^([a-z][a-z0-9-]*)\.([a-z][a-z0-9-]*)\.[mc]?[tj]s$/;

/** The configuration of one team in one environment. */
export interface Deployment {
  readonly team: string;
  /** Such as `dev` or `prod`. */
  readonly env: string;
  readonly config: Config;
}

/** Values of `-c team=` and `-c env=`. */
export interface Selection {
  readonly team: unknown;
  readonly env: unknown;
}

/**
 * Loads and checks the configuration that `selection` names.
 *
 * @throws InfraError CONFIGURATION_NOT_FOUND, with those that exist; INVALID_CONFIGURATION, with every field at fault
 */
export async function loadDeployment(selection: Selection, folder: string): Promise<Deployment> {
  const { team, env, file } = select(selection, folder);
  return { team, env, config: parseConfig(await importDefault(file), relative(process.cwd(), file)) };
}

/**
 * Checks a configuration that the caller has, so that an app needs no file for it.
 *
 * @throws InfraError INVALID_CONFIGURATION, with every field at fault, or where team or environment cannot be in the name of a stack
 */
export function defineDeployment(deployment: {
  readonly team: string;
  readonly env: string;
  readonly config: ConfigInput;
}): Deployment {
  const { team, env, config } = deployment;
  for (const [what, name] of Object.entries({ team, env })) {
    if (NAME.test(name)) continue;
    const message = `${what} ${JSON.stringify(name)} must begin with a letter and have a-z, 0-9 and - alone, because stacks are named by it.`;
    throw new InfraError('INVALID_CONFIGURATION', message);
  }
  return { team, env, config: parseConfig(config, `${team}.${env}`) };
}

/** Lists every `{team, env}` that has a configuration, sorted by name. */
export function listDeployments(folder: string): { team: string; env: string }[] {
  return listFiles(folder).map(({ team, env }) => ({ team, env }));
}

/** @throws InfraError INVALID_CONFIGURATION, whose message names `file` */
export function parseConfig(value: unknown, file: string): Config {
  const parsed = configSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = listProblems(configSchema, parsed.error, value, 'its default export');
  throw new InfraError('INVALID_CONFIGURATION', `${file}: ${problems.join('; ')}.`);
}

/**
 * Refuses credentials of an account that is neither the configuration's nor one of `deployFrom`. The CDK's command line puts
 * the account of the credentials into CDK_DEFAULT_ACCOUNT; without credentials there is none, and nothing to refuse.
 *
 * @throws InfraError ACCOUNT_MISMATCH
 */
export function refuseOtherAccount({ team, env, config }: Deployment, account: string | undefined): void {
  const { account: own, deployFrom = [] } = config;
  if (own === undefined || account === undefined || own === account || deployFrom.includes(account)) return;
  throw new InfraError(
    'ACCOUNT_MISMATCH',
    `${team}.${env} is for account ${own}, and the credentials are of account ${account}; choose the profile of ${own} ` +
      `with --profile, or name ${account} in deployFrom if it deploys for others, as that of a pipeline does.`,
  );
}

interface ConfigFile {
  readonly team: string;
  readonly env: string;
  readonly file: string;
}

function listFiles(folder: string): ConfigFile[] {
  return readdirSync(folder)
    .sort()
    .flatMap((name) => {
      const [, team, env] = CONFIG_FILE.exec(name) ?? [];
      return team === undefined || env === undefined ? [] : [{ team, env, file: join(folder, name) }];
    });
}

function select({ team, env }: Selection, folder: string): ConfigFile {
  const deployments = listFiles(folder);
  const found = deployments.find((deployment) => deployment.team === team && deployment.env === env);
  if (found) return refuseTwins(found, deployments);
  const names = deployments.map((deployment) => `${deployment.team}.${deployment.env}`);
  const known = names.length === 0 ? `${folder} has no configuration` : `there are ${names.join(', ')}`;
  if (typeof team !== 'string' || typeof env !== 'string') {
    throw new InfraError(
      'CONFIGURATION_NOT_FOUND',
      `Say which deployment is meant with -c team=TEAM -c env=ENV, to every command of the CDK; ${known}.`,
    );
  }
  const nearest = closest(`${team}.${env}`, names);
  const hint = nearest === undefined ? '' : ` (did you mean ${nearest}?)`;
  throw new InfraError(
    'CONFIGURATION_NOT_FOUND',
    `There is no configuration ${team}.${env}${hint}; ${known}.`,
  );
}

/** `a-b` in `c` would have the stacks of `a` in `b-c`, and each would replace what the other has. */
function refuseTwins(found: ConfigFile, deployments: readonly ConfigFile[]): ConfigFile {
  const stage = ({ team, env }: ConfigFile): string => `${team}-${env}`;
  const twin = deployments.find((other) => other.team !== found.team && stage(other) === stage(found));
  if (!twin) return found;
  throw new InfraError(
    'INVALID_CONFIGURATION',
    `${found.team}.${found.env} and ${twin.team}.${twin.env} would both be the stacks pilotlight-${stage(found)}: rename the one that is not deployed.`,
  );
}

async function importDefault(file: string): Promise<unknown> {
  try {
    const module: object = await import(pathToFileURL(file).href);
    return 'default' in module ? module.default : undefined;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n', 1)[0] : String(cause);
    throw new InfraError(
      'INVALID_CONFIGURATION',
      `${relative(process.cwd(), file)} cannot be read: ${reason}.`,
      {
        cause,
      },
    );
  }
}
