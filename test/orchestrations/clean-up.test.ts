import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isRecord, recordAt } from '../../domain/json.ts';
import { MINUTE_MS } from '../../domain/time.ts';
import type { Rehearsal } from '../../local/rehearsal/rehearsal.ts';
import type { AuthorisedCleanUp } from '../../sim/invariants.ts';
import { answersTo, comment, images, instanceOf, leaveQuarantined, memoryOf, quarantinedOf, rehearse, untilCleanedUp, type Said } from './clean-up-rehearsal.ts';

const held = { beginning: 'held' } as const;
const writesTo = (rehearsal: Rehearsal, what: string): number => rehearsal.armWrites().filter((write) => write.what === what).length;
const poolOf = (rehearsal: Rehearsal, name: string) => rehearsal.world.cluster.inspect().find(({ pool }) => pool === name) ?? assert.fail(`no pool ${name}`);
const imagesOf = (rehearsal: Rehearsal, name: string): readonly string[] => [...new Set(poolOf(rehearsal, name).nodes.map(({ imageVersion }) => imageVersion))];
const versionsOf = (rehearsal: Rehearsal, name: string): readonly string[] => [...new Set(poolOf(rehearsal, name).nodes.map(({ kubeletVersion }) => kubeletVersion))];
const eventsOf = ({ world }: Rehearsal): number => world.serviceBus.broker.counts('events/subscriptions/all').active;
const untilAnswered = (rehearsal: Rehearsal, said: Said): Promise<void> => rehearsal.until(() => answersTo(rehearsal, said).length === 1, 30);

/** A span in which a person's clean-up of a pool may write. */
function asked(rehearsal: Rehearsal, kind: AuthorisedCleanUp['kind'], pool: string, from: number): AuthorisedCleanUp {
  return { kind, pool, opens: from, closes: rehearsal.clock.now() + 1 };
}

/** A window that ended with nodes of pool apps set aside and their cause still there. */
async function endWithDebt(rehearsal: Rehearsal): Promise<readonly string[]> {
  const nodes = await leaveQuarantined(rehearsal);
  rehearsal.say('skip', 'pool/apps');
  await rehearsal.untilEnded();
  return nodes;
}

test('release, then resolve: what AKS set aside is brought to its end, and the debts with it', () =>
  rehearse(held, async (rehearsal) => {
    const nodes = await endWithDebt(rehearsal);
    assert.equal(nodes.length, 2);
    const early = await comment(rehearsal, 'chief', '/resolve apps');
    assert.match(await untilCleanedUp(rehearsal, early), /Refused: `resolve`.*release/s);
    const blocked = await comment(rehearsal, 'operator', `/release ${nodes[0]}`);
    assert.match(await untilCleanedUp(rehearsal, blocked), /still there.*shop\/images.*needs 3 healthy pods/s);
    assert.deepEqual(quarantinedOf(rehearsal), nodes, 'a refused release touches nothing');

    rehearsal.world.perturb(images(2));
    for (const node of nodes) {
      const said = await comment(rehearsal, 'operator', `/release ${node}`);
      assert.match(await untilCleanedUp(rehearsal, said), new RegExp(`^\\*\\*Released \`${node}\`.*stays cordoned`, 's'));
    }
    assert.deepEqual(quarantinedOf(rehearsal), []);
    assert.deepEqual(poolOf(rehearsal, 'apps').nodes.filter(({ isCordoned }) => isCordoned).length, 2, 'nobody uncordons but AKS');
    assert.deepEqual([...new Set(memoryOf(rehearsal)?.debts.filter(({ node }) => node !== null).map(({ label, until }) => `${label} ${until}`))], ['removed null'], 'taking the label away settles nothing');

    const before = writesTo(rehearsal, 'PUT pool/apps');
    rehearsal.world.perturb(images(3));
    await rehearsal.clock.advanceTo(rehearsal.clock.now() + MINUTE_MS);
    const tightAgain = await comment(rehearsal, 'chief', '/resolve apps');
    assert.match(await untilCleanedUp(rehearsal, tightAgain), /^Refused: `resolve`.*shop\/images/s);
    rehearsal.world.perturb(images(2));
    await rehearsal.clock.advanceTo(rehearsal.clock.now() + MINUTE_MS);
    const said = await comment(rehearsal, 'chief', '/resolve apps');
    await rehearsal.until(() => answersTo(rehearsal, said).length === 1, 10);
    assert.match(answersTo(rehearsal, said)[0] ?? '', /^\*\*Resolving `apps`.*up to 3 nodes are drained/s);
    assert.match(await untilCleanedUp(rehearsal, said), /^\*\*Resolved `apps` of `lab-aks`\*\*.*is owed no more/s);
    assert.equal(writesTo(rehearsal, 'PUT pool/apps'), before + 1);
    assert.equal(poolOf(rehearsal, 'apps').provisioningState, 'Succeeded');
    assert.equal(imagesOf(rehearsal, 'apps').length, 1);
    assert.deepEqual(memoryOf(rehearsal)?.debts.filter(({ until }) => until === null), []);
    assert.deepEqual(rehearsal.violations(), []);
    const again = await comment(rehearsal, 'chief', '/resolve lab-aks');
    assert.match(await untilCleanedUp(rehearsal, again), /Nothing is to be done/);
  }));

