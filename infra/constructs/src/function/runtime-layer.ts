import { type Architecture, buildRuntimeLayer } from '@pilotlight/layers/internal/runtime/index';
import { Stack } from 'aws-cdk-lib';
import { Code, Architecture as LambdaArchitecture, LayerVersion, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { buildFolder } from '../common/paths.ts';

export type { Architecture } from '@pilotlight/layers/internal/runtime/index';

/** Translates an architecture into Lambda's constant. */
export function lambdaArchitecture(architecture: Architecture): LambdaArchitecture {
  return architecture === 'arm64' ? LambdaArchitecture.ARM_64 : LambdaArchitecture.X86_64;
}

export interface RuntimeLayerProps {
  /** @default 'arm64' */
  readonly architecture?: Architecture;
}

/**
 * The native packages, ONNX Runtime and tokenizers, as a Lambda layer. The first synth takes seconds to build it; later
 * ones reuse the build.
 */
export class RuntimeLayer extends Construct {
  readonly layer: LayerVersion;
  /** Unzipped: it counts against the 250 MB of a function and its layers. */
  readonly bytes: number;
  /** Changes with the content. */
  readonly sha256: string;

  constructor(scope: Construct, id: string, { architecture = 'arm64' }: RuntimeLayerProps = {}) {
    super(scope, id);
    const { zip, bytes, sha256 } = buildRuntimeLayer(architecture, buildFolder('layers'));
    this.bytes = bytes;
    this.sha256 = sha256;
    this.layer = new LayerVersion(this, 'Layer', {
      code: Code.fromAsset(zip, { assetHash: sha256 }),
      description: `Pilotlight: ONNX Runtime and tokenizers for ${architecture}`,
      compatibleRuntimes: [Runtime.NODEJS_24_X],
      compatibleArchitectures: [lambdaArchitecture(architecture)],
    });
  }

  /** The one layer of a stack, which its functions share. */
  static of(scope: Construct, architecture: Architecture): RuntimeLayer {
    const stack = Stack.of(scope);
    const id = `PilotlightRuntime-${architecture}`;
    const existing = stack.node.tryFindChild(id);
    return existing instanceof RuntimeLayer ? existing : new RuntimeLayer(stack, id, { architecture });
  }
}
