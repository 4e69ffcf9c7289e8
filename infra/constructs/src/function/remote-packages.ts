import { join } from 'node:path';
import type { PackageDescription } from '@pilotlight/layers/internal/models/index';
import { Stack, Token } from 'aws-cdk-lib';
import { Policy, PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { Construct } from 'constructs';
import { InfraError } from '../common/errors.ts';

export interface RemotePackagesProps {
  readonly packages: readonly PackageDescription[];
  /** The role that may read these objects and no others. */
  readonly role: Role;
  /** The other variables of the function, which share the 4 KB. @default - none */
  readonly beside?: Readonly<Record<string, string>>;
}

/** Lambda allows 4 KB for all variables together; the others have some hundred bytes. */
const MAXIMUM_BYTES = 3500;
/** An allowance for an address or a name that AWS gives, which is a token at synth. */
const TOKEN_BYTES = 256;
/** The name of a bucket has at most 63 characters; at synth it is a token. */
const BUCKET_NAME_BYTES = 63;

/** Model packages as objects of the bucket that `cdk bootstrap` made, which the function fetches when it starts. */
export class RemotePackages extends Construct {
  /** Value of PILOTLIGHT_REMOTE_PACKAGES. */
  readonly variable: string;
  /** A version must not be published before this policy exists. */
  readonly policy: Policy;

  /** @throws InfraError UNSUPPORTED_PLACEMENT when the keys do not fit into the environment of a function */
  constructor(scope: Construct, id: string, { packages, role, beside = {} }: RemotePackagesProps) {
    super(scope, id);
    const remote = packages.map((description) => ({ description, assets: this.#assets(description) }));
    const listed = remote.map(({ description: { name, version, manifestSha256 }, assets }) => ({
      name,
      version,
      manifestSha256,
      objects: Object.fromEntries(assets.map(({ path, asset }) => [path, asset.s3ObjectKey])),
    }));
    const bytes = JSON.stringify({ bucket: '', packages: listed }).length + BUCKET_NAME_BYTES;
    const room = MAXIMUM_BYTES - tokenBytes(beside);
    if (bytes > room) {
      throw new InfraError(
        'UNSUPPORTED_PLACEMENT',
        `The list of ${packages.length} packages to fetch has ${bytes} bytes; the environment of a function has room ` +
          `for ${room}. Divide the models over several functions.`,
      );
    }
    const assets = remote.flatMap((one) => one.assets.map(({ asset }) => asset));
    const bucket = assets[0]?.s3BucketName ?? '';
    this.variable = Stack.of(this).toJsonString({ bucket, packages: listed });
    this.policy = this.#policy(assets, packages, role);
  }

  #assets({ name, version, folder, files }: PackageDescription): { path: string; asset: Asset }[] {
    return files.map(({ path, sha256 }) => ({
      path,
      asset: new Asset(this, `${name}@${version}:${path.replaceAll('/', ':')}`, {
        path: join(folder, path),
        assetHash: sha256,
      }),
    }));
  }

  /**
   * A policy of its own for each set of packages: while traffic moves to a new version, CloudFormation keeps that of the
   * old version, which still fetches the old packages, and a rollback finds it in place.
   */
  #policy(assets: readonly Asset[], packages: readonly PackageDescription[], role: Role): Policy {
    const { partition } = Stack.of(this);
    const contents = packages.map(({ manifestSha256 }) => manifestSha256.slice(0, 8)).sort();
    return new Policy(this, `Read-${contents.join('-')}`, {
      roles: [role],
      statements: [
        new PolicyStatement({
          actions: ['s3:GetObject'],
          resources: assets.map(
            ({ s3BucketName, s3ObjectKey }) => `arn:${partition}:s3:::${s3BucketName}/${s3ObjectKey}`,
          ),
        }),
      ],
    });
  }
}

/** Counts an allowance for each value that is known only at deployment; the values known at synth are some hundred bytes. */
function tokenBytes(variables: Readonly<Record<string, string>>): number {
  return TOKEN_BYTES * Object.values(variables).filter((value) => Token.isUnresolved(value)).length;
}
