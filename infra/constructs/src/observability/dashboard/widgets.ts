import {
  GraphWidget,
  type GraphWidgetProps,
  type IMetric,
  type IWidget,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';

/** A third of a row: CloudWatch has 24 columns. */
const WIDTH = 8;

export function heading(markdown: string): IWidget {
  return new TextWidget({ markdown, width: 24, height: 2 });
}

export function graph(
  title: string,
  unit: string,
  left: readonly IMetric[],
  more: Pick<GraphWidgetProps, 'leftAnnotations' | 'right' | 'rightYAxis' | 'stacked'> = {},
): IWidget {
  return new GraphWidget({
    title,
    left: [...left],
    leftYAxis: { label: unit, showUnits: false, min: 0 },
    width: WIDTH,
    height: 6,
    ...more,
  });
}
