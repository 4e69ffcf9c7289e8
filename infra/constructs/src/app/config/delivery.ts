/** What contradicts itself in how a deployment gets to its account: from where, in which region, with which packages, and in which time. */
import { chooseVersion, parseModelRef } from '@pilotlight/model-format';
import { TRAFFIC_SHIFTS, type TrafficShift } from '../../function/release/traffic-shifts.ts';

interface Problem {
  readonly path: readonly string[];
  readonly message: string;
}

interface Consumer {
  readonly models: readonly string[];
  readonly packages: { readonly folder?: string };
}

/** Of a function whose traffic CodeDeploy moves, or of a web function, whose weights are those of the configuration. */
type Release = { readonly canary?: { readonly traffic: TrafficShift } } | { readonly goldens: boolean };

/** The fields of a configuration that these rules read. */
interface Delivery {
  readonly account?: string;
  readonly deployFrom?: readonly string[];
  readonly region?: string;
  readonly packagesFolder?: string;
  readonly packages?: {
    readonly sha256: Readonly<Record<string, string>>;
    readonly aliases: Readonly<Record<string, string>>;
  };
  readonly functions: Readonly<Record<string, Consumer & { readonly release: Release }>>;
  readonly upload?: Consumer;
  readonly server?: { readonly models: Readonly<Record<string, unknown>>; readonly image?: object };
  readonly pipeline?: { readonly sessionHours: number };
}

/** Lists what is wrong, by the field that is to be changed. */
export function explainDelivery(delivery: Delivery): Problem[] {
  return [
    ...explainAccounts(delivery),
    ...explainRegion(delivery.region, delivery),
    ...explainPackages(delivery),
    ...explainSession(delivery),
  ];
}

/** Services that have something of their own for each region, out of which none serves another. */
const REGIONAL_ARN = /^arn:[^:]+:(?:kms|secretsmanager|acm|sns):([^:]+):/;

/** Finds every ARN of another region, wherever it is: a configuration is often the copy of one for another region. */
function explainRegion(region: string | undefined, value: unknown, path: readonly string[] = []): Problem[] {
  if (region === undefined) return [];
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([key, inner]) => explainRegion(region, inner, [...path, key]));
  }
  const [, other] = REGIONAL_ARN.exec(String(value)) ?? [];
  if (other === undefined || other === region) return [];
  return [{ path, message: `must be of region ${region}, where the deployment is, and not of ${other}` }];
}

/** The bootstrap of `account` is what trusts another account. */
function explainAccounts({ account, deployFrom }: Delivery): Problem[] {
  const wrong = (message: string) => [{ path: ['deployFrom'], message }];
  if (deployFrom !== undefined && account === undefined) return wrong('needs account, which is deployed to');
  if (account !== undefined && deployFrom?.includes(account)) return wrong('must not name account itself');
  return [];
}

/** What is fetched is what `packages.sha256` and `packages.aliases` name; a function may have a folder of its own beside it. */
function explainPackages({ packages, packagesFolder, functions, upload, server }: Delivery): Problem[] {
  if (!packages) return [];
  const pinned = Object.keys(packages.sha256).map(parseModelRef);
  const { aliases } = packages;
  const isPinned = (ref: string) => {
    const { name, version } = parseModelRef(ref);
    // Which version an alias means is known once the synth asks.
    if (Object.hasOwn(aliases, name)) return version === undefined;
    const versions = pinned.flatMap((one) => (one.name === name ? [one.version ?? ''] : []));
    return chooseVersion(version, versions) !== undefined;
  };
  const check = (refs: readonly string[], ...path: readonly string[]) =>
    refs
      .filter((ref) => !isPinned(ref))
      .map((ref) => ({
        path,
        message: `must be packages of packages.sha256 or packages.aliases, which do not have ${ref}`,
      }));
  const consume = ({ models, packages: own }: Consumer, ...path: readonly string[]) =>
    own.folder === undefined ? check(models, ...path, 'models') : [];
  const isEmpty = pinned.length === 0 && Object.keys(aliases).length === 0;
  const twice = pinned.filter(({ name }) => Object.hasOwn(aliases, name));
  const folder = 'must be left out where packages says what is fetched';
  return [
    ...(isEmpty ? [{ path: ['packages', 'sha256'], message: 'must name one package at least' }] : []),
    ...twice.map(({ name }) => ({
      path: ['packages', 'aliases', name],
      message: 'must be left out where packages.sha256 says which version it is',
    })),
    ...(packagesFolder === undefined ? [] : [{ path: ['packagesFolder'], message: folder }]),
    ...Object.entries(functions).flatMap(([name, one]) => consume(one, 'functions', name)),
    ...(upload ? consume(upload, 'upload') : []),
    ...(server && !server.image ? check(Object.keys(server.models), 'server', 'models') : []),
  ];
}

/** What a deployment takes beside the time in which traffic moves: build, uploads and CloudFormation's own work. */
const MINUTES_BESIDE_SHIFT = 15;

/** A job whose credentials expire before the deployment has ended does not learn how it went. */
function explainSession({ pipeline, functions }: Delivery): Problem[] {
  if (!pipeline) return [];
  return Object.entries(functions).flatMap(([name, { release }]) => {
    const canary = 'canary' in release ? release.canary : undefined;
    const minutes = canary ? TRAFFIC_SHIFTS[canary.traffic].minutes : 0;
    const hours = Math.ceil((minutes + MINUTES_BESIDE_SHIFT) / 60);
    const message = `must be ${hours} or more, because traffic of function ${name} moves for ${minutes} minutes`;
    return hours <= pipeline.sessionHours ? [] : [{ path: ['pipeline', 'sessionHours'], message }];
  });
}
