import { numberAt, textAt } from './json.ts';

/** Every metric with its unit (UCUM, as OpenTelemetry asks) and what it tells: the only list; docs/operations.md shows it. */
export const slackwaterMetrics = [
  { metric: 'slackwater.run.duration', unit: 'min', description: 'from the opening of the window to the end of the run' },
  { metric: 'slackwater.pool.duration', unit: 'min', description: 'from the first start of a node pool to its end in this run' },
  { metric: 'slackwater.pool.nodes', unit: '{node}', description: 'nodes of that pool that are new at its end' },
  { metric: 'slackwater.pause.duration', unit: 'min', description: 'one pause of a run, from its cause' },
  { metric: 'slackwater.debts.opened', unit: '{debt}', description: 'debts found new by a run, a clean-up or the daily check' },
  { metric: 'slackwater.debts.paid', unit: '{debt}', description: 'debts found settled' },
  { metric: 'slackwater.debts.open', unit: '{debt}', description: 'what a cluster owes at its daily check' },
] as const;
type MetricName = (typeof slackwaterMetrics)[number]['metric'];

/** One measurement. */
export interface SlackwaterMetric {
  readonly metric: MetricName;
  readonly unit: string;
  readonly value: number;
  /** The same however often it is told: whoever counts lines drops a repeat by it. */
  readonly metricId: string;
  /** What it is told apart by, beside the cluster. */
  readonly about: Readonly<Record<string, string>>;
}

/** A measurement under its metric's unit. `occasion` sets it apart from every other of that metric. */
export function measure(metric: MetricName, value: number, occasion: string, about: SlackwaterMetric['about'] = {}): SlackwaterMetric {
  const unit = slackwaterMetrics.find((each) => each.metric === metric)?.unit ?? '1';
  return { metric, unit, value, metricId: `${occasion}/${metric}`, about };
}

/** What an event of the topic `events` measures: the end of a run, of a pool, of a pause; nothing for any other. */
export function metricsOfEvent({ name, messageId, data }: { readonly name: string; readonly messageId: string; readonly data: Readonly<Record<string, unknown>> }): readonly SlackwaterMetric[] {
  const [, subject = '', end = ''] = /^dev\.slackwater\.(run|pool|hold)\.(.+)$/.exec(name) ?? [];
  const minutes = numberAt(data, 'minutes');
  if (minutes === null) return [];
  if (subject === 'run') return [measure('slackwater.run.duration', minutes, messageId, { outcome: end })];
  if (subject === 'hold' && end === 'cleared') return [measure('slackwater.pause.duration', minutes, messageId, { class: textAt(data, 'class') ?? 'unknown' })];
  if (subject !== 'pool') return [];
  const about = { pool: (textAt(data, 'unit') ?? '').replace(/^pool\//, ''), outcome: end };
  const nodes = numberAt(data, 'nodes');
  return [measure('slackwater.pool.duration', minutes, messageId, about), ...(nodes === null ? [] : [measure('slackwater.pool.nodes', nodes, messageId, about)])];
}

/** The measurement a line of the log tells; null for a line that tells none. */
export function metricOfLine(code: string, fields: Readonly<Record<string, unknown>>): SlackwaterMetric | null {
  const known = code === METRIC_LINE ? slackwaterMetrics.find(({ metric }) => metric === fields['metric']) : undefined;
  const value = numberAt(fields, 'value');
  if (known === undefined || value === null) return null;
  const about = Object.fromEntries(['pool', 'outcome', 'class'].flatMap((name) => (textAt(fields, name) === null ? [] : [[name, textAt(fields, name) ?? '']])));
  return { metric: known.metric, unit: known.unit, value, metricId: textAt(fields, 'metricId') ?? '', about };
}

/** Code of the line that tells a measurement. */
export const METRIC_LINE = 'metric';