test('a release during a run goes to the run, and its retry takes the node up', () =>
  rehearse(held, async (rehearsal) => {
    const nodes = await leaveQuarantined(rehearsal);
    const refused = await comment(rehearsal, 'operator', `/release ${nodes[0]}`);
    await untilAnswered(rehearsal, refused);
    assert.match(answersTo(rehearsal, refused)[0] ?? '', /still there/);
    const waiting = await comment(rehearsal, 'chief', '/rollback apps');
    assert.match(answersTo(rehearsal, waiting)[0] ?? '', /it alone may touch the cluster/);

    rehearsal.world.perturb(images(2));
    for (const node of nodes) await untilAnswered(rehearsal, await comment(rehearsal, 'operator', `/release ${node}`));
    assert.deepEqual(quarantinedOf(rehearsal), []);
    assert.equal(rehearsal.host.engine.list().filter(({ name }) => name === 'cleanUp').length, 0, 'the run is the mutex');
    const retried = await comment(rehearsal, 'operator', '/retry apps');
    await untilAnswered(rehearsal, retried);
    const status = await rehearsal.untilEnded();

    assert.equal(status.outcome, 'succeeded', JSON.stringify(status.timeline));
    assert.ok(status.timeline.some(({ text }) => text.includes(`operator released ${nodes[0]}`)));
    assert.deepEqual(rehearsal.violations(), []);
  }));

test('resolve makes true again what Azure holds as failed or canceled although every node is new', async (context) => {
  for (const status of ['Failed', 'Canceled'] as const) {
    await context.test(`a pool that is ${status}`, () =>
      rehearse(held, async (rehearsal) => {
        rehearsal.begin();
        await rehearsal.untilEnded();
        rehearsal.world.perturb({ kind: 'foreign-operation', pool: 'apps', operation: 'Updating', minutes: 30, by: 'somebody' });
        rehearsal.world.perturb({ kind: 'end-operation', pool: 'apps', status, code: 'InternalOperationError', message: 'it broke', cordoned: [] });
        const from = rehearsal.clock.now();
        const said = await comment(rehearsal, 'chief', '/resolve lab-aks');
        assert.match(await untilCleanedUp(rehearsal, said), /^\*\*Resolved `lab-aks`\*\*.*6 of 6 nodes are there; Azure says Succeeded/s);
        assert.deepEqual([poolOf(rehearsal, 'apps').provisioningState, writesTo(rehearsal, 'PUT pool/apps')], ['Succeeded', 2]);
        assert.deepEqual(rehearsal.violations([asked(rehearsal, 'resolve', 'apps', from)]), []);
      }));
    await context.test(`a cluster that is ${status}`, () =>
      rehearse({ ...held, documents: (given) => ({ ...given, cluster: withState(given.cluster, status) }) }, async (rehearsal) => {
        const said = await comment(rehearsal, 'chief', '/slackwater resolve lab-aks', 'elsewhere');
        assert.match(await untilCleanedUp(rehearsal, said), /^\*\*Resolved `lab-aks`\*\*.*The control plane: Azure says Succeeded/s);
        assert.deepEqual(rehearsal.armWrites().map(({ what }) => what), ['PUT cluster']);
        assert.deepEqual(rehearsal.violations(), []);
      }));
  }
});

