import { METRIC_LINE } from '../domain/slackwater-metric.ts';
import type { SlackwaterMetric } from '../domain/slackwater-metric.ts';
import type { Ports } from './ports.ts';

/** Tells measurements as lines of the log, which queries read, and OpenTelemetry where that is on. Told again under the same id it is the same. */
export function tellMetrics(ports: Pick<Ports, 'logger'>, metrics: readonly SlackwaterMetric[]): void {
  for (const { about, ...metric } of metrics) ports.logger.log('info', METRIC_LINE, { ...metric, ...about });
}
