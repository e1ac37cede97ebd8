import assert from 'node:assert/strict';
import { test } from 'node:test';
import { causeOfDelivery, causeOfMessage, correlationIdOf } from '../../adapters/correlation.ts';
import { DEBT_CHECK_TYPE } from '../../domain/debt-check-message.ts';

const guid = /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const delivery = '72D3162E-CC78-11E3-81AB-4C9367DC0958';
const cluster = '/subscriptions/s/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/shop';

test('an id that is a GUID stands for itself, any other for one that is always the same', () => {
  assert.equal(correlationIdOf(delivery), delivery.toLowerCase());
  assert.match(correlationIdOf('shop-20261121T2100Z'), guid);
  assert.equal(correlationIdOf('shop-20261121T2100Z'), correlationIdOf('shop-20261121T2100Z'));
  assert.notEqual(correlationIdOf('shop-20261121T2100Z'), correlationIdOf('shop-20261128T2100Z'));
});

test('a request is known by its delivery; what has not the form of one is not repeated', () => {
  assert.deepEqual(causeOfDelivery(delivery, 'i-1'), { githubDelivery: delivery, correlationId: delivery.toLowerCase() });
  for (const none of [null, '', 'a b', 'x'.repeat(200), '"}\n']) assert.deepEqual(causeOfDelivery(none, 'i-1'), { correlationId: correlationIdOf('i-1') });
});

test('a message is known by its own id and tells its cluster; a trace somebody put into it is not believed', () => {
  const check = { specversion: '1.0', type: DEBT_CHECK_TYPE, id: 'debts-1', source: '/slackwater', data: { clusterResourceId: cluster }, trace: { correlationId: delivery, githubDelivery: 'd-1' } };

  assert.deepEqual(causeOfMessage(check, 'i-1'), { cluster, correlationId: correlationIdOf('debts-1') });
  assert.deepEqual(causeOfMessage(JSON.stringify(check), 'i-1'), { cluster, correlationId: correlationIdOf('debts-1') });
  for (const none of [null, 'text', {}, { id: 'x' }]) assert.deepEqual(causeOfMessage(none, 'i-1'), { correlationId: correlationIdOf('i-1') });
});
