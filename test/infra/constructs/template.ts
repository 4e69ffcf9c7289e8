import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { expect } from 'vitest';
import { InfraError, type InfraErrorCode } from '../../../infra/constructs/src/index.ts';

/** A stack that is synthesised fast: assets stay where they are, and the validator has tests of its own. */
export function testStack(): Stack {
  const context = {
    'aws:cdk:disable-asset-staging': true,
    '@aws-cdk/core:newStyleStackSynthesis': true,
  };
  return new Stack(new App({ builtinCloudFormationValidation: false, context }), 'Test');
}

/** The template of what `build` makes. */
export function templateOf(build: (stack: Stack) => unknown): Template {
  const stack = testStack();
  build(stack);
  return Template.fromStack(stack);
}

/** The definition of the only state machine, as text; `write` says what stands for a reference, such as `Function.Arn`. */
export function stateMachineOf(template: Template, write: (reference: string) => string): string {
  const [machine] = Object.values(template.findResources('AWS::StepFunctions::StateMachine'));
  const parts: unknown[] = machine?.Properties.DefinitionString['Fn::Join'][1];
  return parts
    .map((part) => (typeof part === 'string' ? part : write(Object.values(Object(part)).flat().join('.'))))
    .join('');
}

interface Statement {
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
}

/** Every statement of every policy of a role, which is found by a part of its logical name. */
export function statementsOf(template: Template, role: string): Statement[] {
  const policies = Object.values(template.findResources('AWS::IAM::Policy'));
  return policies
    .filter(({ Properties }) => JSON.stringify(Properties.Roles).includes(role))
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
}

/** All actions that any of `statements` permits, sorted. */
export function actionsOf(statements: readonly Statement[]): string[] {
  return statements.flatMap(({ Action }) => Action).sort();
}

/** The refusal of `build`: its code, and its one sentence. */
export function refusalOf(build: () => unknown): { code: InfraErrorCode; message: string } {
  try {
    build();
  } catch (error) {
    if (!(error instanceof InfraError)) throw error;
    const { code, message } = error;
    expect(message.split('\n')).toHaveLength(1);
    return { code, message };
  }
  throw new RangeError('Nothing was refused.');
}
