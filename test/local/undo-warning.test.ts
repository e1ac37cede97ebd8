import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Ports } from '../../activities/ports.ts';
import { receiveInboxMessage } from '../../activities/receive-inbox.ts';
import { textAt } from '../../domain/json.ts';
import { projectDelivery } from '../../domain/webhook-delivery.ts';
import { appLogin, policyRepository } from '../../local/loopback-world.ts';
import { startRehearsal, type Rehearsal } from '../../local/rehearsal/rehearsal.ts';
import { readWebhook } from '../../sim/github-changes.ts';
import { findCommit } from '../../sim/github-world.ts';

const code = readFileSync(new URL('../../fixtures/infra/main.tf', import.meta.url), 'utf8');
const at = `/repos/${policyRepository}`;

/** People who open and push pull requests, and the inbox that hears of it. */
function connect(rehearsal: Rehearsal) {
  const { github } = rehearsal.world;
  const held = github.github.world.repositories.get(policyRepository) ?? assert.fail();
  const none = async (): Promise<never> => assert.fail('No task hub is asked here.');
  const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const ports: Ports = { ...rehearsal.composition.portsOf(silent), windows: { startWindow: none, raise: none, read: none, list: none, startCleanUp: none, listCleanUps: none } };
  const ask = (login: string, method: string, path: string, body: unknown): unknown => {
    const answer = github.request(login, method, `${at}${path}`, body);
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  let heard = 0;
  return {
    push(branch: string, text: string, login = 'operator'): void {
      const main = findCommit(held, 'main') ?? assert.fail();
      if (!held.branches.has(branch)) ask(login, 'POST', '/git/refs', { ref: `refs/heads/${branch}`, sha: main.sha });
      ask(login, 'PUT', '/contents/infra/main.tf', { message: 'change', branch, content: Buffer.from(text).toString('base64'), sha: findCommit(held, branch)?.files.get('infra/main.tf')?.sha });
    },
    open: (branch: string, base = 'main', login = 'operator'): number => Number(textAt({ number: String(Object(ask(login, 'POST', '/pulls', { title: 'x', head: branch, base })).number) }, 'number')),
    /** Hands what GitHub tells of pull requests to the inbox, `times` over as a redelivery would. */
    async hear(times = 1): Promise<readonly string[]> {
      const told = rehearsal.changes.slice(heard).flatMap((change) => readWebhook(change) ?? []);
      heard = rehearsal.changes.length;
      const results: string[] = [];
      for (const { event, delivery, payload } of told.filter((each) => each.event === 'pull_request')) {
        const projected = projectDelivery(event, `delivery-${delivery}`, JSON.parse(JSON.stringify(payload)));
        if (projected.kind !== 'message') continue;
        for (let time = 0; time < times; time += 1) {
          const result = await receiveInboxMessage(ports, { appLogin, policyRepository, policyPath: 'slackwater' }, JSON.parse(JSON.stringify(projected.event)));
          results.push(result.kind === 'done' ? result.what : `${result.kind} ${JSON.stringify(result)}`);
        }
      }
      return results;
    },
    comments: (number: number) => [...held.comments.values()].filter(({ issueNumber }) => issueNumber === number).map(({ body }) => body),
  };
}

test('a pull request that lowers a pin below what runs is told so once, however often it is pushed and delivered', async () => {
  const rehearsal = await startRehearsal({ beginning: 'held' });
  try {
    const { push, open, hear, comments } = connect(rehearsal);
    push('older', code.replace('"1.35"', '"1.34"'));
    const number = open('older');

    assert.deepEqual(await hear(2), ['answered', 'answered']);
    push('older', code.replace('"1.35"', '"1.34"').replace('"1.35.5"', '"1.34.1"'));
    assert.deepEqual(await hear(), ['answered']);

    const [comment = '', ...others] = comments(number);
    assert.deepEqual(others, []);
    assert.match(comment, /^\*\*This would undo an upgrade:\*\* it pins `lab-aks` to an older version than runs now\./);
    assert.match(comment, /\| `lab-aks` \| `infra\/main\.tf` \| 10 \| `kubernetesVersion` \| `1\.35` \| `1\.34` \| `1\.35\.5` \|/);
  } finally {
    await rehearsal.close();
  }
});

test('nothing is said where nothing is lowered: other changes, another branch, our own pull request, a branch that is merely behind', async () => {
  const rehearsal = await startRehearsal({ beginning: 'held' });
  try {
    const { push, open, hear, comments } = connect(rehearsal);
    push('words', `${code}# words\n`);
    push('elsewhere', code.replace('"1.35"', '"1.34"'));
    push('release', `${code}# release\n`);
    push('ours', code.replace('"1.35"', '"1.34"'), appLogin);
    const numbers = [open('words'), open('elsewhere', 'release'), open('ours', 'main', appLogin)];
    push('behind', `${code}# behind\n`);
    // What the branch never touched is newer on the default branch by now.
    push('main', code.replace('"1.35"', '"1.36"'));
    numbers.push(open('behind'));

    await hear();

    assert.deepEqual(numbers.flatMap(comments), []);
  } finally {
    await rehearsal.close();
  }
});

test('GitHub out of reach puts it off, and a cluster that cannot be read is not judged', async () => {
  const rehearsal = await startRehearsal({ beginning: 'held' });
  try {
    const { push, open, hear, comments } = connect(rehearsal);
    push('older', code.replace('"1.35"', '"1.34"'));
    const number = open('older');
    rehearsal.world.faults.github.add({ method: 'GET', path: /\/compare\//, times: 2, mishap: { kind: 'answer', moment: 'before', response: { status: 503, headers: {}, body: { message: 'down' } } } });
    rehearsal.world.faults.arm.add({ method: 'GET', path: /managedClusters\/lab-aks$/, times: 1, mishap: { kind: 'answer', moment: 'before', response: { status: 403, headers: {}, body: { error: { code: 'AuthorizationFailed', message: 'no' } } } } });

    const results = await hear(3);

    assert.match(results[0] ?? '', /^retry-later/);
    assert.deepEqual(results.slice(1), ['checked', 'answered']);
    assert.equal(comments(number).length, 1);
  } finally {
    await rehearsal.close();
  }
});
