import { DomainName, SecurityPolicy } from 'aws-cdk-lib/aws-apigatewayv2';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { ARecord, HostedZone, RecordTarget } from 'aws-cdk-lib/aws-route53';
import { ApiGatewayv2DomainProperties } from 'aws-cdk-lib/aws-route53-targets';
import { Construct } from 'constructs';
import type * as z from 'zod';
import { checkSettings } from '../common/problems.ts';
import { domainSchema } from './schema.ts';

/** Without `hostedZone` no record is made: point the name at `regionalDomainName` yourself. */
export type ApiDomainProps = z.input<typeof domainSchema>;

/** A domain of the team's own for an API, with TLS 1.2 at least. */
export class ApiDomain extends Construct {
  readonly domainName: DomainName;

  /** @throws InfraError INVALID_PROPS */
  constructor(scope: Construct, id: string, props: ApiDomainProps) {
    super(scope, id);
    const { domainName, certificateArn, hostedZone } = checkSettings(scope, id, domainSchema, props);
    this.domainName = new DomainName(this, 'Domain', {
      domainName,
      certificate: Certificate.fromCertificateArn(this, 'Certificate', certificateArn),
      securityPolicy: SecurityPolicy.TLS_1_2,
    });
    if (!hostedZone) return;
    const { regionalDomainName, regionalHostedZoneId } = this.domainName;
    const zone = HostedZone.fromHostedZoneAttributes(this, 'Zone', hostedZone);
    new ARecord(this, 'Record', {
      zone,
      recordName: domainName,
      target: RecordTarget.fromAlias(
        new ApiGatewayv2DomainProperties(regionalDomainName, regionalHostedZoneId),
      ),
    });
  }
}
