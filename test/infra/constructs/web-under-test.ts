/** A web function of one model, and the resources of its template by what tells them apart. */
import type { Template } from 'aws-cdk-lib/assertions';
import { expect } from 'vitest';
import { WebInferenceFunction, type WebInferenceFunctionProps } from '../../../infra/constructs/src/index.ts';
import { templateOf } from './template.ts';

export const models = ['sentiment'];

export function template(props: Partial<WebInferenceFunctionProps> = {}): Template {
  return templateOf((stack) => new WebInferenceFunction(stack, 'Web', { models, ...props }));
}

/** The one resource of a type, or the one whose properties hold `properties`. */
export function only(of: Template, type: string, properties: object = {}): [id: string, resource: Resource] {
  const found = Object.entries(of.findResources(type, { Properties: properties }));
  expect(found).toHaveLength(1);
  const [[id, resource] = ['', {}]] = found;
  return [id, resource as Resource];
}

interface Resource {
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly DependsOn?: readonly string[] | string;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

export const PROD = { EndpointName: 'prod' };
export const PREVIEW = { EndpointName: 'preview' };
export const endpoint = (of: Template, which: object) => only(of, 'AWS::Lambda::WebFunctionEndpoint', which);
export const revision = (of: Template) => only(of, 'AWS::Lambda::WebFunctionRevision');
