import type { Template } from 'aws-cdk-lib/assertions';

/** A metric as a widget of a dashboard shows it. */
export interface ShownMetric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly statistic: string;
}

/** Every metric of every dashboard of a template; references stand as the name of their resource. */
export function metricsOf(template: Template): ShownMetric[] {
  return Object.values(template.findResources('AWS::CloudWatch::Dashboard')).flatMap(({ Properties }) => {
    const { widgets } = JSON.parse(textOf(Properties.DashboardBody));
    return widgets.flatMap(({ properties }: { properties: { metrics?: unknown[][] } }) =>
      (properties.metrics ?? []).filter(([first]) => typeof first === 'string').map(shown),
    );
  });
}

function shown(row: readonly unknown[]): ShownMetric {
  const [namespace, name, ...rest] = row.filter((it) => typeof it === 'string').map(String);
  const options = Object(row.find((it) => typeof it === 'object'));
  const pairs = rest.flatMap((dimension, index) =>
    index % 2 === 0 ? [[dimension, rest[index + 1] ?? '']] : [],
  );
  return {
    namespace: namespace ?? '',
    name: name ?? '',
    dimensions: Object.fromEntries(pairs),
    statistic: options.stat ?? 'Average',
  };
}

function textOf(body: unknown): string {
  if (typeof body === 'string') return body;
  const { 'Fn::Join': join, Ref, 'Fn::GetAtt': attribute } = Object(body);
  if (Array.isArray(join)) return join[1].map(textOf).join('');
  return Array.isArray(attribute) ? attribute.join('.') : String(Ref);
}
