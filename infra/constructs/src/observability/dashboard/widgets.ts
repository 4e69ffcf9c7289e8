import {
  AlarmStatusWidget,
  GraphWidget,
  type GraphWidgetProps,
  type IAlarm,
  type IMetric,
  type IWidget,
  LogQueryVisualizationType,
  LogQueryWidget,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';

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

interface LoggingFunction {
  readonly logGroup: LogGroup;
}

/** Shows a table of what a query finds in the logs of functions. */
export function logTable(
  title: string,
  functions: readonly LoggingFunction[],
  queryLines: readonly string[],
): IWidget {
  return new LogQueryWidget({
    title,
    logGroupNames: functions.map(({ logGroup }) => logGroup.logGroupName),
    view: LogQueryVisualizationType.TABLE,
    queryLines: [...queryLines],
    width: WIDTH,
    height: 6,
  });
}

/** Shows the stages that are fields of the log, which cost nothing until somebody looks at them; see stage-metrics.ts. */
export function stagesOfRequests(functions: readonly LoggingFunction[]): IWidget {
  return logTable('Stages of requests: average ms, most MB', functions, [
    'filter ispresent(TokenizationTime)',
    'stats avg(TokenizationTime) as tokenise, avg(QueueTime) as queue, avg(PostprocessTime) as postprocess, max(MemoryUsed) as memory by model',
  ]);
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