test('a cluster is resolved pool by pool, and each is judged anew: a freeze said meanwhile stops the next', async (context) => {
  for (const isFrozen of [false, true]) {
    await context.test(isFrozen ? 'frozen in the middle' : 'to its end', () =>
      rehearse(held, async (rehearsal) => {
        rehearsal.begin();
        await rehearsal.untilEnded();
        for (const pool of ['apps', 'system']) {
          rehearsal.world.perturb({ kind: 'foreign-operation', pool, operation: 'Updating', minutes: 30, by: 'somebody' });
          rehearsal.world.perturb({ kind: 'end-operation', pool, status: 'Failed', code: 'InternalOperationError', message: 'it broke', cordoned: [] });
        }
        const said = await comment(rehearsal, 'chief', '/slackwater resolve lab-aks', 'elsewhere');
        await rehearsal.until(() => ['apps', 'system'].some((pool) => poolOf(rehearsal, pool).provisioningState === 'Updating'), 30);
        if (isFrozen) await comment(rehearsal, 'chief', '/slackwater freeze --reason "audit"', 'elsewhere');
        const told = await untilCleanedUp(rehearsal, said);

        const states = ['apps', 'system'].map((pool) => poolOf(rehearsal, pool).provisioningState);
        assert.deepEqual(states.toSorted(), isFrozen ? ['Failed', 'Succeeded'] : ['Succeeded', 'Succeeded']);
        assert.match(told, isFrozen ? /^\*\*Not finished.*Not begun: chief froze the cluster: audit/s : /^\*\*Resolved `lab-aks`/);
      }));
  }
});

/** A cluster's document with another state. */
function withState(cluster: unknown, provisioningState: string): unknown {
  const properties = recordAt(cluster, 'properties');
  return isRecord(cluster) ? { ...cluster, ...(Object.keys(properties).length === 0 ? { provisioningState } : { properties: { ...properties, provisioningState } }) } : cluster;
}

test('a rollback takes a pool back to exactly what it ran, and says what would undo it', () =>
  rehearse(held, async (rehearsal) => {
    const [image] = imagesOf(rehearsal, 'apps');
    const [version] = versionsOf(rehearsal, 'apps');
    rehearsal.begin();
    await rehearsal.untilEnded();
    assert.notDeepEqual(imagesOf(rehearsal, 'apps'), [image]);
    const from = rehearsal.clock.now();
    const said = await comment(rehearsal, 'chief', '/slackwater rollback lab-aks/apps', 'elsewhere');
    const told = await untilCleanedUp(rehearsal, said);

    assert.match(told, /^\*\*Rolled back `apps` of `lab-aks`\*\*/);
    assert.match(told, /control plane stays at 1\.36\.2.*The policy still asks for Kubernetes 1\.36.*upgrades apps again/s);
    assert.deepEqual([imagesOf(rehearsal, 'apps'), versionsOf(rehearsal, 'apps')], [[image], [version]]);
    assert.deepEqual(rehearsal.violations([asked(rehearsal, 'rollback', 'apps', from)]), []);
    assert.deepEqual(rehearsal.violations().map(({ rule }) => rule), ['rollback-request'], 'without a person’s word it is a breach');
    const twice = await comment(rehearsal, 'chief', '/slackwater rollback apps', 'elsewhere');
    assert.match(await untilCleanedUp(rehearsal, twice), /names no version that.*apps.*ran before/s);
    const controlPlane = await comment(rehearsal, 'chief', '/slackwater rollback control-plane', 'elsewhere');
    assert.match(await untilCleanedUp(rehearsal, controlPlane), /control plane never goes back/);
  }));

test('outside a window nodes are moved only for a reason an admin gave', () =>
  rehearse(held, async (rehearsal) => {
    rehearsal.begin();
    await rehearsal.untilEnded();
    await rehearsal.clock.advanceTo(rehearsal.closes + 60 * MINUTE_MS);
    const from = rehearsal.clock.now();
    const refused = await comment(rehearsal, 'chief', '/slackwater rollback apps', 'elsewhere');
    assert.match(await untilCleanedUp(rehearsal, refused), /No maintenance window is open.*Sat 28 Nov 22:00 \(21:00Z\).*--outside-window/s);
    const weak = await comment(rehearsal, 'operator', '/slackwater rollback apps --outside-window "checkout is down"', 'elsewhere');
    assert.match(answersTo(rehearsal, weak)[0] ?? '', /needs the permission \*\*admin\*\*/);
    assert.equal(writesTo(rehearsal, 'PUT pool/apps'), 1);
    const said = await comment(rehearsal, 'chief', '/slackwater rollback apps --outside-window "checkout is down"', 'elsewhere');
    await rehearsal.until(() => answersTo(rehearsal, said).length === 1, 10);
    assert.match(answersTo(rehearsal, said)[0] ?? '', /outside the maintenance window, because chief says: checkout is down/);
    assert.match(await untilCleanedUp(rehearsal, said), /^\*\*Rolled back/);
    assert.deepEqual(rehearsal.violations([asked(rehearsal, 'rollback', 'apps', from)]), []);
  }));

