import { buildModelLayer, type PackageDescription } from '@pilotlight/layers/internal/models/index';
import { Code, LayerVersion, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { buildFolder } from '../common/paths.ts';

export interface ModelLayersProps {
  /** The packages of each layer, as a placement groups them. */
  readonly groups: readonly (readonly PackageDescription[])[];
}

/** Model packages as Lambda layers, which put them below /opt/models. */
export class ModelLayers extends Construct {
  readonly layers: readonly LayerVersion[];
  /** A checksum for each layer, which changes with its content. */
  readonly sha256s: readonly string[];

  constructor(scope: Construct, id: string, { groups }: ModelLayersProps) {
    super(scope, id);
    const builds = groups.map((packages) => ({
      packages,
      ...buildModelLayer([...packages], buildFolder('layers')),
    }));
    this.sha256s = builds.map(({ sha256 }) => sha256);
    this.layers = builds.map(
      ({ packages, zip, sha256 }, index) =>
        new LayerVersion(this, `Layer${index}`, {
          code: Code.fromAsset(zip, { assetHash: sha256 }),
          description: `Pilotlight: ${packages.map(({ name, version }) => `${name}@${version}`).join(', ')}`,
          compatibleRuntimes: [Runtime.NODEJS_24_X],
        }),
    );
  }
}
