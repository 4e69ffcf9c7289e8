import { RemovalPolicy } from 'aws-cdk-lib';

/** The CDK's name of a word of the settings. */
export function toRemovalPolicy(word: 'destroy' | 'retain'): RemovalPolicy {
  return word === 'destroy' ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN;
}
