import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDeprecatedApiMetrics } from '../../domain/deprecated-api-metrics.ts';

const unknown = { verb: null, client: null, lastSeen: null };

test('of the metrics only deprecated APIs that were asked for are told, whatever their labels hold', () => {
  const metrics = [
    '# HELP apiserver_requested_deprecated_apis [STABLE] Gauge of deprecated APIs',
    '# TYPE apiserver_requested_deprecated_apis gauge',
    'apiserver_requested_deprecated_apis{group="flowcontrol.apiserver.k8s.io",removed_release="1.32",resource="flowschemas",subresource="status",version="v1beta3"} 1',
    'apiserver_requested_deprecated_apis{group="",removed_release="",resource="componentstatuses",subresource="",version="v1"} 1',
    'apiserver_requested_deprecated_apis{group="a\\"}b",removed_release="1.36",resource="c",subresource="",version="v1"} 1',
    'apiserver_requested_deprecated_apis{group="batch",removed_release="1.25",resource="cronjobs",subresource="",version="v1beta1"} 0',
    'apiserver_requested_deprecated_apis{group="batch"} 1',
    'apiserver_request_total{code="200",group="batch",version="v1beta1"} 7',
    '',
  ].join('\n');

  assert.deepEqual(readDeprecatedApiMetrics(metrics), [
    { api: 'flowcontrol.apiserver.k8s.io/v1beta3', resource: 'flowschemas/status', removedIn: '1.32', ...unknown },
    { api: 'v1', resource: 'componentstatuses', removedIn: null, ...unknown },
    { api: 'a\\"}b/v1', resource: 'c', removedIn: '1.36', ...unknown },
  ]);
  assert.deepEqual(readDeprecatedApiMetrics('<html>no metrics</html>'), []);
});
