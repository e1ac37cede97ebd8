import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { InstanceView, WindowHost } from '../activities/ports.ts';
import { answerJson, refuseJson } from './http-answer.ts';

const runsListedMax = 100;

/**
 * Every run, newest first (at most 100), or the one `instanceId` names, as JSON.
 *
 * 404 `instance-not-found` · 503 when the task hub cannot be read. May be repeated.
 */
export async function showStatus(windows: Pick<WindowHost, 'read' | 'list'>, request: HttpRequest): Promise<HttpResponseInit> {
  const { instanceId } = request.params;
  if (instanceId === undefined || instanceId === '') {
    const listed = await windows.list(runsListedMax);
    if (!listed.ok) return refuseJson(503, listed.failure);
    return answerJson(200, { schema: 'slackwater.runs/v1', runs: listed.value.map(toJson) });
  }
  const found = await windows.read(instanceId);
  if (!found.ok) return refuseJson(503, found.failure);
  if (found.value !== null) return answerJson(200, toJson(found.value));
  return refuseJson(404, { code: 'instance-not-found', message: `There is no run ${instanceId}.`, remedy: 'GET the same address without it for every run there is.' });
}

function toJson(view: InstanceView) {
  return { ...view, createdAt: new Date(view.createdAt).toISOString(), lastUpdatedAt: new Date(view.lastUpdatedAt).toISOString() };
}
