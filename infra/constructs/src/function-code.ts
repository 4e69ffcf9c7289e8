import { bundleFolder, type FunctionName } from '@pilotlight/functions';
import { type AssetCode, Code } from 'aws-cdk-lib/aws-lambda';

/** The bundle of a function as code whose handler is `HANDLER`. @throws BundleError BUNDLE_FAILED */
export function functionCode(name: FunctionName): AssetCode {
  return Code.fromAsset(bundleFolder(name).folder);
}