test('a frozen cluster is not touched, whatever the reason', () =>
  rehearse(held, async (rehearsal) => {
    rehearsal.begin();
    await rehearsal.untilEnded();
    await comment(rehearsal, 'chief', '/slackwater freeze --reason "audit"', 'elsewhere');
    const said = await comment(rehearsal, 'chief', '/slackwater rollback apps --outside-window "now"', 'elsewhere');
    assert.match(await untilCleanedUp(rehearsal, said), /chief froze the cluster: audit/);
    assert.equal(writesTo(rehearsal, 'PUT pool/apps'), 1);
  }));

test('lost answers of every service, and the command delivered again and again: one request, one answer', () =>
  rehearse(held, async (rehearsal) => {
    rehearsal.begin();
    await rehearsal.untilEnded();
    const { arm, github, kubernetes } = rehearsal.world.faults;
    const eventsBefore = eventsOf(rehearsal);
    const cut = { kind: 'cut', moment: 'after' } as const;
    arm.add({ method: 'PUT', path: /agentPools\/apps$/i, times: 2, mishap: cut });
    kubernetes.add({ method: 'GET', path: /\/nodes$/, times: 2, mishap: cut });
    github.add({ method: 'POST', path: /\/comments$/, times: 3, mishap: cut });
    const from = rehearsal.clock.now();
    const said = await comment(rehearsal, 'chief', '/slackwater rollback apps', 'elsewhere');
    assert.deepEqual(await said.again(), { kind: 'done', what: 'raised' });
    await rehearsal.clock.advanceTo(rehearsal.clock.now() + 5 * MINUTE_MS);
    await said.again();
    assert.match(await untilCleanedUp(rehearsal, said), /^\*\*Rolled back/);
    await said.again();
    await rehearsal.clock.advanceTo(rehearsal.clock.now() + 30 * MINUTE_MS);

    assert.equal(answersTo(rehearsal, said).length, 1);
    assert.equal(writesTo(rehearsal, 'PUT pool/apps'), 2, 'the window’s and the rollback’s');
    assert.equal(rehearsal.host.engine.list().filter(({ name }) => name === 'cleanUp').length, 1);
    assert.deepEqual(rehearsal.violations([asked(rehearsal, 'rollback', 'apps', from)]), []);
    assert.equal(eventsOf(rehearsal) - eventsBefore, 2, 'one that it began, one that it ended');
  }));

test('of two clean-ups asked for at once one is done, and the other is told of it', () =>
  rehearse(held, async (rehearsal) => {
    rehearsal.begin();
    await rehearsal.untilEnded();
    const from = rehearsal.clock.now();
    const first = await comment(rehearsal, 'chief', '/slackwater rollback apps', 'elsewhere');
    const second = await comment(rehearsal, 'chief', '/slackwater rollback system', 'elsewhere');
    const [one, other] = [await untilCleanedUp(rehearsal, second), await untilCleanedUp(rehearsal, first)].map((text) => text.split('\n')[0] ?? '');
    assert.deepEqual([one ?? '', other ?? ''].map((text) => text.slice(0, 10)).toSorted(), ['**Rolled b', 'Refused: `'], `${one} | ${other}`);
    assert.deepEqual(rehearsal.violations([asked(rehearsal, 'rollback', 'apps', from), asked(rehearsal, 'rollback', 'system', from)]), []);
  }));

