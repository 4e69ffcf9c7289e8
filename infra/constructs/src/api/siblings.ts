import { Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { InfraError } from '../common/errors.ts';
import type { InferenceFunction } from '../function/inference-function.ts';

/**
 * Lets the main function have the others answer: a path names a model only in some wire formats, so that every other request comes to
 * the main function. See functions/app/src/hand-over/siblings/ADR-siblings.md.
 *
 * @throws InfraError INVALID_PROPS
 */
export function handToSiblings(
  scope: IConstruct,
  main: InferenceFunction,
  others: Readonly<Record<string, InferenceFunction>>,
): void {
  const siblings = new Map<InferenceFunction, string[]>();
  for (const [model, other] of Object.entries(others)) {
    if (other !== main) siblings.set(other, [...(siblings.get(other) ?? []), model]);
  }
  if (siblings.size === 0) return;
  if (!main.reachesLambda) {
    throw new InfraError(
      'INVALID_PROPS',
      'The main function hands requests over to others, and stands in a network without a way to Lambda. Set callersInvoke of the InferenceServer to true.',
    );
  }
  for (const other of siblings.keys()) other.grantInvoke(main.executionRole);
  const functions = [...siblings].map(([{ alias }, models]) => ({ alias: alias.functionArn, models }));
  main.function.addEnvironment('PILOTLIGHT_SIBLINGS', Stack.of(scope).toJsonString(functions));
}
