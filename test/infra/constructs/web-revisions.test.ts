import type { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { statementsOf } from './template.ts';
import { endpoint, only, PREVIEW, PROD, revision, template } from './web-under-test.ts';

describe('a new revision', () => {
  const byDefault = template();

  test('is checked by its goldens at an endpoint of its own before the endpoint of clients leads to it', () => {
    const [previewId, preview] = endpoint(byDefault, PREVIEW);
    const [gateId, gate] = only(byDefault, 'Custom::PilotlightGoldens');
    const [, prod] = endpoint(byDefault, PROD);
    const [revisionId] = revision(byDefault);
    const leadsTo = [{ RevisionId: { 'Fn::GetAtt': [revisionId, 'RevisionId'] }, Weight: 100 }];
    expect(preview.Properties).toMatchObject({ RevisionWeights: leadsTo, AuthType: 'IamAuth' });
    expect(prod.Properties.RevisionWeights).toEqual(leadsTo);
    expect(gate.Properties).toMatchObject({
      Domain: { 'Fn::GetAtt': [previewId, 'DomainName'] },
      RevisionId: { 'Fn::GetAtt': [revisionId, 'RevisionId'] },
      Models: 1,
      ToleratedDrift: 1,
    });
    expect(prod.DependsOn).toContain(gateId);
    expect(preview.DependsOn).not.toContain(gateId);
  });

  test('is checked by a function that may call that endpoint, and no other', () => {
    const statements = statementsOf(byDefault, 'GoldensGateRole').filter(
      ({ Action }) => !JSON.stringify(Action).includes('logs:'),
    );
    const [previewId] = endpoint(byDefault, PREVIEW);
    expect(statements).toEqual([
      {
        Action: 'lambda:InvokeWebFunctionEndpoint',
        Effect: 'Allow',
        Resource: { 'Fn::GetAtt': [previewId, 'EndpointArn'] },
      },
    ]);
    const [, gate] = only(byDefault, 'Custom::PilotlightGoldens');
    expect(JSON.stringify(gate.DependsOn)).toContain('GateRoleDefaultPolicy');
  });

  test('has a check of its own, so that a rollback repeats none: other code and other settings have another', () => {
    const idOf = (of: Template) => only(of, 'Custom::PilotlightGoldens')[0];
    const ids = [
      template(),
      template({ models: ['intent'] }),
      template({ web: { timeoutSeconds: 60 } }),
      template({ web: { environment: { PILOTLIGHT_MAX_INPUTS: '9' } } }),
    ].map(idOf);
    expect(new Set(ids).size).toBe(4);
    const withCode = (predictors: string) => idOf(template({ packages: { predictors } }));
    expect(withCode('vitest.config.ts')).not.toBe(withCode('test/infra/constructs/template.ts'));
    expect(idOf(template())).toBe(ids[0]);
    expect(idOf(template({ web: { rateLimit: 500 } }))).toBe(ids[0]);
  });

  test('has traffic unchecked where goldens are off, which is the way out when the check itself is broken', () => {
    const unchecked = template({ release: { goldens: false } });
    unchecked.resourceCountIs('Custom::PilotlightGoldens', 0);
    unchecked.resourceCountIs('AWS::Lambda::WebFunctionEndpoint', 1);
  });

  test('shares the requests with an earlier one that is named, by percent', () => {
    const shared = template({ release: { previous: { revisionId: 'rev-1', weight: 90 } } });
    const [revisionId] = revision(shared);
    expect(endpoint(shared, PROD)[1].Properties.RevisionWeights).toEqual([
      { RevisionId: { 'Fn::GetAtt': [revisionId, 'RevisionId'] }, Weight: 10 },
      { RevisionId: 'rev-1', Weight: 90 },
    ]);
    expect(endpoint(shared, PREVIEW)[1].Properties.RevisionWeights).toHaveLength(1);
  });

  test('leaves the earlier one and its code in place, and both go with the function', () => {
    const [, kept] = revision(byDefault);
    expect([kept.UpdateReplacePolicy, kept.DeletionPolicy]).toEqual(['Retain', 'Delete']);
    expect(only(byDefault, 'Custom::S3ObjectCopy')[1].UpdateReplacePolicy).toBe('Retain');
    expect(only(byDefault, 'AWS::S3::Bucket')[1].DeletionPolicy).toBe('Retain');
  });

  test('takes the earlier one and its code away where it is asked to, so that nothing is left of the stack', () => {
    const clean = template({ release: { keepRevisions: false } });
    expect(revision(clean)[1].UpdateReplacePolicy).toBeUndefined();
    expect(only(clean, 'Custom::S3ObjectCopy')[1].UpdateReplacePolicy).toBe('Delete');
    expect(only(clean, 'AWS::S3::Bucket')[1].DeletionPolicy).toBe('Delete');
  });
});
