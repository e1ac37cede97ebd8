import assert from 'node:assert/strict';
import { test } from 'node:test';
import { slackwater } from './slackwater.ts';

test('calendar prints what is kept on the state branch, as a page and as iCalendar', async () => {
  const page = await slackwater('calendar', 'fixtures/policies', '-o', 'markdown', '-n', '2');
  const feed = await slackwater('calendar', 'fixtures/policies/lab-aks.yaml', '-o', 'ics', '-n', '2');

  assert.deepEqual([page.exitCode, feed.exitCode, page.stderr, feed.stderr], [0, 0, '', '']);
  assert.match(page.stdout, /^# Maintenance calendar\n[^]*\| Sat 21 Nov 2026 22:00 \(21:00Z\) \| Sun 22 Nov 2026 04:00 \(03:00Z\) \| Europe\/Paris \| `lab-aks` \| `lab-aks` \|/);
  assert.match(feed.stdout, /^BEGIN:VCALENDAR\r\n[^]*DTSTART:20261121T210000Z\r\n[^]*DTSTART:20261128T210000Z\r\n[^]*END:VCALENDAR\r\n$/);
  assert.doesNotMatch(feed.stdout, /[^\r]\n/);
});
