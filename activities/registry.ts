import { abortUnit } from './abort-unit.ts';
import { checkHealth } from './check-health.ts';
import type { ActivityContract, ActivityName } from './contract.ts';
import { judgeCleanUp, judgeNodeRelease, releaseNode } from './judge-clean-up.ts';
import { keepAnswer } from './keep-answer.ts';
import { keepDashboard } from './keep-dashboard.ts';
import { makePlan } from './make-plan.ts';
import { observeUnit } from './observe-unit.ts';
import type { Ports } from './ports.ts';
import { prepareUnit } from './prepare-unit.ts';
import { recordCleanUp } from './record-clean-up.ts';
import { answerComment, postNotice, publishReport } from './publish-report.ts';
import { readOrders } from './read-orders.ts';
import { recordRun } from './record-run.ts';
import { restoreSettings } from './restore-settings.ts';
import { judgeHolds, runPreflight } from './run-preflight.ts';
import { tellWindow, wakeUnit } from './signal-orchestration.ts';
import { changeUpgradeSettings, startUnit } from './start-unit.ts';
import { takeSnapshot } from './take-snapshot.ts';
import { tellEvent } from './tell-event.ts';
import { verifyCluster } from './verify-cluster.ts';
import { writeBack } from './write-back.ts';

/** Every activity, bound to its ports. */
export type Activities = {
  readonly [N in ActivityName]: (input: ActivityContract[N]['input']) => Promise<ActivityContract[N]['output']>;
};

/** Binds each name of the contract to its function; the compiler sees to it that none is missing. */
export function createActivities(ports: Ports): Activities {
  return {
    takeSnapshot: (input) => takeSnapshot(ports, input),
    makePlan: async (input) => makePlan(input),
    runPreflight: (input) => runPreflight(ports, input),
    judgeHolds: (input) => judgeHolds(ports, input),
    readOrders: (input) => readOrders(ports, input),
    prepareUnit: (input) => prepareUnit(ports, input),
    changeUpgradeSettings: (input) => changeUpgradeSettings(ports, input),
    startUnit: (input) => startUnit(ports, input),
    restoreSettings: (input) => restoreSettings(ports, input),
    observeUnit: (input) => observeUnit(ports, input),
    abortUnit: (input) => abortUnit(ports, input),
    tellWindow: (input) => tellWindow(ports, input),
    wakeUnit: (input) => wakeUnit(ports, input),
    publishReport: (input) => publishReport(ports, input),
    postNotice: (input) => postNotice(ports, input),
    answerComment: (input) => answerComment(ports, input),
    publishEvent: (input) => tellEvent(ports, input),
    recordRun: (input) => recordRun(ports, input),
    writeBack: (input) => writeBack(ports, input),
    keepDashboard: ({ policyRepository }) => keepDashboard(ports, { policyRepository, whenMissing: 'leave' }),
    verifyCluster: (input) => verifyCluster(ports, input),
    checkHealth: (input) => checkHealth(ports, input),
    judgeCleanUp: (input) => judgeCleanUp(ports, input),
    judgeNodeRelease: (input) => judgeNodeRelease(ports, input),
    releaseNode: (input) => releaseNode(ports, input),
    recordCleanUp: (input) => recordCleanUp(ports, input),
    keepAnswer: (input) => keepAnswer(ports, input),
  };
}
