import { CfnResource, DefaultStackSynthesizer, type ISynthesisSession, Stack } from 'aws-cdk-lib';
import { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { checkVariableBytes } from '../common/environment.ts';

/**
 * Leaves out a `DependsOn` that a property of the resource says already. The CDK writes one to the role of every function,
 * and linters object (W3005 of cfn-lint). Refuses functions whose variables, all of which are known only now, have no room.
 */
export class LeanSynthesizer extends DefaultStackSynthesizer {
  override synthesize(session: ISynthesisSession): void {
    for (const resource of this.boundStack.node.findAll()) {
      if (CfnResource.isCfnResource(resource)) dropImpliedDependencies(resource);
      if (resource instanceof CfnFunction) checkVariables(resource);
    }
    super.synthesize(session);
  }
}

function checkVariables(resource: CfnFunction): void {
  const { variables } = Object(Stack.of(resource).resolve(resource.environment));
  if (variables !== undefined) checkVariableBytes(resource.node.path, variables);
}

function dropImpliedDependencies(resource: CfnResource): void {
  const dependencies = resource.obtainDependencies().filter(CfnResource.isCfnResource);
  if (dependencies.length === 0) return;
  const stack = Stack.of(resource);
  const mentioned = findMentioned(stack.resolve(readProperties(resource)));
  for (const dependency of dependencies) {
    const implied = dependency.stack === stack && mentioned.has(String(stack.resolve(dependency.logicalId)));
    if (implied) resource.removeResourceDependency(dependency);
  }
}

/** `cfnProperties` is protected; the CDK makes it out of the fields of each resource. */
function readProperties(resource: CfnResource): unknown {
  return Reflect.get(resource, 'cfnProperties');
}

/** Finds the logical ids that `Ref` and `Fn::GetAtt` name, at any depth. */
function findMentioned(value: unknown): Set<string> {
  const found = new Set<string>();
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const [key, inner] of Object.entries(node)) {
      if (key === 'Ref') found.add(String(inner));
      else if (key === 'Fn::GetAtt') found.add(String(Array.isArray(inner) ? inner[0] : inner));
      else visit(inner);
    }
  };
  visit(value);
  return found;
}
