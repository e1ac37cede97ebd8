import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerMarker, noticeMarker, reportMarker, runIdInReport, withMarker } from '../../domain/hidden-marker.ts';
import { nastyNames } from './nasty-names.ts';

test('a report is found again by its run', () => {
  const body = withMarker('text', reportMarker('shop--prod_weu-20261010T2000Z'));

  assert.equal(runIdInReport(body), 'shop--prod_weu-20261010T2000Z');
  assert.equal(runIdInReport('text'), null);
  assert.equal(runIdInReport('`<!-- slackwater:run: -->`'), null);
});

test('no name can end its marker early or hide a second one in it', () => {
  for (const name of nastyNames) {
    for (const marker of [reportMarker(name), noticeMarker(name, name), answerMarker(name)]) {
      assert.match(marker, /^<!-- slackwater:[A-Za-z0-9_.:-]+ -->$/);
    }
  }
});

test('a marker is put once, on a line of its own', () => {
  const marker = answerMarker('d-1');

  assert.equal(withMarker('text\n', marker), `text\n\n${marker}\n`);
  assert.equal(withMarker(withMarker('text', marker), marker), withMarker('text', marker));
});
