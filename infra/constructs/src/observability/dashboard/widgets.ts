import {
  AlarmStatusWidget,
  GraphWidget,
  type GraphWidgetProps,
  type IAlarm,
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

/** A widget of CloudWatch shows no more alarms. */
const ALARMS_OF_A_WIDGET = 100;

/** Shows the states of alarms, in as many rows as they need. */
export function alarmWidgets(alarms: readonly IAlarm[]): IWidget[][] {
  const rows = Math.ceil(alarms.length / ALARMS_OF_A_WIDGET);
  return Array.from({ length: rows }, (_, row) => {
    const shown = alarms.slice(row * ALARMS_OF_A_WIDGET, (row + 1) * ALARMS_OF_A_WIDGET);
    return [new AlarmStatusWidget({ title: 'Alarms', alarms: shown, width: 24, height: 3 })];
  });
}
