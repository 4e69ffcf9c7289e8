import { RemovalPolicy } from 'aws-cdk-lib';

/** Translates a word of the settings into the CDK's constant. */
export function toRemovalPolicy(word: 'destroy' | 'retain'): RemovalPolicy {
  return word === 'destroy' ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN;
}