test('a drain that blocks is told in the answer; when Azure gives up the end says so, and what is left is on the ledger', () =>
  rehearse(held, async (rehearsal) => {
    rehearsal.begin();
    await rehearsal.untilEnded();
    const from = rehearsal.clock.now();
    const said = await comment(rehearsal, 'chief', '/slackwater rollback apps', 'elsewhere');
    await rehearsal.until(() => rehearsal.changes.some(({ kind, at, data }) => kind === 'node.cordoned' && at > from && String(data['node']).includes('-apps-')), 60);
    rehearsal.world.perturb(images(3));
    await rehearsal.until(() => (answersTo(rehearsal, said)[0] ?? '').includes('waits for'), 60);
    assert.match(answersTo(rehearsal, said)[0] ?? '', /\*\*Now\*\*.*waits for.*shop\/images/s);
    const told = await untilCleanedUp(rehearsal, said);

    assert.match(told, /^\*\*Not finished: `rollback` of `apps`.*Azure stopped it.*UpgradeFailed/s);
    assert.match(told, /What is left:.*waits since today/s);
    assert.ok(memoryOf(rehearsal)?.debts.some(({ who, until }) => until === null && who.startsWith('lab-aks-rollback-comment-')));
    assert.equal(writesTo(rehearsal, 'PUT pool/apps'), 2, 'nothing is tried again by itself');
    assert.deepEqual(rehearsal.violations([asked(rehearsal, 'rollback', 'apps', from)]), []);
    assert.equal(instanceOf(rehearsal, said).startsWith('clean-up-'), true);
  }));

test('an abort stops a rollback, whoever began it, and both words are answered', () =>
  rehearse(held, async (rehearsal) => {
    rehearsal.begin();
    await rehearsal.untilEnded();
    const from = rehearsal.clock.now();
    const said = await comment(rehearsal, 'chief', '/slackwater rollback apps', 'elsewhere');
    await rehearsal.until(() => rehearsal.changes.some(({ kind, at, data }) => kind === 'node.cordoned' && at > from && String(data['node']).includes('-apps-')), 60);
    const other = await comment(rehearsal, 'operator', '/slackwater abort shop', 'elsewhere');
    assert.match(answersTo(rehearsal, other)[0] ?? '', /No run is under way/);
    const abort = await comment(rehearsal, 'operator', '/slackwater abort lab-aks', 'elsewhere');
    await untilAnswered(rehearsal, abort);
    assert.match(answersTo(rehearsal, abort)[0] ?? '', /^Aborting: Azure is told to stop `apps`\. Nothing is rolled back/);
    assert.match(await untilCleanedUp(rehearsal, said), /^\*\*Not finished: `rollback` of `apps`/);

    assert.equal(poolOf(rehearsal, 'apps').provisioningState, 'Canceled');
    assert.deepEqual([writesTo(rehearsal, 'PUT pool/apps'), writesTo(rehearsal, 'POST pool/apps/abort')], [2, 1]);
    assert.deepEqual(rehearsal.violations([asked(rehearsal, 'rollback', 'apps', from)]), []);
    const late = await comment(rehearsal, 'operator', '/slackwater abort lab-aks', 'elsewhere');
    assert.match(answersTo(rehearsal, late)[0] ?? '', /No run is under way/);
  }));

test('while GitHub is down the clean-up goes on, and its one answer comes when GitHub is back', () =>
  rehearse(held, async (rehearsal) => {
    rehearsal.begin();
    await rehearsal.untilEnded();
    const said = await comment(rehearsal, 'chief', '/slackwater rollback apps', 'elsewhere');
    await rehearsal.until(() => poolOf(rehearsal, 'apps').provisioningState === 'Upgrading', 30);
    rehearsal.world.faults.github.add({ method: null, path: null, times: Number.POSITIVE_INFINITY, mishap: { kind: 'answer', moment: 'before', response: { status: 503, headers: {}, body: null } } });
    await rehearsal.until(() => poolOf(rehearsal, 'apps').provisioningState === 'Succeeded', 240);
    await rehearsal.clock.advanceTo(rehearsal.clock.now() + 90 * MINUTE_MS);
    rehearsal.world.faults.github.clear();
    assert.match(await untilCleanedUp(rehearsal, said), /^\*\*Rolled back.*could not be recorded; the daily look will/s);
  }));

test('while the memory cannot be read nothing is begun, because it may hold a freeze', () =>
  rehearse(held, async (rehearsal) => {
    rehearsal.begin();
    await rehearsal.untilEnded();
    const said = await comment(rehearsal, 'chief', '/slackwater rollback apps', 'elsewhere');
    rehearsal.world.faults.github.add({ method: 'GET', path: /contents|git\//, times: Number.POSITIVE_INFINITY, mishap: { kind: 'answer', moment: 'before', response: { status: 503, headers: {}, body: null } } });
    assert.match(await untilCleanedUp(rehearsal, said), /^Refused: `rollback`.*could not be read/s);
    assert.equal(writesTo(rehearsal, 'PUT pool/apps'), 1);
  }));
