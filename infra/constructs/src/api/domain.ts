import { DomainName, SecurityPolicy } from 'aws-cdk-lib/aws-apigatewayv2';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { ARecord, HostedZone, RecordTarget } from 'aws-cdk-lib/aws-route53';
import { ApiGatewayv2DomainProperties } from 'aws-cdk-lib/aws-route53-targets';
import { Construct } from 'constructs';

export interface ApiDomainProps {
  /** Such as `nlp.example.com`. */
  readonly domainName: string;
  /** Of a certificate in the region of the API. */
  readonly certificateArn: string;
  /** Where to make the records. @default - none are made: point the name at `regionalDomainName` yourself */
  readonly hostedZone?: { readonly hostedZoneId: string; readonly zoneName: string };
  /** Whether the address of API Gateway itself stops working. @default true */
  readonly disableDefaultEndpoint?: boolean;
}

/** A domain of the team's own for an API, with TLS 1.2 at least. */
export class ApiDomain extends Construct {
  readonly domainName: DomainName;

  constructor(scope: Construct, id: string, props: ApiDomainProps) {
    super(scope, id);
    this.domainName = new DomainName(this, 'Domain', {
      domainName: props.domainName,
      certificate: Certificate.fromCertificateArn(this, 'Certificate', props.certificateArn),
      securityPolicy: SecurityPolicy.TLS_1_2,
    });
    if (!props.hostedZone) return;
    const { regionalDomainName, regionalHostedZoneId } = this.domainName;
    const zone = HostedZone.fromHostedZoneAttributes(this, 'Zone', props.hostedZone);
    new ARecord(this, 'Record', {
      zone,
      recordName: props.domainName,
      target: RecordTarget.fromAlias(
        new ApiGatewayv2DomainProperties(regionalDomainName, regionalHostedZoneId),
      ),
    });
  }
}
